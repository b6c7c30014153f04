import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyWriter, chunkHead } from './body-writer.ts';
import type { RequestHead, ResponseHead } from './event.ts';
import { formatRequestHead, formatResponseHead } from './format-head.ts';
import { RequestParser } from './request-parser.ts';
import { ResponseParser } from './response-parser.ts';
import { readAll } from './test-reading.ts';

const LOCAL = { code: 'protocol', fault: 'local' };
const TOKEN = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const VALUE = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,30}$/);
/** Names that mean nothing to the parsers. */
const FIELDS = fc.array(
  fc.tuple(
    TOKEN.map((name) => `X-${name}`),
    VALUE,
  ),
  { maxLength: 8 },
);
const BODY = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 });

const asRead = (fields: readonly (readonly [string, string])[]) =>
  fields.map(([name, value]) => [name.toLowerCase(), value.replace(/^[ \t]+|[ \t]+$/g, '')]);

test('a request that is written reads back, in chunks or with a length', () => {
  fc.assert(
    fc.property(
      TOKEN,
      fc.stringMatching(/^\/[!-"$-~]{0,20}$/),
      FIELDS,
      BODY,
      fc.boolean(),
      (method, target, fields, body, isChunked) => {
        fc.pre(method !== 'CONNECT');
        const length = body.reduce((sum, part) => sum + part.length, 0);
        const framing = isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', `${length}`];
        const all = [['Host', 'a'], framing, ...fields] as [string, string][];
        const head = formatRequestHead(method, target, all);
        const { events, error } = readAll(new RequestParser(), written(head, isChunked ? -1 : length, body));
        assert.equal(error, undefined);
        const got = events[0] as RequestHead;
        assert.deepEqual([got.method, got.target, got.fields], [method, target, asRead(all)]);
        assert.equal(got.bodyLength, isChunked ? -1 : length);
        assert.equal(events.length > 2 ? events[1] : '', Buffer.concat(body).toString('latin1'));
      },
    ),
    { numRuns: 2000 },
  );
});

test('a response that is written reads back, with trailers', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 999 }),
      VALUE,
      FIELDS,
      BODY,
      FIELDS,
      (status, reason, fields, body, trailers) => {
        fc.pre(status !== 204 && status !== 304);
        const all = [['Transfer-Encoding', 'chunked'], ...fields] as [string, string][];
        const parser = new ResponseParser();
        parser.expect('GET');
        const head = formatResponseHead(status, reason, all);
        const { events, error } = readAll(parser, written(head, -1, body, trailers));
        assert.equal(error, undefined);
        const got = events[0] as ResponseHead;
        assert.deepEqual([got.status, got.reason, got.fields], [status, reason, asRead(all)]);
        const expected = trailers.length === 0 ? undefined : asRead(trailers);
        assert.deepEqual(events.at(-1), { type: 'end', trailers: expected });
      },
    ),
    { numRuns: 2000 },
  );
});

function written(
  head: string,
  length: number,
  body: Uint8Array[],
  trailers?: [string, string][],
): Uint8Array[] {
  const writer = new BodyWriter(length);
  const pieces = body.flatMap((part) => [...writer.send(part)]);
  return [Buffer.from(head, 'latin1'), ...pieces, ...writer.end(trailers)];
}

test('heads are written as they are', () => {
  assert.equal(formatRequestHead('GET', '/a?b', [['Host', 'x']]), 'GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(formatResponseHead(404, undefined, []), 'HTTP/1.1 404 Not Found\r\n\r\n');
  assert.equal(formatResponseHead(404, undefined, []), 'HTTP/1.1 404 Not Found\r\n\r\n');
  assert.equal(formatResponseHead(299, undefined, []), 'HTTP/1.1 299 \r\n\r\n');
  assert.equal(formatResponseHead(200, 'Fine', [['a', '']]), 'HTTP/1.1 200 Fine\r\na: \r\n\r\n');
});

test('nothing that is given becomes another field or another message', () => {
  for (const value of ['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', '\x7f', 'ā', '\u010a'])
    for (const write of [
      () => formatResponseHead(200, undefined, [['a', value]]),
      () => formatRequestHead('GET', '/', [['a', value]]),
      () => formatResponseHead(200, value, []),
      () => formatRequestHead('GET', `/${value}`, []),
      () => formatRequestHead(value, '/', []),
      () => formatResponseHead(200, undefined, [[value, 'a']]),
      () => new BodyWriter(-1).end([['a', value]]),
    ])
      assert.throws(write, LOCAL, JSON.stringify(value));
  for (const name of ['', 'a b', 'a:', 'ü', 'a\t'])
    assert.throws(() => formatResponseHead(200, undefined, [[name, 'a']]), LOCAL);
  for (const target of ['', '/a b', '/#a', '/ü', '/\x7f'])
    assert.throws(() => formatRequestHead('GET', target, []), LOCAL);
  for (const status of [99, 1000, 200.5, Number.NaN, -1])
    assert.throws(() => formatResponseHead(status, undefined, []), LOCAL);
  assert.throws(() => formatRequestHead('', '/', []), LOCAL);
});

test('a head says once where the message ends', () => {
  const write = (...fields: [string, string][]) => formatResponseHead(200, undefined, fields);
  assert.throws(() => write(['content-length', '5'], ['Transfer-Encoding', 'chunked']), LOCAL);
  assert.throws(() => write(['Content-Length', '5'], ['content-length', '5']), LOCAL);
  for (const value of ['', '5, 5', '+5', '0x5', ' 5', '9007199254740992'])
    assert.throws(() => write(['Content-Length', value]), LOCAL, value);
  assert.throws(() => write(['transfer-encoding', 'gzip, chunked']), LOCAL);
  assert.match(write(['Content-Length', '9007199254740991'], ['content-lengths', 'x']), /9007199254740991/);
});

test('a body is as long as was promised', () => {
  const writer = new BodyWriter(5);
  assert.deepEqual(writer.send(Buffer.from('abc')), [Buffer.from('abc')]);
  assert.equal(writer.left, 2);
  assert.throws(() => writer.send(Buffer.from('def')), /1 bytes more than the 5/);
  assert.throws(() => writer.end(), /lacks 2 bytes of the 5/);
  assert.equal(writer.isDone, false);
  writer.send(Buffer.from('de'));
  assert.deepEqual(writer.end(), []);
  assert.equal(writer.isDone, true);
  assert.throws(() => writer.send(Buffer.from('')), { code: 'busy' });
  assert.throws(() => writer.end(), { code: 'busy' });
  assert.throws(() => new BodyWriter(0).send(Buffer.from('a')), LOCAL);
  assert.throws(() => new BodyWriter(0).end([]), LOCAL);
  assert.throws(() => new BodyWriter(-3), LOCAL);
  assert.throws(() => new BodyWriter(1.5), LOCAL);
});

test('chunks: an empty part is none, a large one is not copied', () => {
  const writer = new BodyWriter(-1);
  assert.deepEqual(writer.send(new Uint8Array(0)), []);
  assert.equal(Buffer.concat(writer.send(Buffer.from('abc'))).toString(), '3\r\nabc\r\n');
  const large = new Uint8Array(100_000);
  const pieces = writer.send(large);
  assert.equal(pieces[1], large);
  assert.equal(Buffer.from(pieces[0]!).toString(), chunkHead(100_000));
  assert.equal(Buffer.concat(writer.end()).toString(), '0\r\n\r\n');
  for (const length of [0, -1, 1.5]) assert.throws(() => chunkHead(length), LOCAL);
  assert.throws(() => new BodyWriter(-1).end([['Content-Length', '1']]), LOCAL);
});

test('a body until the close has no end of its own', () => {
  const writer = new BodyWriter(-2);
  assert.deepEqual(writer.send(Buffer.from('abc')), [Buffer.from('abc')]);
  assert.equal(writer.left, 0);
  assert.deepEqual(writer.end(), []);
});
