/** Who may ask at all: hosts, origins, tokens, rates, methods, types. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { codeOf, from, posting, testSite } from './test-site.ts';

const TOKEN = 'open-sesame';
const PATHS = ['/api/rooms', '/api/session', '/api/rooms/lobby/events', '/metrics', '/ws'];

test("a name that leads here by somebody else's doing is not served (DNS rebinding)", async () => {
  const site = testSite();
  for (const path of [...PATHS, '/', '/healthz'])
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '127.0.0.1.']) {
      const response = await site.ask(`http://${host}:8080${path}`);
      // "127.0.0.1." is the address to a URL.
      if (host === '127.0.0.1.') assert.notEqual(response.status, 421);
      else assert.equal(await codeOf(response), 'wrong-host', host + path);
    }
  for (const host of ['evil.example', 'evil.example:99999', 'a b', '[::'])
    assert.equal(await codeOf(await site.ask('/api/rooms', { headers: { host } })), 'wrong-host', host);
  const own = [
    'localhost',
    'LOCALHOST',
    'x.localhost',
    '127.0.0.1',
    '192.0.2.7',
    '[::1]',
    '[2001:db8::1]',
    'chat.example.net',
  ];
  for (const host of [...own, hostname(), `${hostname()}.local`, 'localhost.'])
    assert.equal((await site.ask(`http://${host}:8080/api/rooms`)).status, 200, host);
});

test('pages of other origins may neither read nor speak', async () => {
  const site = testSite();
  const origins = [
    'http://evil.example',
    'https://127.0.0.1:8080',
    'http://127.0.0.1:8081',
    'http://localhost:8080',
    'null',
  ];
  for (const origin of origins)
    for (const path of PATHS)
      assert.equal(await codeOf(await site.ask(path, { headers: { origin } })), 'cross-origin');
  const body = posting({ name: 'x', body: 'hi' }, { origin: 'http://evil.example' });
  assert.equal(await codeOf(await site.ask('/api/rooms/lobby/messages', body)), 'cross-origin');
  const preflight = {
    method: 'OPTIONS',
    headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
  };
  const refused = await site.ask('/api/rooms/lobby/messages', preflight);
  assert.equal(refused.headers.get('access-control-allow-origin'), null);
  assert.equal(refused.status, 403);
  assert.equal((await site.ask('/api/rooms', { headers: { origin: 'http://127.0.0.1:8080' } })).status, 200);
});

test('what a browser fetches for another site without saying its origin is refused, a link that is followed is not', async () => {
  const site = testSite();
  const ask = (site_: string, mode: string, dest: string): RequestInit => ({
    headers: { 'sec-fetch-site': site_, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
  });
  for (const where of ['cross-site', 'same-site']) {
    assert.equal(await codeOf(await site.ask('/api/rooms', ask(where, 'no-cors', 'image'))), 'cross-origin');
    assert.equal(
      await codeOf(await site.ask('/api/rooms', ask(where, 'navigate', 'iframe'))),
      'cross-origin',
    );
    assert.equal((await site.ask('/api/rooms', ask(where, 'navigate', 'document'))).status, 200);
  }
  for (const where of ['same-origin', 'none'])
    assert.equal((await site.ask('/api/rooms', ask(where, 'cors', 'empty'))).status, 200);
});

test('an origin that was allowed may, and its browser is told so', async () => {
  const origin = 'https://app.example.net';
  const site = testSite({ allowedOrigins: [origin], token: TOKEN });
  const response = await site.ask('/api/rooms', { headers: { origin, authorization: `Bearer ${TOKEN}` } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('access-control-allow-origin'), origin);
  assert.equal(response.headers.get('access-control-allow-credentials'), null);
  assert.match(response.headers.get('vary')!, /Origin/);
  const preflight = await site.ask('/api/rooms/lobby/messages', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  });
  assert.equal(preflight.status, 204, 'no token is asked for: browsers send none');
  assert.match(preflight.headers.get('access-control-allow-methods')!, /POST/);
  assert.match(preflight.headers.get('access-control-allow-headers')!, /Authorization/);
  const needed = await site.ask('/api/rooms', { headers: { origin } });
  assert.equal(needed.headers.get('access-control-allow-origin'), origin, 'the page may know why');
  assert.equal(await codeOf(needed), 'token-needed');
});

test('the token is asked for, and comes as a header or as a cookie', async () => {
  const site = testSite({ token: TOKEN });
  const needed = await site.ask('/api/rooms');
  assert.equal(needed.status, 401);
  assert.equal(needed.headers.get('www-authenticate'), 'Bearer realm="modnet"');
  assert.equal(await codeOf(needed), 'token-needed');
  const wrong = await site.ask('/api/rooms', { headers: { authorization: 'Bearer wrong-one' } });
  assert.equal(wrong.headers.get('www-authenticate'), 'Bearer realm="modnet", error="invalid_token"');
  assert.equal(await codeOf(wrong), 'bad-token');
  assert.equal(
    await codeOf(await site.ask('/api/rooms', { headers: { authorization: 'Basic b3Blbg==' } })),
    'token-needed',
  );
  assert.equal(await codeOf(await site.ask(`/api/rooms?token=${TOKEN}`)), 'token-needed', 'not in the query');
  assert.equal((await site.ask('/api/rooms', { headers: { authorization: `bearer ${TOKEN}` } })).status, 200);
  const entered = await site.ask('/api/session', posting({ token: TOKEN }));
  assert.equal(entered.status, 204);
  const cookie = entered.headers.get('set-cookie')!;
  assert.match(cookie, /^modnet-8080=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.ok(!cookie.includes(TOKEN));
  const [pair] = cookie.split(';');
  assert.equal((await site.ask('/api/rooms', { headers: { cookie: `a=b; ${pair}` } })).status, 200);
  assert.equal(
    await codeOf(await site.ask('/api/rooms', { headers: { cookie: `modnet-8080=${TOKEN}` } })),
    'token-needed',
  );
  const secure = await site.ask('/api/session', posting({ token: TOKEN }), { secure: true });
  assert.match(secure.headers.get('set-cookie')!, /; Secure/);
  const left = await site.ask('/api/session', { method: 'DELETE' });
  assert.match(left.headers.get('set-cookie')!, /^modnet-8080=; Max-Age=0;/);
});

test('whether a token is needed can be asked', async () => {
  const look = async (site: ReturnType<typeof testSite>, init?: RequestInit): Promise<unknown> =>
    (await site.ask('/api/session', init)).json();
  assert.deepEqual(await look(testSite()), { needsToken: false, admitted: true });
  const site = testSite({ token: TOKEN });
  assert.deepEqual(await look(site), { needsToken: true, admitted: false });
  const bearer = { headers: { authorization: `Bearer ${TOKEN}` } };
  assert.deepEqual(await look(site, bearer), { needsToken: true, admitted: true });
  assert.equal((await testSite().ask('/api/session', posting({ token: 'whatever' }))).status, 204);
});

test('events and the WebSocket, which browsers give no headers, take the token from the query', async () => {
  const site = testSite({ token: TOKEN });
  assert.equal(await codeOf(await site.ask('/api/rooms/lobby/events')), 'token-needed');
  assert.equal((await site.ask(`/api/rooms/lobby/events?token=${TOKEN}`)).status, 200);
  assert.equal(await codeOf(await site.ask('/api/rooms/lobby/events?token=wrong-one')), 'bad-token');
  assert.equal((await site.ask('/ws')).status, 200, 'it may come as the first message');
  assert.equal(await codeOf(await site.ask('/ws?token=wrong-one')), 'bad-token');
});

test('what stands open tells nothing', async () => {
  const site = testSite({ token: TOKEN });
  for (const path of ['/', '/healthz', '/api/openapi.json', '/api/session'])
    assert.equal((await site.ask(path)).status, 200, path);
  for (const path of [
    '/metrics',
    '/api/stats',
    '/api/rooms/lobby',
    '/api/rooms/lobby/members',
    '/api/rooms/nowhere',
  ])
    assert.equal(await codeOf(await site.ask(path)), 'token-needed', path);
});

test('wrong tokens of one address are limited over all doors', async () => {
  const site = testSite({ token: TOKEN });
  const guess = { headers: { authorization: 'Bearer wrong-one' } };
  for (let count = 0; count < 9; count++)
    assert.equal(await codeOf(await site.ask('/api/rooms', guess)), 'bad-token');
  assert.equal(await codeOf(await site.ask('/api/session', posting({ token: 'wrong-one' }))), 'bad-token');
  const late = await site.ask('/api/rooms', { headers: { authorization: `Bearer ${TOKEN}` } });
  assert.equal(late.headers.get('retry-after'), '6');
  assert.equal(await codeOf(late), 'rate');
  const other = { headers: { authorization: `Bearer ${TOKEN}` } };
  assert.equal((await site.ask('/api/rooms', other, from('192.0.2.1'))).status, 200);
});

test('one address may ask so much, whatever it asks', async () => {
  const site = testSite({ limits: { addressRate: 1, addressBurst: 3 } });
  for (const path of ['/api/rooms', '/metrics', '/ws']) assert.equal((await site.ask(path)).status, 200);
  const fast = await site.ask('/api/rooms');
  assert.equal(fast.headers.get('retry-after'), '1');
  assert.equal(await codeOf(fast), 'rate');
  assert.equal((await site.ask('/healthz')).status, 200);
  assert.equal((await site.ask('/api/rooms', {}, from('192.0.2.1'))).status, 200);
  site.house.clock.advance(1_000);
  assert.equal((await site.ask('/api/rooms')).status, 200);
});

test('methods, types and paths that there are not', async () => {
  const site = testSite();
  const put = await site.ask('/api/rooms/lobby/messages', { method: 'PUT' });
  assert.equal(put.headers.get('allow'), 'GET, HEAD, OPTIONS, POST');
  assert.equal(await codeOf(put), 'method');
  assert.equal(
    (await site.ask('/api/rooms', { method: 'OPTIONS' })).headers.get('allow'),
    'GET, HEAD, OPTIONS',
  );
  assert.equal((await site.ask('/api/rooms', { method: 'HEAD' })).status, 200);
  for (const path of ['/api', '/api/', '/api/nothing', '/api/rooms/'])
    assert.equal(await codeOf(await site.ask(path)), 'no-such-path', path);
  const accepting = (accept: string): RequestInit => ({ headers: { accept } });
  for (const accept of [
    '*/*',
    'application/*',
    'text/html, application/json;q=0.5',
    'text/html,*/*;q=0.1',
    '',
  ])
    assert.equal((await site.ask('/api/rooms', accepting(accept))).status, 200, accept);
  for (const accept of ['text/html', 'application/json;q=0', '*/*, application/json;q=0', 'application/xml'])
    assert.equal(await codeOf(await site.ask('/api/rooms', accepting(accept))), 'not-acceptable', accept);
});

test('while it closes nothing is answered but that', async () => {
  const site = testSite();
  assert.deepEqual(await (await site.ask('/healthz')).json(), { status: 'ok' });
  site.house.hub.close('night');
  const health = await site.ask('/healthz');
  assert.deepEqual([health.status, await health.json()], [503, { status: 'draining' }]);
  const rooms = await site.ask('/api/rooms');
  assert.equal(rooms.headers.get('retry-after'), '5');
  assert.equal(await codeOf(rooms), 'closing');
});

test('what nobody foresaw is 500, and told to whoever runs the exchange', async () => {
  const site = testSite();
  site.house.hub.find = () => {
    throw new TypeError('unforeseen');
  };
  const response = await site.ask('/api/rooms/lobby');
  assert.equal(await codeOf(response), 'internal');
});
