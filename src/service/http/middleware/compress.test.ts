import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, createGunzip, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { compose } from '../routing/compose.ts';
import { testContext, testRequest } from '../test-context.ts';
import { type CompressOptions, compress } from './compress.ts';
import { etag } from './etag.ts';

const TEXT = 'a line that is worth compressing\n'.repeat(100);
const DECODERS = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };

async function ask(
  handler: HttpHandler,
  accept: string | null = 'gzip',
  options: CompressOptions = {},
  method = 'GET',
): Promise<Response> {
  const headers: Record<string, string> = accept === null ? {} : { 'accept-encoding': accept };
  return compose([compress(options)], handler)(testRequest('/', { headers, method }), testContext());
}

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

for (const [coding, decode] of Object.entries(DECODERS)) {
  const handlers: Record<string, HttpHandler> = {
    text: () => HttpResponse.text(TEXT),
    'bytes with a length': () =>
      new Response(TEXT, { headers: { 'content-length': String(TEXT.length), 'content-type': 'text/x' } }),
    'a stream': () =>
      new HttpResponse(ReadableStream.from([Buffer.from(TEXT), Buffer.from(TEXT)]) as ReadableStream, {
        headers: { 'content-type': 'application/json' },
      }),
  };
  for (const [name, handler] of Object.entries(handlers))
    test(`${coding}: ${name}`, async () => {
      const response = await ask(handler, coding);
      assert.equal(response.headers.get('content-encoding'), coding);
      assert.equal(response.headers.get('vary'), 'accept-encoding');
      assert.equal(response.headers.get('content-length'), null);
      const expected = name === 'a stream' ? TEXT + TEXT : TEXT;
      assert.equal(decode(await bytesOf(response)).toString(), expected);
    });
}

test('what is not worth it, or must not be, stays as it is', async () => {
  const of =
    (headers: Record<string, string>, status = 200): HttpHandler =>
    () =>
      new HttpResponse(status === 204 ? null : TEXT, {
        status,
        headers: { 'content-type': 'text/plain', ...headers },
      });
  const cases: [HttpHandler, string | null][] = [
    [of({}), null],
    [of({}), 'identity'],
    [of({}), 'deflate'],
    [of({ 'content-type': 'image/png' }), 'gzip'],
    [of({ 'content-type': 'text/event-stream' }), 'gzip'],
    [of({ 'content-encoding': 'br' }), 'gzip'],
    [of({ 'cache-control': 'public, no-transform' }), 'gzip'],
    [of({ 'content-range': 'bytes 0-1/5' }), 'gzip'],
    [of({}, 206), 'gzip'],
    [of({}, 304), 'gzip'],
    [() => HttpResponse.text('short'), 'gzip'],
    [() => new HttpResponse(null), 'gzip'],
  ];
  for (const [handler, accept] of cases) {
    const given = (await ask(handler, null)).headers.get('content-encoding');
    const response = await ask(handler, accept);
    assert.equal(response.headers.get('content-encoding'), given);
    assert.equal(await response.text(), await (await ask(handler, null)).text());
  }
});

test('a tag of the bytes that were becomes weak, and still finds its answer', async () => {
  const handler = compose([etag()], () => HttpResponse.text(TEXT));
  const tag = (await ask(handler)).headers.get('etag')!;
  assert.match(tag, /^W\/"/);
  const headers = { 'accept-encoding': 'gzip', 'if-none-match': tag };
  const again = await compose([compress()], handler)(testRequest('/', { headers }), testContext());
  assert.equal(again.status, 304);
});

test('what trickles leaves at once', { timeout: 10_000 }, async () => {
  const { promise: never, resolve: end } = Promise.withResolvers<void>();
  async function* trickle(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first');
    await never;
    yield Buffer.from('second');
  }
  const handler: HttpHandler = () =>
    new HttpResponse(trickle(), { headers: { 'content-type': 'text/plain' } });
  const response = await ask(handler);
  const gunzip = createGunzip();
  const reader = response.body!.getReader();
  const texts: string[] = [];
  const first = new Promise<void>((resolve) =>
    gunzip.on('data', (chunk) => {
      texts.push(String(chunk));
      resolve();
    }),
  );
  const pump = async (): Promise<void> => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) gunzip.write(part.value);
  };
  const pumping = pump();
  await first;
  assert.deepEqual(texts, ['first']);
  end();
  await pumping;
});

test('who leaves early, or never begins, ends the source', async () => {
  let ended = 0;
  const handler: HttpHandler = () =>
    new HttpResponse(
      new ReadableStream({
        pull: (controller) => controller.enqueue(Buffer.alloc(10_000, 'abc')),
        cancel: () => void ended++,
      }),
      { headers: { 'content-type': 'text/plain' } },
    );
  const begun = await ask(handler);
  const reader = begun.body!.getReader();
  await reader.read();
  await reader.cancel();
  await (await ask(handler)).body!.cancel();
  await ask(handler, 'gzip', {}, 'HEAD');
  while (ended < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ended, 3);
});

test('an error of the source is an error of the answer', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(2000);
    throw new Error('of the source');
  }
  const handler: HttpHandler = () =>
    new HttpResponse(failing(), { headers: { 'content-type': 'text/plain' } });
  await assert.rejects(bytesOf(await ask(handler)), /of the source/);
});
