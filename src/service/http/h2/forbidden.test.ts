/** What RFC 9113 forbids, and what becomes of it: most of it is nghttp2's to find. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FLAG, FRAME } from '../../../protocol/http2/index.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import {
  data,
  fieldBlock,
  frame,
  GET_FIELDS,
  headers,
  PING,
  post,
  reset,
  settings,
  windowUpdate,
} from './test-frames.ts';
import { RawClient } from './test-raw-client.ts';

const limit = { timeout: 30_000 };
const hello: HttpHandler = () => new HttpResponse('hello');
const never: HttpHandler = () => new Promise(() => {});

describe('what is forbidden', limit, () => {
  const withField = (...field: [string, string]): Buffer => headers(1, [...GET_FIELDS, field]);
  const without = (name: string): Buffer =>
    headers(
      1,
      GET_FIELDS.filter(([other]) => other !== name),
    );

  /** RFC 9113, section 8.1.1: a stream error. */
  const malformed: Record<string, Buffer> = {
    'a name in upper case': withField('X-A', 'b'),
    'a field of the connection': withField('connection', 'close'),
    'transfer-encoding': withField('transfer-encoding', 'chunked'),
    'te with more than trailers': withField('te', 'gzip'),
    'an unknown pseudo-header field': headers(1, [[':secret', 'x'], ...GET_FIELDS]),
    'a pseudo-header field behind others': headers(1, [['x-a', 'b'], ...GET_FIELDS]),
    'a pseudo-header field of answers': headers(1, [...GET_FIELDS, [':status', '200']]),
    'a pseudo-header field twice': headers(1, [...GET_FIELDS, [':path', '/2']]),
    'no :method': without(':method'),
    'no :path': without(':path'),
    'no :scheme': without(':scheme'),
    'an empty :path': headers(1, [...GET_FIELDS.slice(0, 3), [':path', '']]),
    'a length that is none': withField('content-length', 'x'),
    'less body than was said': Buffer.concat([post(1, ['content-length', '9']), data(1, 'abc', 1)]),
  };
  for (const [name, bytes] of Object.entries(malformed))
    test(`${name}: the stream is reset`, limit, async () => {
      let asked = 0;
      const client = await RawClient.open(async (request) => {
        await request.text();
        asked++;
        return new HttpResponse('');
      });
      await client.say(bytes);
      assert.equal(client.resetOf(1), 'protocolError');
      assert.equal(asked, 0);
      await client.say(headers(3));
      assert.equal(client.hasEnded(3), true);
    });

  const dependent = frame(
    FRAME.headers,
    FLAG.endHeaders | FLAG.endStream | FLAG.priority,
    1,
    Buffer.concat([Buffer.of(0, 0, 0, 1, 1), fieldBlock(GET_FIELDS)]),
  );

  /** RFC 9113, section 5.4.1: a connection error. */
  const fatal: Record<string, [string, ...Buffer[]]> = {
    'a stream of an even number': ['protocolError', headers(2)],
    'more body than was said': ['internalError', post(1, ['content-length', '2']), data(1, 'abc')],
    'a head behind the end of a stream': ['streamClosed', headers(1), headers(1)],
    'a reset of a stream that never was': ['protocolError', reset(9)],
    'a stream that depends on itself': ['protocolError', dependent],
    'DATA on a stream that never was': ['protocolError', data(7, 'x')],
    'DATA on the connection': ['protocolError', data(0, 'x')],
    'SETTINGS on a stream': ['protocolError', frame(FRAME.settings, 0, 1)],
    'SETTINGS of an odd length': ['frameSizeError', frame(FRAME.settings, 0, 0, Buffer.alloc(5))],
    'PING of a wrong length': ['frameSizeError', frame(FRAME.ping, 0, 0, Buffer.alloc(7))],
    'CONTINUATION of nothing': ['protocolError', frame(FRAME.continuation, FLAG.endHeaders, 1)],
    'a frame amid a head': ['protocolError', headers(1, GET_FIELDS, FLAG.endStream), PING],
    'a window beyond its bound': ['flowControlError', windowUpdate(0, 0x7fffffff)],
    'a window opened by nothing': ['protocolError', windowUpdate(0, 0)],
    'PUSH_PROMISE from a client': ['protocolError', frame(FRAME.pushPromise, 4, 1, Buffer.alloc(4))],
    'a frame that is too large': ['frameSizeError', frame(FRAME.headers, 4, 1, Buffer.alloc(16_385))],
    'compression that is none': ['compressionError', frame(FRAME.headers, 5, 1, Buffer.alloc(9, 0xff))],
    'a setting beyond its bound': ['flowControlError', settings([4, 0x80000000])],
  };
  for (const [name, [code, ...frames]] of Object.entries(fatal))
    test(`${name}: the connection ends`, limit, async () => {
      const client = await RawClient.open(never);
      await client.say(...frames);
      assert.equal(client.goaways.at(-1)?.[1], code);
      assert.equal(client.state, 'ended');
    });

  test('DATA behind the end of a stream', limit, async () => {
    const client = await RawClient.open(never);
    await client.say(headers(1), data(1, 'x'));
    assert.equal(client.goaways.at(-1)?.[1], 'streamClosed');
  });

  test('more than the window lets', limit, async () => {
    const client = await RawClient.open(never, { http2: { streamWindow: 65_535 } });
    const part = data(1, Buffer.alloc(16_384));
    await client.say(post(1), part, part, part, part);
    assert.equal(client.goaways.at(-1)?.[1], 'flowControlError');
  });

  test('a value with a line break or a NUL reaches nobody', limit, async () => {
    const client = await RawClient.open((request) => HttpResponse.json([...request.headers.keys()]));
    const fields: [string, string][] = [
      ['x-a', 'b\r\nc: d'],
      ['x-b', 'b\0c'],
      ['x-c', 'd'],
    ];
    await client.say(headers(1, [...GET_FIELDS, ...fields]));
    assert.equal(client.body(1).toString(), '["host","x-c"]');
  });

  test('what belongs to a stream that is over is passed over', limit, async () => {
    const client = await RawClient.open(hello);
    await client.say(headers(5));
    await client.say(headers(3), data(5, 'x'), reset(5), windowUpdate(5, 1), headers(7));
    assert.deepEqual(client.goaways, []);
    assert.equal(client.of(3).length, 0);
    assert.equal(client.body(7).toString(), 'hello');
  });

  test('bytes that are no frames behind the preface', limit, async () => {
    const client = await RawClient.open(hello);
    await client.say(Buffer.alloc(5_000, 0xff));
    assert.equal(client.state, 'ended');
  });
});
