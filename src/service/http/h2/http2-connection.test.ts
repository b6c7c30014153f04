import assert from 'node:assert/strict';
import { getDefaultHighWaterMark } from 'node:stream';
import { describe, test } from 'node:test';
import { FLAG, FRAME } from '../../../protocol/http2/index.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { BODY_AHEAD } from '../server/request-body.ts';
import { Dialogue, GET, okText } from '../server/test-dialogue.ts';
import { type Http2FrameEvent, http2Frames } from './diagnostics.ts';
import {
  data,
  frame,
  GET_FIELDS,
  greeting,
  headers,
  post,
  reset,
  type SeenFrame,
  windowUpdate,
} from './test-frames.ts';
import { RawClient } from './test-raw-client.ts';

const limit = { timeout: 30_000 };
const hello: HttpHandler = () => new HttpResponse('hello');

/** Of the numbers that frames carry. */
function sum(frames: readonly SeenFrame[]): number {
  return frames.reduce((all, { payload }) => all + payload.readUInt32BE(0), 0);
}

describe('the version of a connection', limit, () => {
  test('is HTTP/2 by its preface, wherever that is cut', limit, async () => {
    const said = Buffer.concat([greeting(), headers(1)]);
    for (let at = 1; at < said.length; at += at < 40 ? 1 : 7) {
      const client = new RawClient(hello);
      await client.say(said.subarray(0, at));
      await client.say(said.subarray(at));
      assert.equal(client.body(1).toString(), 'hello', `cut at ${at}`);
    }
  });

  test('is HTTP/1.1 else, wherever that is cut', limit, async () => {
    for (const request of [GET, GET.replace('GET', 'PUT'), 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n']) {
      const whole = await new Dialogue(hello).say(request);
      for (let at = 1; at < request.length; at++) {
        const dialogue = new Dialogue(hello);
        await dialogue.say(request.slice(0, at));
        assert.equal(await dialogue.say(request.slice(at)), whole, `${request.slice(0, 4)} cut at ${at}`);
      }
    }
  });

  test('is HTTP/1.1 when what looks like the preface ends', limit, async () => {
    const dialogue = new Dialogue(hello);
    await dialogue.say('PRI * ');
    dialogue.wire.end();
    await dialogue.settle();
    assert.match(dialogue.heard, /^HTTP\/1\.1 400 /);
  });

  test('is not HTTP/2 where that is not spoken', limit, async () => {
    const dialogue = new Dialogue(hello, { versions: ['http/1.1'] });
    await dialogue.say(greeting());
    assert.match(dialogue.heard, /^HTTP\/1\.1 505 /);
  });

  test('is not HTTP/1.1 where that is not spoken', limit, async () => {
    const dialogue = new Dialogue(hello, { versions: ['h2'] });
    assert.match(await dialogue.say(GET), /^HTTP\/1\.1 505 .*HTTP\/2 only\n$/s);
    assert.equal(dialogue.state, 'ended');
    const silent = new Dialogue(hello, { versions: ['h2'] });
    silent.wire.end();
    await silent.settle();
    assert.equal(silent.state, 'closed');
  });

  test('is one that there is', () => {
    assert.throws(() => new Dialogue(hello, { versions: ['h3' as never] }), { code: 'unsupported' });
    assert.throws(() => new Dialogue(hello, { versions: [] }), { code: 'unsupported' });
  });

  test('takes no other options than those that it can keep', () => {
    for (const [name, value] of [
      ['maxStreams', 0],
      ['streamWindow', 1000],
      ['connectionWindow', 2 ** 31],
      ['frameSize', 100],
      ['floods', { pings: 0 }],
    ] as const)
      assert.throws(() => new Dialogue(hello, { http2: { [name]: value } }), {
        code: 'limit',
        message: new RegExp(`http2\\.${name}`),
      });
  });
});

describe('who is asked', limit, () => {
  const told: HttpHandler = (request) => new HttpResponse(`${request.url} ${request.headers.get('host')}`);
  const [method, scheme, authority, path] = GET_FIELDS as [string, string][];

  for (const [name, fields, answer] of [
    ['by :authority', GET_FIELDS, 'http://a/ a'],
    ['by host', [method, scheme, path, ['host', 'b:81']], 'http://b:81/ b:81'],
    ['by both', [...GET_FIELDS, ['host', 'A']], 'http://a/ A'],
    ['by two', [...GET_FIELDS, ['host', 'b']], /two hosts/],
    ['by none', [method, scheme, path], 'protocolError'],
    ['with a user', [method, scheme, [':authority', 'u@a'], path], 'protocolError'],
    ['with a port that is none', [method, scheme, [':authority', 'a:b'], path], /malformed/],
    ['with a space', [method, scheme, path, ['host', 'a b']], 'protocolError'],
    ['for a path without a slash', [method, scheme, authority, [':path', 'x']], 'protocolError'],
  ] as [string, [string, string][], string | RegExp][])
    test(name, limit, async () => {
      const client = await RawClient.open(told);
      await client.say(headers(1, fields));
      const heard = client.resetOf(1) ?? client.body(1).toString();
      if (typeof answer === 'string') assert.equal(heard, answer);
      else assert.match(heard, answer);
    });

  test('with the crumbs of a cookie in one field', limit, async () => {
    const client = await RawClient.open((request) => new HttpResponse(request.headers.get('cookie')));
    const crumbs: [string, string][] = ['a=1', 'b=2', 'c=3'].map((crumb) => ['cookie', crumb]);
    await client.say(headers(1, [...GET_FIELDS, ...crumbs]));
    assert.equal(client.body(1).toString(), 'a=1; b=2; c=3');
  });
});

describe('a stream', limit, () => {
  test(
    'whose handler has not read all is answered, and what little there is left is dropped',
    limit,
    async () => {
      const client = await RawClient.open(hello, { discardLimit: 1_000 });
      await client.say(post(1), data(1, Buffer.alloc(1_000)));
      assert.equal(client.body(1).toString(), 'hello');
      await client.say(data(1, '', FLAG.endStream), headers(3));
      assert.equal(client.resetOf(1), undefined);
    },
  );

  for (const [name, said] of [
    ['much is left', [post(1), data(1, Buffer.alloc(1_001))]],
    ['much is to come', [post(1, ['content-length', '1001'])]],
    ['the client waits', [post(1, ['expect', '100-continue'])]],
  ] as [string, Buffer[]][])
    test(`whose handler has not read all is answered, and told to stop when ${name}`, limit, async () => {
      const client = await RawClient.open(hello, { discardLimit: 1_000 });
      await client.say(...said);
      const types = client.of(1).map(({ type }) => type);
      assert.deepEqual(
        types.filter((type) => type !== FRAME.windowUpdate),
        [FRAME.headers, FRAME.data, FRAME.rstStream],
      );
      assert.equal(client.hasEnded(1), true);
      assert.equal(client.resetOf(1), 'noError');
    });

  test('whose body is dropped, and does not come, is told to stop', limit, async () => {
    const client = await RawClient.open(hello, { bodyTimeout: 1_000 });
    await client.say(post(1), data(1, 'x'));
    assert.equal(client.resetOf(1), undefined);
    for (let look = 0; look < 8; look++) await client.pass(250);
    assert.equal(client.resetOf(1), 'noError');
  });

  test('whose answer breaks is reset, and no other', limit, async () => {
    const errors: Error[] = [];
    async function* failing(): AsyncGenerator<string> {
      yield 'one';
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('late');
    }
    const client = await RawClient.open(
      (request) => (request.url.endsWith('/x') ? new HttpResponse(failing()) : new HttpResponse('well')),
      { onError: (error) => void errors.push(error) },
    );
    await client.say(headers(1, [...GET_FIELDS.slice(0, 3), [':path', '/x']]), headers(3));
    assert.equal(client.resetOf(1), 'internalError');
    assert.equal(client.body(3).toString(), 'well');
    assert.deepEqual(errors.map(String), ['Error: late']);
    assert.equal(client.state, 'open');
  });

  test('whose head would be too long fails, and no other', limit, async () => {
    const errors: Error[] = [];
    const client = await RawClient.open(
      (request) => {
        const size = request.method === 'GET' ? 70_000 : 60_000;
        return new HttpResponse('x', { headers: { 'x-a': 'y'.repeat(size) } });
      },
      { onError: (error) => void errors.push(error) },
    );
    await client.say(headers(1), headers(3, [[':method', 'PUT'], ...GET_FIELDS.slice(1)]));
    assert.equal(client.body(1).toString(), 'Internal Server Error\n');
    assert.equal(client.body(3).toString(), 'x');
    assert.match(String(errors), /TypeError: The fields of the answer have 70\d+ bytes/);
  });

  test('that the client resets aborts the signal of its request', limit, async () => {
    const reasons: unknown[] = [];
    const client = await RawClient.open((request) => {
      request.signal.addEventListener('abort', () => reasons.push(request.signal.reason.code));
      return new Promise(() => {});
    });
    await client.say(headers(1), headers(3));
    await client.say(reset(1));
    assert.deepEqual(reasons, ['broken']);
    client.dialogue.wire.abort();
    await client.settle();
    assert.deepEqual(reasons, ['broken', 'broken']);
  });

  test('whose answer is a stream is cancelled with it', limit, async () => {
    const cancelled: unknown[] = [];
    const endless = (): ReadableStream =>
      new ReadableStream({
        pull: (to) => to.enqueue(Buffer.alloc(1_000)),
        cancel: (reason) => void cancelled.push(reason.code),
      });
    const client = await RawClient.open(() => new HttpResponse(endless()));
    await client.say(headers(1));
    await client.say(reset(1));
    assert.deepEqual(cancelled, ['broken']);
  });
});

describe('backpressure', limit, () => {
  test('an answer is made no faster than it is taken', limit, async () => {
    let made = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        made += 10_000;
        yield Buffer.alloc(10_000);
      }
    }
    const client = await RawClient.open(() => new HttpResponse(endless()));
    await client.say(headers(1));
    await client.settle();
    const first = made;
    assert.ok(first < 65_535 + 100_000, `${first} bytes were made for a window of 65,535`);
    await client.say(windowUpdate(0, 1_000_000), windowUpdate(1, 1_000_000));
    for (let turn = 0; turn < 50; turn++) await client.settle();
    assert.ok(made > first + 900_000 && made < first + 1_100_000, `${made}`);
    await client.say(headers(3));
    assert.equal(client.of(3, FRAME.headers).length, 1);
  });

  test('a body that nobody reads is held to the window, and the others come', limit, async () => {
    const WINDOW = 65_535;
    const read = Promise.withResolvers<void>();
    const client = await RawClient.open(
      async (request) => {
        if (request.headers.has('content-length')) return new HttpResponse(await request.text());
        await read.promise;
        return new HttpResponse(String((await request.bytes()).length));
      },
      { http2: { streamWindow: WINDOW }, bodyLimit: 1_000_000 },
    );
    const part = Buffer.alloc(13_107, 'x');
    const credit = (): number => WINDOW + sum(client.of(1, FRAME.windowUpdate));
    let sent = 0;
    await client.say(post(1));
    for (; credit() - sent >= part.length && sent < 1_000_000; sent += part.length)
      await client.say(data(1, part));
    // Beside the window, what the body holds, and what Node's stream does.
    const bound = WINDOW + BODY_AHEAD + getDefaultHighWaterMark(false) + 2 * part.length;
    assert.ok(sent <= bound, `${sent} bytes were taken`);
    await client.say(post(3, ['content-length', '2']), data(3, 'hi', FLAG.endStream));
    assert.equal(client.body(3).toString(), 'hi');
    read.resolve();
    await client.settle();
    assert.ok(credit() - sent >= part.length);
    await client.say(data(1, part, FLAG.endStream));
    assert.equal(client.body(1).toString(), String(sent + part.length));
  });
});

test('who watches sees every frame', limit, async () => {
  const seen: string[] = [];
  const onFrame = (event: unknown): void => {
    const { direction, type, stream } = event as Http2FrameEvent;
    seen.push(`${direction} ${type} ${stream}`);
  };
  http2Frames.subscribe(onFrame);
  const client = await RawClient.open(hello);
  await client.say(headers(1), frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  http2Frames.unsubscribe(onFrame);
  const [incoming, outgoing] = [
    seen.filter((one) => one.startsWith('in')),
    seen.filter((one) => one.startsWith('out')),
  ];
  assert.deepEqual(incoming, ['in 4 0', 'in 4 0', 'in 1 1', 'in 6 0']);
  assert.deepEqual(
    outgoing,
    client.frames.map(({ type, stream }) => `out ${type} ${stream}`),
  );
});

test('HTTP/1.1 is what it was', limit, async () => {
  assert.equal(await new Dialogue(hello).say(GET + GET), okText('hello').repeat(2));
});
