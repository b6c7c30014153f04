import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inetAddress } from '../../../core/index.ts';
import type { HttpContext, HttpHandler, Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { compose } from '../routing/compose.ts';
import { testContext, testRequest } from '../test-context.ts';
import { bodyLimit } from './body-limit.ts';
import { etag } from './etag.ts';
import { rateLimit } from './rate-limit.ts';
import { requestId, requestIdOf } from './request-id.ts';
import { sameOrigin } from './same-origin.ts';
import { securityHeaders } from './security-headers.ts';
import { measure, serverTiming } from './server-timing.ts';

const ok: HttpHandler = () => HttpResponse.text('ok');

interface Asking extends RequestInit {
  readonly path?: string;
  readonly context?: HttpContext;
  readonly handler?: HttpHandler;
}

async function ask(middleware: Middleware, asking: Asking = {}): Promise<Response> {
  const { path = '/', context = testContext(), handler = ok, ...init } = asking;
  return compose([middleware], handler)(testRequest(path, init), context);
}

test('security headers are added, and what the handler has set stays', async () => {
  const handler: HttpHandler = () => new HttpResponse('', { headers: { 'referrer-policy': 'origin' } });
  const { headers } = await ask(securityHeaders(), { handler });
  assert.equal(headers.get('referrer-policy'), 'origin');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.match(headers.get('content-security-policy')!, /frame-ancestors 'self'/);
  assert.equal(headers.get('strict-transport-security'), null);
  const secure = await ask(securityHeaders({ policy: false }), { context: testContext({ secure: true }) });
  assert.equal(secure.headers.get('strict-transport-security'), 'max-age=31536000');
  assert.equal(secure.headers.get('content-security-policy'), null);
});

test('headers of a response that cannot be changed are changed all the same', async () => {
  const handler: HttpHandler = () => Response.redirect('http://example.test/elsewhere', 303);
  const response = await ask(securityHeaders(), { handler });
  assert.equal(response.status, 303);
  assert.equal(response.headers.get('location'), 'http://example.test/elsewhere');
  assert.equal(response.headers.get('x-frame-options'), 'SAMEORIGIN');
});

test('each request has a name; one that it brings is kept only where that is trusted', async () => {
  let seen: string | undefined;
  const handler: HttpHandler = (request) => {
    seen = requestIdOf(request);
    return new HttpResponse();
  };
  const headers = { 'x-request-id': 'mine-1' };
  const own = (await ask(requestId(), { handler, headers })).headers.get('x-request-id');
  assert.match(own!, /^[0-9a-f-]{36}$/);
  assert.equal(seen, own);
  await ask(requestId({ trusted: true }), { handler, headers });
  assert.equal(seen, 'mine-1');
  for (const bad of ['a b', 'x'.repeat(129), '', '"', '<script>']) {
    await ask(requestId({ trusted: true }), { handler, headers: { 'x-request-id': bad } });
    assert.match(seen!, /^[0-9a-f-]{36}$/);
  }
});

test('Server-Timing tells what was measured, and the whole', async () => {
  let now = 0;
  const clock = (): number => now;
  const handler: HttpHandler = async (request) => {
    const answer = await measure(
      request,
      'my db',
      async () => {
        now += 12.34;
        return 'ok';
      },
      clock,
    );
    await assert.rejects(measure(request, 'failed', () => Promise.reject(new Error('x')), clock));
    now += 1;
    return new HttpResponse(answer);
  };
  const { headers } = await ask(serverTiming(clock), { handler });
  assert.equal(headers.get('server-timing'), 'my-db;dur=12.3, failed;dur=0, total;dur=13.3');
  assert.equal(await measure(testRequest('/'), 'nobody asks', () => 1), 1);
});

test('a body that is too large is refused: by its length, or when it is read', async () => {
  const handler: HttpHandler = async (request) => HttpResponse.text(await request.text());
  const limit = bodyLimit(5);
  const post = (body: string): Asking => ({ method: 'POST', body, handler });
  const said = { ...post('123456'), headers: { 'content-length': '6' } };
  assert.equal((await ask(limit, said)).status, 413);
  assert.equal((await ask(limit, post('12345'))).status, 200);
  assert.equal((await ask(limit, { handler })).status, 200);
  const streamed = (chunks: readonly string[]): Asking => ({
    method: 'POST',
    handler,
    body: ReadableStream.from(chunks.map((chunk) => Buffer.from(chunk))) as ReadableStream,
    duplex: 'half',
  });
  assert.equal(await (await ask(limit, streamed(['12', '345']))).text(), '12345');
  assert.equal((await ask(limit, streamed(['12', '3456']))).status, 413);
  // Also when the handler made something of the error.
  const calm: HttpHandler = async (request) => HttpResponse.text(await request.text().catch(() => 'calm'));
  assert.equal((await ask(limit, { ...streamed(['123456']), handler: calm })).status, 413);
  const faulty: HttpHandler = () => Promise.reject(new Error('another'));
  await assert.rejects(ask(limit, { ...streamed(['1']), handler: faulty }), /another/);
});

test('who has an answer already is told so', async () => {
  const first = await ask(etag());
  const tag = first.headers.get('etag')!;
  assert.match(tag, /^"[\w-]{27}"$/);
  const again = await ask(etag(), { headers: { 'if-none-match': `"x", W/${tag}` } });
  assert.deepEqual([again.status, await again.text()], [304, '']);
  assert.deepEqual([...again.headers.keys()], ['etag']);
  assert.equal((await ask(etag(), { headers: { 'if-match': '"x"' } })).status, 412);
  const post = await ask(etag(), { method: 'POST', headers: { 'if-none-match': tag } });
  assert.deepEqual([post.status, post.headers.get('etag')], [200, null]);
});

test('a tag or a date of the handler counts, and streams have none', async () => {
  const given: HttpHandler = () => new HttpResponse('x', { headers: { etag: 'W/"mine"' } });
  assert.equal((await ask(etag(), { handler: given, headers: { 'if-none-match': '"mine"' } })).status, 304);
  const date = 'Mon, 06 May 2024 07:08:09 GMT';
  const stream: HttpHandler = () =>
    new HttpResponse(ReadableStream.from([Buffer.from('x')]) as ReadableStream, {
      headers: { 'last-modified': date },
    });
  assert.equal((await ask(etag(), { handler: stream, headers: { 'if-modified-since': date } })).status, 304);
  const answer = await ask(etag(), { handler: stream });
  assert.deepEqual([answer.headers.get('etag'), await answer.text()], [null, 'x']);
  const failed: HttpHandler = () => new HttpResponse('x', { status: 500 });
  assert.equal((await ask(etag(), { handler: failed })).headers.get('etag'), null);
});

function from(host: string): HttpContext {
  return testContext({ remote: inetAddress('http', host, 1234) });
}

test('who asks too often is told when to ask again, and others are not', async () => {
  let now = 0;
  const limit = rateLimit({ rate: 0.5, burst: 2, clock: { now: () => now } });
  const statusOf = async (host: string): Promise<number> =>
    (await ask(limit, { context: from(host) })).status;
  assert.deepEqual([await statusOf('192.0.2.1'), await statusOf('192.0.2.1')], [200, 200]);
  const refused = await ask(limit, { context: from('192.0.2.1') });
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '2']);
  assert.equal(await statusOf('192.0.2.2'), 200);
  now = 2000;
  assert.deepEqual([await statusOf('192.0.2.1'), await statusOf('192.0.2.1')], [200, 429]);
});

test('a network of IPv6 counts as one client, however its addresses are written', async () => {
  const limit = rateLimit({ rate: 1, burst: 1, clock: { now: () => 0 } });
  const statusOf = async (host: string): Promise<number> =>
    (await ask(limit, { context: from(host) })).status;
  assert.equal(await statusOf('2001:db8::1'), 200);
  assert.equal(await statusOf('2001:db8:0:0:1::'), 429);
  assert.equal(await statusOf('2001:db8::ffff:ffff:ffff:ffff'), 429);
  assert.equal(await statusOf('2001:db8:0:1::1'), 200);
  assert.equal(await statusOf('::ffff:192.0.2.7'), 200);
  assert.equal(await statusOf('192.0.2.7'), 429);
  assert.equal(await statusOf('::1'), 200);
});

test('keys of one’s own, none, and no more clients than are remembered', async () => {
  const limit = rateLimit({
    rate: 1,
    burst: 1,
    clients: 2,
    key: (request) => request.headers.get('x-key') ?? undefined,
    clock: { now: () => 0 },
  });
  const statusOf = async (key?: string): Promise<number> =>
    (await ask(limit, { headers: key === undefined ? {} : { 'x-key': key } })).status;
  assert.deepEqual([await statusOf('a'), await statusOf('a'), await statusOf()], [200, 429, 200]);
  await statusOf('b');
  await statusOf('c');
  assert.equal(await statusOf('a'), 200);
  assert.equal(await statusOf('c'), 429);
});

test('what changes something and comes from another site is refused', async () => {
  const guard = sameOrigin({ trusted: ['https://friend.test'] });
  const post = async (headers: Record<string, string>, method = 'POST'): Promise<number> =>
    (await ask(guard, { method, headers })).status;
  for (const [headers, expected] of [
    [{}, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'nonsense' }, 403],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://friend.test' }, 200],
    [{ origin: 'http://example.test' }, 200],
    [{ origin: 'https://example.test' }, 200],
    [{ origin: 'http://example.test:81' }, 403],
    [{ origin: 'http://evil.test' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://example.test.evil.test' }, 403],
  ] as [Record<string, string>, number][])
    assert.equal(await post(headers), expected, JSON.stringify(headers));
  assert.equal(await post({ 'sec-fetch-site': 'cross-site' }, 'GET'), 200);
  assert.equal(await post({ 'sec-fetch-site': 'cross-site' }, 'DELETE'), 403);
});
