import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpContext, HttpHandler, Middleware } from '../contract.ts';
import { testContext, testRequest } from '../test-context.ts';
import { compose } from './compose.ts';
import { mountPointOf } from './mount-point.ts';
import { MAX_PATH, MAX_SEGMENTS } from './route-tree.ts';
import { Router } from './router.ts';

const say =
  (words: string): HttpHandler =>
  (_, { params }) =>
    new Response(`${words} ${JSON.stringify(params)}`);

async function ask(router: Router, path: string, method = 'GET', context?: HttpContext): Promise<Response> {
  return router.fetch(testRequest(path, { method }), context ?? testContext());
}

async function text(router: Router, path: string, method = 'GET'): Promise<string> {
  return (await ask(router, path, method)).text();
}

test('a written segment comes before a parameter, and that before a wildcard, in whatever order they were added', async () => {
  const routes = ['/a/*', '/a/:one', '/a/b', '/a/:one/c', '/a/b/:two', '/*', '/'];
  for (const order of [routes, routes.toReversed()]) {
    const router = new Router();
    for (const route of order) router.get(route, say(route));
    assert.equal(await text(router, '/'), '/ {}');
    assert.equal(await text(router, '/a/b'), '/a/b {}');
    assert.equal(await text(router, '/a/x'), '/a/:one {"one":"x"}');
    assert.equal(await text(router, '/a/b/c'), '/a/b/:two {"two":"c"}');
    assert.equal(await text(router, '/a/x/c'), '/a/:one/c {"one":"x"}');
    assert.equal(await text(router, '/a/x/d'), '/a/* {"*":"x/d"}');
    assert.equal(await text(router, '/a/b/c/d'), '/a/* {"*":"b/c/d"}');
    assert.equal(await text(router, '/a/'), '/a/* {"*":""}');
    assert.equal(await text(router, '/a'), '/* {"*":"a"}');
    assert.equal(await text(router, '/b/c'), '/* {"*":"b/c"}');
  }
});

test('a path that leads nowhere under one node is tried under the next', async () => {
  const router = new Router().get('/a/b/c', say('written')).get('/:x/b/d', say('named'));
  assert.equal(await text(router, '/a/b/d'), 'named {"x":"a"}');
  router.post('/a/:y', say('posted'));
  router.get('/a/new', say('new'));
  assert.equal(await text(router, '/a/new', 'POST'), 'posted {"y":"new"}');
});

test('handlers know the names of their parameters', async () => {
  const router = new Router().get('/users/:id/files/*', (_, { params }) => {
    const id: string = params.id;
    // @ts-expect-error: no such name, so it may be undefined
    const other: string = params.other;
    return new Response(`${id} ${params['*']} ${other}`);
  });
  assert.equal(await text(router, '/users/7/files/a/b'), '7 a/b undefined');
});

test('parameters are decoded, and %2F does not separate segments', async () => {
  const router = new Router().get('/f/:name', say('file')).get('/caf%C3%A9/ü', say('plain'));
  assert.equal(await text(router, '/f/a%20b%2Fc%3F'), 'file {"name":"a b/c?"}');
  assert.equal(await text(router, '/f/%E2%82%AC'), 'file {"name":"€"}');
  assert.equal(await text(router, '/%66/x'), 'file {"name":"x"}');
  assert.equal(await text(router, '/café/%C3%BC'), 'plain {}');
  assert.equal(await text(router, '/f/__proto__'), 'file {"name":"__proto__"}');
});

test('what has no name in the pattern is undefined, whatever objects have', async () => {
  const router = new Router().get('/:x', (_, { params }) =>
    Response.json([params.constructor, params.toString, params.valueOf].map((value) => typeof value)),
  );
  assert.equal(await text(router, '/y'), '["undefined","undefined","undefined"]');
});

test('a percent-encoding that is none is 400', async () => {
  const router = new Router().get('/f/:name', say('file')).get('/*', say('rest'));
  for (const path of ['/f/%', '/f/%zz', '/f/%ff', '/f/%c3%28', '/%E0%A4%A/x'])
    assert.equal((await ask(router, path)).status, 400, path);
});

test('what is not there is 404, another method 405 with Allow', async () => {
  const router = new Router().get('/a/:x', say('get')).put('/a/b', say('put')).delete('/a/*', say('delete'));
  assert.equal((await ask(router, '/nothing')).status, 404);
  assert.equal((await ask(router, '/a')).status, 404);
  const answer = await ask(router, '/a/b', 'POST');
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get('allow'), 'DELETE, GET, HEAD, OPTIONS, PUT');
  assert.equal((await ask(router, '/a/b/c', 'GET')).headers.get('allow'), 'DELETE, OPTIONS');
});

test('HEAD is answered by GET, and OPTIONS by itself, unless they have routes', async () => {
  const router = new Router().get('/a', say('get'));
  assert.equal(await text(router, '/a', 'HEAD'), 'get {}');
  const options = await ask(router, '/a', 'OPTIONS');
  assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS']);
  assert.equal((await ask(router, '/b', 'OPTIONS')).status, 404);
  router.on('HEAD', '/a', say('head')).on('OPTIONS', '/a', say('options'));
  assert.equal(await text(router, '/a', 'HEAD'), 'head {}');
  assert.equal(await text(router, '/a', 'OPTIONS'), 'options {}');
});

test('`all` answers the methods that have no route of their own', async () => {
  const router = new Router().all('/a', say('all')).get('/a', say('get'));
  assert.equal(await text(router, '/a'), 'get {}');
  assert.equal(await text(router, '/a', 'PROPFIND'), 'all {}');
});

test('a trailing slash is another path, or a redirect', async () => {
  const strict = new Router().get('/a', say('a')).get('/b/', say('b'));
  assert.equal((await ask(strict, '/a/')).status, 404);
  assert.equal((await ask(strict, '/b')).status, 404);
  const kind = new Router({ trailingSlash: 'redirect' }).get('/a', say('a')).get('/b/', say('b'));
  const answer = await ask(kind, '/a/?q=1');
  assert.deepEqual([answer.status, answer.headers.get('location')], [308, '/a?q=1']);
  assert.equal((await ask(kind, '/b')).headers.get('location'), '/b/');
  assert.equal((await ask(kind, '/a/', 'POST')).status, 404);
  // An empty segment is no parameter: nobody is sent to //elsewhere.
  const open = new Router({ trailingSlash: 'redirect' }).get('/:host/', say('host'));
  assert.equal((await ask(open, '/here')).headers.get('location'), '/here/');
  assert.equal((await ask(open, '//elsewhere')).status, 404);
});

test('what is too long or too deep is 414', async () => {
  const router = new Router().get('/*', say('rest'));
  assert.equal((await ask(router, `/${'a'.repeat(MAX_PATH)}`)).status, 414);
  assert.equal((await ask(router, '/a'.repeat(MAX_SEGMENTS + 1))).status, 414);
  assert.equal((await ask(router, '/a'.repeat(MAX_SEGMENTS))).status, 200);
});

test('routes that cannot be, or are there already, are refused when they are added', () => {
  const router = new Router().get('/a/:x', say('one'));
  const refused: [string, RegExp][] = [
    ['/a/:y', /GET of \/a\/:y has a route already: \/a\/:x/],
    ['a', /begins with a slash/],
    ['/a//b', /no segment is empty/],
    ['/a//*', /no segment is empty/],
    ['/*/a', /wildcard is the whole of the last/],
    ['/a*', /wildcard is the whole of the last/],
    ['/:', /":" is no parameter/],
    ['/:a-b.c', /is no parameter/],
    ['/:a/:a', /a name of its own/],
    ['/a?b', /cannot be in a path/],
    ['/a/../b', /resolve/],
    ['/%zz', /no percent-encoding/],
  ];
  for (const [pattern, message] of refused)
    assert.throws(() => router.get(pattern, say('x')), { code: 'busy', message });
  router.post('/a/:y', say('another method'));
});

test('middleware of a router goes around all its answers, in order; that of a route around it alone', async () => {
  const log: string[] = [];
  const note =
    (name: string): Middleware =>
    async (_request, _context, next) => {
      log.push(`>${name}`);
      const response = await next();
      log.push(`<${name}`);
      return response;
    };
  const router = new Router().use(note('a'), note('b')).get('/x', note('c'), note('d'), say('x'));
  assert.equal(await text(router, '/x'), 'x {}');
  assert.deepEqual(log.splice(0), ['>a', '>b', '>c', '>d', '<d', '<c', '<b', '<a']);
  assert.equal((await ask(router, '/y')).status, 404);
  assert.deepEqual(log, ['>a', '>b', '<b', '<a']);
});

test('middleware may answer, or pass another request on, or ask twice', async () => {
  const router = new Router()
    .get('/stop', () => new Response('stopped', { status: 403 }), say('never'))
    .get(
      '/other',
      (request, _, next) => next(new Request(request, { headers: { 'x-seen': 'yes' } })),
      (request) => new Response(request.headers.get('x-seen')),
    )
    .get(
      '/twice',
      async (_request, _context, next) => {
        await next();
        return next();
      },
      say('twice'),
    );
  assert.equal((await ask(router, '/stop')).status, 403);
  assert.equal(await text(router, '/other'), 'yes');
  assert.equal(await text(router, '/twice'), 'twice {}');
});

test('what answers synchronously stays synchronous, through all of it', () => {
  const inner = new Router().use((_request, _context, next) => next()).get('/x', say('x'));
  const router = new Router().use((_request, _context, next) => next()).mount('/in', inner);
  assert.ok(router.fetch(testRequest('/in/x'), testContext()) instanceof Response);
  const composed = compose([(_request, _context, next) => next()], () => new Response());
  assert.ok(composed(testRequest('/'), testContext()) instanceof Response);
});

test('a router under a prefix answers all of it, also what it does not have', async () => {
  const inner = new Router().get('/', say('root')).get('/x/:y', say('inner'));
  const router = new Router().mount('/api/:version', inner).get('/api/v1/special', say('outer'));
  assert.equal(await text(router, '/api/v1'), 'root {"version":"v1"}');
  assert.equal(await text(router, '/api/v1/'), 'root {"version":"v1"}');
  assert.equal(await text(router, '/api/v1/x/7'), 'inner {"version":"v1","y":"7"}');
  assert.equal(await text(router, '/api/v1/special'), 'outer {}');
  assert.equal((await ask(router, '/api/v1/nothing')).status, 404);
  assert.equal((await ask(router, '/api/v1/x/7', 'POST')).headers.get('allow'), 'GET, HEAD, OPTIONS');
  assert.equal((await ask(router, '/apiv1')).status, 404);
  assert.throws(() => router.mount('/api/:v', inner), { code: 'busy' });
});

test('what is mounted learns where, through several routers', async () => {
  const where: HttpHandler = (_request, context) => new Response(mountPointOf(context));
  const inner = new Router().mount('/c', where).get('/d', where);
  const router = new Router().mount('/a/:b', inner).mount('/', where);
  assert.equal(await text(router, '/a/%62%2F/c/deep'), '/a/%62%2F/c');
  assert.equal(await text(router, '/a/b/d'), '/a/b');
  assert.equal(await text(router, '/else/where'), '');
});

test('the context of the server shines through', async () => {
  const router = new Router().get('/:x', (_request, { remote, local, secure, version, draining }) =>
    Response.json([`${remote}`, `${local}`, secure, version, draining.aborted]),
  );
  const outer = testContext({ secure: true, draining: AbortSignal.abort() });
  const answer = await ask(router, '/x', 'GET', outer);
  assert.deepEqual(await answer.json(), ['memory:client', 'memory:server', true, 'HTTP/1.1', true]);
});
