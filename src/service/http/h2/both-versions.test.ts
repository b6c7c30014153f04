/** What handlers may rely on, whatever version their requests come by. */
import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { HttpHandler } from '../contract.ts';
import { earlyHints, trailersOf } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { type HttpRequestEvent, httpRequests } from '../server/diagnostics.ts';
import type { HttpOptions } from '../server/options.ts';
import { HTTP_VERSIONS } from './options.ts';
import { type Question, type Reply, Talk } from './test-talk.ts';

const limit = { timeout: 20_000 };
const TEXT = 'text/plain;charset=UTF-8';

interface Behaviour {
  readonly handler: HttpHandler;
  readonly options?: HttpOptions;
  readonly question?: Question;
  readonly reply: Partial<Reply>;
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function* parts(): AsyncGenerator<string> {
  yield 'one';
  await later();
  yield 'zwölf';
}

const cancelled = (): ReadableStream => new ReadableStream({ start: (to) => to.error(new Error('secret')) });

const tell: HttpHandler = async (request, { version, secure }) => {
  const { method, url, headers } = request;
  return HttpResponse.json([
    method,
    url,
    headers.get('host'),
    headers.get('cookie'),
    version.slice(0, 5),
    secure,
  ]);
};

const ANSWERS: Record<string, Behaviour> = {
  text: {
    handler: () => new HttpResponse('Grüße'),
    reply: { status: 200, headers: { 'content-type': TEXT, 'content-length': '7' }, body: 'Grüße' },
  },
  'a promise of bytes': {
    handler: async () => new HttpResponse(Buffer.from('abc')),
    reply: { headers: { 'content-length': '3' }, body: 'abc' },
  },
  nothing: {
    handler: () => new HttpResponse(null, { status: 404 }),
    reply: { status: 404, headers: { 'content-length': '0' }, body: '' },
  },
  'JSON with fields': {
    handler: () => HttpResponse.json({ a: 1 }, { status: 201, headers: { 'x-a': 'b' } }),
    reply: {
      status: 201,
      headers: { 'x-a': 'b', 'content-type': 'application/json', 'content-length': '7' },
      body: '{"a":1}',
    },
  },
  'cookies, each by itself': {
    handler: () =>
      new HttpResponse('', {
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      }),
    reply: { headers: { 'set-cookie': ['a=1', 'b=2'], 'content-type': TEXT, 'content-length': '0' } },
  },
  'a megabyte of text': {
    handler: () => HttpResponse.text('é'.repeat(500_000)),
    reply: {
      headers: { 'content-type': TEXT, 'content-length': '1000000' },
      body: 'é'.repeat(500_000),
    },
  },
  'a megabyte of bytes': {
    handler: () => new HttpResponse(Buffer.alloc(1_000_000, 'x')),
    reply: { headers: { 'content-length': '1000000' }, body: 'x'.repeat(1_000_000) },
  },
  'a real Response': {
    handler: () => new Response('real'),
    reply: { headers: { 'content-type': TEXT, 'content-length': '4' }, body: 'real' },
  },
  'a stream': { handler: () => new HttpResponse(parts()), reply: { headers: {}, body: 'onezwölf' } },
  'a stream of a length that was said': {
    handler: () => new HttpResponse(parts(), { headers: { 'content-length': '9' } }),
    reply: { headers: { 'content-length': '9' }, body: 'onezwölf' },
  },
  'what is of the connection, left out': {
    handler: () =>
      new HttpResponse('abc', {
        headers: {
          'keep-alive': 'x',
          te: 'trailers',
          'transfer-encoding': 'chunked',
          'content-length': '99',
        },
      }),
    reply: { headers: { 'content-type': TEXT, 'content-length': '3' }, body: 'abc' },
  },
  'nothing but a head to HEAD': {
    handler: () => new HttpResponse('body'),
    question: { method: 'HEAD' },
    reply: { status: 200, headers: { 'content-type': TEXT, 'content-length': '4' }, body: '' },
  },
  'nothing but a head for 204': {
    handler: () => new HttpResponse('body', { status: 204 }),
    reply: { status: 204, headers: { 'content-type': TEXT }, body: '' },
  },
  'nothing but a head for 304': {
    handler: () => new HttpResponse(null, { status: 304, headers: { etag: '"a"' } }),
    reply: { status: 304, headers: { etag: '"a"' }, body: '' },
  },
  trailers: {
    handler: () => new HttpResponse(parts(), { trailers: async () => ({ 'X-Sum': '7' }) }),
    reply: { headers: {}, body: 'onezwölf', trailers: { 'x-sum': '7' } },
  },
  'trailers behind nothing': {
    handler: () => new HttpResponse(null, { trailers: () => ({ 'grpc-status': '0' }) }),
    reply: { body: '', trailers: { 'grpc-status': '0' } },
  },
  'early hints': {
    handler: (request) => HttpResponse.json(earlyHints(request, { link: '</a>; rel=preload' })),
    reply: { status: 200, informed: [[103, '</a>; rel=preload']], body: 'true' },
  },
};

const REQUESTS: Record<string, Behaviour> = {
  'who is asked for what': {
    handler: tell,
    question: { method: 'PURGE', path: '/a/../b?c=%20d', headers: { cookie: 'a=1; b=2' } },
    reply: { body: '["PURGE","http://test/b?c=%20d","test","a=1; b=2","HTTP/",false]' },
  },
  'a body as text': {
    handler: async (request) => new HttpResponse(await request.text()),
    question: { method: 'POST', body: ['one', 'two'] },
    reply: { body: 'onetwo' },
  },
  'a body as a stream': {
    handler: (request) => new HttpResponse(request.body),
    question: { method: 'POST', body: Array.from({ length: 30 }, () => Buffer.alloc(30_000, 'x')) },
    options: { bodyLimit: 1_000_000 },
    reply: { body: 'x'.repeat(900_000) },
  },
  'no body': {
    handler: async (request) => new HttpResponse(`[${await request.text()}]`),
    reply: { body: '[]' },
  },
  'a body that nobody reads': {
    handler: () => new HttpResponse('no', { status: 403 }),
    question: { method: 'POST', body: ['unread'] },
    reply: { status: 403, body: 'no' },
  },
  trailers: {
    handler: async (request) => {
      const text = await request.text();
      return HttpResponse.json([text, ...(await trailersOf(request))]);
    },
    question: { method: 'POST', body: ['body'], trailers: { 'x-sum': '7' }, headers: { trailer: 'x-sum' } },
    reply: { body: '["body",["x-sum","7"]]' },
  },
  'a body that waits for 100': {
    handler: async (request) => new HttpResponse(await request.text()),
    question: { method: 'POST', body: ['body'], waits: true, headers: { expect: '100-continue' } },
    reply: { status: 200, body: 'body' },
  },
};

const REFUSALS: Record<string, Behaviour> = {
  'a body that is too large, as it says': {
    handler: () => assert.fail('it was asked'),
    question: { method: 'POST', body: ['12345'], headers: { 'content-length': '5' } },
    options: { bodyLimit: 4 },
    reply: { status: 413 },
  },
  'a body that is too large, as it turns out': {
    handler: async (request) => new HttpResponse(await request.text()),
    question: { method: 'POST', body: ['123', '45'] },
    options: { bodyLimit: 4 },
    reply: { status: 413 },
  },
  TRACE: {
    handler: () => assert.fail('it was asked'),
    question: { method: 'TRACE' },
    reply: { status: 405 },
  },
  'a head with too many fields': {
    handler: () => assert.fail('it was asked'),
    question: { headers: Object.fromEntries(Array.from({ length: 105 }, (_, at) => [`x-${at}`, 'y'])) },
    reply: { status: 431 },
  },
  'a head that is too long': {
    handler: () => assert.fail('it was asked'),
    question: { headers: { 'x-long': 'x'.repeat(5_000) } },
    options: { limits: { headerBytes: 4_000 } },
    reply: { status: 431 },
  },
};

const FAILURES: Record<string, HttpHandler> = {
  throw: () => {
    throw new Error('secret');
  },
  reject: () => Promise.reject(new Error('secret')),
  'return nothing': () => undefined as never,
  'return Response.error()': () => Response.error(),
  'return a stream that fails': () => new HttpResponse(cancelled()),
  'return a stream of numbers': () => new HttpResponse(ReadableStream.from([1]) as never),
  'return 101': () => HttpResponse.upgrade({}, () => {}),
};

for (const version of HTTP_VERSIONS)
  describe(version, limit, () => {
    for (const [group, table] of Object.entries({ answers: ANSWERS, requests: REQUESTS, refusals: REFUSALS }))
      describe(group, limit, () => {
        for (const [name, { handler, options, question, reply }] of Object.entries(table))
          test(name, limit, async () => {
            const talk = new Talk(version, handler, options);
            const given = await talk.ask(question);
            talk.close();
            for (const key of Object.keys(reply) as (keyof Reply)[])
              assert.deepEqual(given[key], reply[key], key);
          });
      });

    describe('handlers that fail', limit, () => {
      for (const [name, handler] of Object.entries(FAILURES))
        test(`${name}: 500 without a word of it`, limit, async () => {
          const errors: Error[] = [];
          const talk = new Talk(version, handler, { onError: (error) => void errors.push(error) });
          const { status, body } = await talk.ask();
          talk.close();
          assert.equal(status, 500);
          assert.doesNotMatch(body, /secret/);
          assert.equal(errors.length, 1);
        });

      for (const [name, said] of [
        ['behind the head', undefined],
        ['with more than was said', '4'],
        ['with less than was said', '99'],
      ] as const)
        test(`${name}: nobody takes half for the whole`, limit, async () => {
          const errors: Error[] = [];
          async function* failing(): AsyncGenerator<string> {
            yield* parts();
            if (said === undefined) throw new Error('late');
          }
          const headers = said === undefined ? {} : { 'content-length': said };
          const talk = new Talk(version, () => new HttpResponse(failing(), { headers }), {
            onError: (error) => void errors.push(error),
          });
          await assert.rejects(talk.ask());
          assert.equal(errors.length, 1);
          talk.close();
        });
    });

    test('a file is read and let go of', limit, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'modnet-http2-'));
      writeFileSync(join(folder, 'file'), 'x'.repeat(200_000));
      const { promise, resolve } = Promise.withResolvers<void>();
      const file = { fd: openSync(join(folder, 'file'), 'r'), offset: 10, length: 150_000, onDone: resolve };
      const talk = new Talk(version, () => HttpResponse.file(file));
      const { headers, body } = await talk.ask();
      await promise;
      talk.close();
      assert.equal(headers['content-length'], '150000');
      assert.equal(body.length, 150_000);
      rmSync(folder, { recursive: true });
    });

    test('who observes them hears the same of both', limit, async () => {
      const events: HttpRequestEvent[] = [];
      const onEvent = (event: unknown): void => void events.push(event as HttpRequestEvent);
      httpRequests.subscribe(onEvent);
      const talk = new Talk(version, (request) => new HttpResponse(request.method));
      await talk.ask({ path: '/1', headers: { 'user-agent': 'me', referer: 'there' } });
      await later();
      httpRequests.unsubscribe(onEvent);
      talk.close();
      const [event] = events;
      const { remote, time, duration, ...told } = event!;
      assert.deepEqual(told, {
        method: 'GET',
        target: '/1',
        version: version === 'h2' ? '2.0' : '1.1',
        status: 200,
        bytes: 3,
        host: 'test',
        referer: 'there',
        userAgent: 'me',
        complete: true,
      });
      assert.equal(events.length, 1);
    });
  });
