import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fields } from '../../protocol/http1/index.ts';
import { HttpRequest, pathOf, queryOf, type RequestOrigin, toRequest } from './request.ts';

const controller = new AbortController();
const origin: RequestOrigin = { origin: () => 'http://a', signal: () => controller.signal };

function requestOf(target: string, body: string | null = null): HttpRequest {
  const fields = Fields.of([
    ['Content-Type', 'text/x'],
    ['X-A', '1'],
  ]);
  return new HttpRequest({ method: body === null ? 'GET' : 'POST', target, fields }, origin, body);
}

describe('HttpRequest', () => {
  test('is a Request', () => {
    assert.ok(requestOf('/') instanceof Request);
  });

  test('has all that a Request has', () => {
    const light = requestOf('/');
    const real = new Request('http://a/', { headers: [...light.headers] });
    const names = Object.entries(Object.getOwnPropertyDescriptors(Request.prototype));
    const simple = ['string', 'boolean'];
    for (const [name, { get }] of names) {
      // Undici has one that is called `attribute`, by mistake.
      assert.ok(Object.hasOwn(HttpRequest.prototype, name) || name === 'attribute', name);
      if (get === undefined) continue;
      const value = real[name as 'url'];
      if (simple.includes(typeof value)) assert.equal(light[name as 'url'], value, name);
    }
  });

  for (const target of [
    '/',
    '/a/b?c=d&c=e',
    '/a?',
    '/%41?%41',
    '//x',
    '/a/./b/../c',
    '/%2E%2e/a',
    '/a/%2e',
    '/a#b',
    '/a"b?"',
    '/\\a',
    '/?a=b#c',
    '/é',
    'http://b:80/x?y',
    '*',
    "/a'?'",
  ])
    test(`the URL, path and query of ${target}`, () => {
      const light = requestOf(target);
      const url = new URL(
        target.startsWith('http') ? target : target === '*' ? 'http://a/*' : `http://a${target}`,
      );
      assert.equal(light.url, target === '*' ? url.href : light.url);
      assert.equal(new URL(light.url).pathname, url.pathname);
      assert.equal(pathOf(light), url.pathname);
      assert.deepEqual([...queryOf(light)], [...url.searchParams]);
      const real = new Request(url);
      assert.equal(pathOf(real), url.pathname);
      assert.deepEqual([...queryOf(real)], [...url.searchParams]);
    });

  for (const [target, path] of [
    ['http://[:::]/a/../b?c', '/b'],
    ['http://[:::]', '/'],
    ['/a://b/c', '/a://b/c'],
  ] as const)
    test(`the URL of ${target}, which is none`, () => {
      assert.equal(pathOf(requestOf(target)), path);
      assert.equal(new URL(requestOf(target).url).origin, 'http://a');
    });

  test('becomes a real one, with the same body and signal', async () => {
    const real = toRequest(requestOf('/x', 'body'));
    assert.equal(new Request(real.clone()).url, 'http://a/x');
    assert.equal(real.method, 'POST');
    assert.equal(real.headers.get('x-a'), '1');
    assert.equal(await real.text(), 'body');
    assert.equal(toRequest(real), real);
    assert.equal(await toRequest(requestOf('/')).text(), '');
  });

  test('is cloned with its fields as they are', async () => {
    const request = requestOf('/x', 'body');
    request.headers.set('x-a', '2');
    const copy = request.clone();
    copy.headers.set('x-a', '3');
    assert.deepEqual([request.headers.get('x-a'), copy.headers.get('x-a')], ['2', '3']);
    assert.deepEqual([await request.text(), await copy.text()], ['body', 'body']);
    assert.throws(() => request.clone(), TypeError);
  });

  test('is a ResponseInit and a source of bodies', async () => {
    const request = requestOf('/x', 'body');
    const response = new Response(request.body, { headers: request.headers });
    assert.equal(response.headers.get('content-type'), 'text/x');
    assert.equal(await response.text(), 'body');
    assert.equal(request.bodyUsed, true);
  });
});
