import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { Dialogue, GET, okText } from './test-dialogue.ts';

const HEAD = GET.replace('GET', 'HEAD');

async function answerTo(handler: HttpHandler, request = GET): Promise<string> {
  return new Dialogue(handler).say(request);
}

describe('what handlers return', () => {
  test('text, with its length in bytes', async () => {
    assert.equal(await answerTo(() => new HttpResponse('hello')), okText('hello'));
    const umlauts = await answerTo(() => new HttpResponse('Grüße €'));
    assert.equal(Buffer.from(umlauts, 'latin1').toString(), okText('Grüße €'));
  });

  test('a promise of it', async () => {
    assert.equal(await answerTo(async () => new HttpResponse('later')), okText('later'));
  });

  test('bytes, which have no type', async () => {
    const bytes = await answerTo(() => new HttpResponse(Uint8Array.of(1, 2, 3)));
    assert.equal(bytes, 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\x01\x02\x03');
  });

  test('nothing', async () => {
    assert.equal(
      await answerTo(() => new HttpResponse(null, { status: 404 })),
      'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n',
    );
  });

  test('more than fits into a batch', async () => {
    for (const size of [32 * 1024 - 100, 32 * 1024, 40_000, 300_000]) {
      const text = 'x'.repeat(size);
      assert.equal(await answerTo(() => new HttpResponse(text)), okText(text));
      const odd = `${text}é`;
      assert.equal((await answerTo(() => new HttpResponse(odd))).length, okText(odd).length + 1);
      assert.ok(
        (await answerTo(() => new HttpResponse(Buffer.from(text)))).endsWith(
          `content-length: ${size}\r\n\r\n${text}`,
        ),
      );
    }
  });

  test('fields, a reason, JSON', async () => {
    const init = { status: 201, statusText: 'Made', headers: { Location: '/x', 'Set-Cookie': 'a=1' } };
    const made =
      'HTTP/1.1 201 Made\r\nlocation: /x\r\nset-cookie: a=1\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}';
    assert.equal(await answerTo(() => HttpResponse.json({ a: 1 }, init)), made);
  });

  test('fields that are the server’s to say are not the handler’s', async () => {
    const headers = {
      'content-length': '99',
      'transfer-encoding': 'chunked',
      'keep-alive': 'x',
      te: 'trailers',
    };
    assert.equal(await answerTo(() => new HttpResponse('abc', { headers })), okText('abc'));
  });

  test('a date of its own is left alone', async () => {
    const dialogue = new Dialogue(
      () => new HttpResponse('', { headers: { date: 'Thu, 01 Jan 1970 00:00:00 GMT' } }),
    );
    await dialogue.say(GET);
    assert.equal(dialogue.raw.match(/date: /g)!.length, 1);
    assert.match(dialogue.raw, /date: Thu, 01 Jan 1970 00:00:00 GMT\r\n/);
  });

  test('the date is of now', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const dialogue = new Dialogue(() => new HttpResponse(''));
    await dialogue.say(GET);
    const date = Date.parse(/date: ([^\r]*)/.exec(dialogue.raw)![1]!);
    assert.ok(date >= before && date <= Date.now(), `${date}`);
  });

  test('a real Response whose body was there leaves with its length', async () => {
    assert.equal(await answerTo(() => new Response('real')), okText('real'));
    assert.equal(
      await answerTo(async () => new Response(null, { status: 204 })),
      'HTTP/1.1 204 No Content\r\n\r\n',
    );
    assert.match(await answerTo(() => Response.json([1])), /content-length: 3\r\n\r\n\[1\]$/);
    assert.match(await answerTo(() => new Response('')), /content-length: 0\r\n\r\n$/);
  });

  test('a stream of unknown length goes in chunks', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    async function* parts(): AsyncGenerator<string> {
      yield 'one';
      await new Promise((resolve) => setImmediate(resolve));
      yield '';
      yield 'zwölf';
    }
    const body = '3\r\none\r\n6\r\nzw\xc3\xb6lf\r\n0\r\n\r\n';
    assert.equal(await answerTo(() => new HttpResponse(parts())), chunked + body);
    assert.equal(
      await answerTo(() => new HttpResponse(ReadableStream.from(parts()) as never)).catch(String),
      chunked + body,
    );
  });

  test('a stream of a length that was said goes as it is', async () => {
    const headers = { 'content-length': '6' };
    const sized = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nonetwo';
    const parts = (): AsyncIterable<string> => ReadableStream.from(['one', 'two']);
    assert.equal(await answerTo(() => new HttpResponse(parts(), { headers })), sized);
  });

  test('to HTTP/1.0 a stream ends with the connection, and no chunk is sent', async () => {
    const dialogue = new Dialogue(() => new HttpResponse(ReadableStream.from(['one', 'two']) as never));
    const heard = await dialogue.say('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    assert.equal(heard, 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo');
    assert.equal(dialogue.state, 'ended');
  });
});

/** A response of some other implementation. */
function foreign(changes: object): Response {
  return {
    status: 200,
    statusText: '',
    headers: new Map(),
    body: null,
    bodyUsed: false,
    ...changes,
  } as never;
}

test('a response of another implementation', async () => {
  const body = new Response('foreign').body;
  const heard = await answerTo(() => foreign({ headers: new Map([['A', 'b']]), body }));
  assert.equal(heard, 'HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 7\r\n\r\nforeign');
});

describe('answers without a body', () => {
  const chunks = (): HttpResponse => new HttpResponse(ReadableStream.from(['body']) as never);

  for (const [name, make, fields] of [
    [
      'text',
      () => new HttpResponse('body'),
      'content-type: text/plain;charset=UTF-8\r\ncontent-length: 4\r\n',
    ],
    ['bytes', () => new HttpResponse(Buffer.from('body')), 'content-length: 4\r\n'],
    ['a stream', chunks, ''],
    [
      'nothing',
      () => new HttpResponse(null, { headers: { 'content-length': '7' } }),
      'content-length: 7\r\n',
    ],
    ['a real one', () => new Response('body'), 'content-type: text/plain;charset=UTF-8\r\n'],
  ] as const)
    test(`to HEAD, made of ${name}`, async () => {
      const dialogue = new Dialogue((request) =>
        request.method === 'HEAD' ? make() : new HttpResponse('next'),
      );
      const heard = await dialogue.say(HEAD + GET);
      assert.equal(heard, `HTTP/1.1 200 OK\r\n${fields}\r\n${okText('next')}`);
    });

  for (const status of [204, 304])
    test(`${status}, whatever the handler returns`, async () => {
      let asked = 0;
      const dialogue = new Dialogue(() =>
        asked++ === 0 ? new HttpResponse('body', { status }) : new HttpResponse('next'),
      );
      const heard = await dialogue.say(GET + GET);
      assert.match(
        heard,
        new RegExp(
          `^HTTP/1.1 ${status} [\\w ]+\\r\\ncontent-type: [^\\r]+\\r\\n(content-length: 4\\r\\n)?\\r\\nHTTP/1.1 200 OK`,
        ),
      );
      assert.equal(heard.includes('body'), false);
    });

  test('a stream that is not sent is cancelled', async () => {
    const cancelled: unknown[] = [];
    const stream = new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
    await answerTo(() => new HttpResponse(stream), HEAD);
    assert.equal(cancelled.length, 1);
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-http-'));
  const path = join(folder, 'file');
  writeFileSync(path, 'x'.repeat(200_000));

  test('are read and sent where the wire does not move them itself', { timeout: 20_000 }, async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const file = { fd: openSync(path, 'r'), offset: 10, length: 150_000, onDone: resolve };
    const dialogue = new Dialogue(() => HttpResponse.file(file, { headers: { connection: 'close' } }));
    await dialogue.say(GET);
    await promise;
    while (dialogue.state === 'open') await dialogue.settle();
    assert.ok(dialogue.heard.endsWith(`content-length: 150000\r\n\r\n${'x'.repeat(150_000)}`));
  });

  test('are let go of when they are not sent', async () => {
    let done = 0;
    const file = { fd: 0, offset: 0, length: 5, onDone: () => void done++ };
    const heard = await answerTo(() => HttpResponse.file(file), HEAD);
    assert.equal(heard, 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n');
    assert.equal(done, 1);
  });

  test('that are too short end the connection', { timeout: 20_000 }, async () => {
    let done = 0;
    const file = { fd: openSync(path, 'r'), offset: 199_000, length: 5_000, onDone: () => void done++ };
    const dialogue = new Dialogue(() => HttpResponse.file(file));
    await dialogue.say(GET);
    while (dialogue.state === 'open') await dialogue.settle();
    assert.equal(dialogue.state, 'reset');
    assert.equal(done, 1);
    rmSync(folder, { recursive: true });
  });
});

describe('handlers that fail', () => {
  const errors: Error[] = [];
  const onError = (error: Error): void => void errors.push(error);

  for (const [name, fail] of [
    [
      'throw',
      () => {
        throw new Error('secret');
      },
    ],
    ['reject', () => Promise.reject(new Error('secret'))],
    ['return nothing', () => undefined as never],
    ['return text', () => 'secret' as never],
    [
      'return what is read',
      async () => {
        const response = new Response('secret');
        await response.text();
        return response;
      },
    ],
    ['return Response.error()', () => Response.error()],
    [
      'return a stream that fails',
      () => new HttpResponse(new ReadableStream({ start: (to) => to.error(new Error('secret')) })),
    ],
    ['return a foreign answer with a bad field', () => foreign({ headers: new Map([['a', 'b\r\nc: d']]) })],
    ['return a foreign answer with a bad reason', () => foreign({ statusText: 'a\r\nb: c' })],
    ['return a foreign answer without a status', () => foreign({ status: 200.5 })],
    ['return a stream of numbers', () => new HttpResponse(ReadableStream.from([1]) as never)],
    ['return 101', () => HttpResponse.upgrade({}, () => {})],
  ] as [string, HttpHandler][])
    test(`${name}: 500 without a word of it`, async () => {
      errors.length = 0;
      const dialogue = new Dialogue(fail, { onError });
      const heard = await dialogue.say(GET);
      assert.match(heard, /^HTTP\/1.1 500 Internal Server Error\r\n.*\r\nconnection: close\r\n/s);
      assert.equal(heard.includes('secret'), false);
      assert.equal(dialogue.state, 'ended');
      assert.equal(errors.length, 1);
    });

  test('tell why in development', async () => {
    const dialogue = new Dialogue(
      () => {
        throw new Error('secret');
      },
      { exposeErrors: true },
    );
    assert.match(await dialogue.say(GET), /Error: secret\n/);
  });

  for (const [name, body] of [
    [
      'behind the head',
      async function* () {
        yield 'one';
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('late');
      },
    ],
    [
      'with more than was said',
      async function* () {
        yield 'one';
        yield 'two';
        yield 'three';
      },
    ],
    [
      'with less than was said',
      async function* () {
        yield 'one';
      },
    ],
  ] as [string, () => AsyncGenerator<string>][])
    test(`${name}: the connection is reset, so that nobody takes half for the whole`, async () => {
      errors.length = 0;
      const headers = name === 'behind the head' ? {} : { 'content-length': '7' };
      const dialogue = new Dialogue(() => new HttpResponse(body(), { headers }), { onError });
      await dialogue.say(GET);
      assert.equal(dialogue.state, 'reset');
      assert.equal(errors.length, 1);
    });
});
