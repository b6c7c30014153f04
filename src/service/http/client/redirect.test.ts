import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Hop, redirectTo } from './redirect.ts';

function hop(method: string, url = 'http://a.example/x?y#z', keepsBody = method !== 'GET'): Hop {
  const fields = [
    ['Authorization', 'secret'],
    ['Cookie', 'a=b'],
    ['Content-Type', 'text/plain'],
    ['Accept', '*/*'],
  ] as const;
  return { method, url: new URL(url), fields, keepsBody };
}

/** By RFC 9110 section 15.4: what follows a POST, a PUT, a HEAD and a GET. */
const METHODS: Readonly<Record<number, readonly string[]>> = {
  301: ['GET', 'PUT', 'HEAD', 'GET'],
  302: ['GET', 'PUT', 'HEAD', 'GET'],
  303: ['GET', 'GET', 'HEAD', 'GET'],
  307: ['POST', 'PUT', 'HEAD', 'GET'],
  308: ['POST', 'PUT', 'HEAD', 'GET'],
};

for (const [status, expected] of Object.entries(METHODS)) {
  test(`${status}: the method, and with it the body`, () => {
    const next = ['POST', 'PUT', 'HEAD', 'GET'].map((method) => redirectTo(hop(method), Number(status), '/'));
    assert.deepEqual(
      next.map((to) => to?.method),
      expected,
    );
    assert.equal(next[0]?.keepsBody, expected[0] === 'POST');
    assert.equal(next[1]?.keepsBody, expected[1] === 'PUT');
  });
}

test('the fields of a body that is gone go with it', () => {
  const names = (to: Hop | undefined) => to?.fields.map(([name]) => name);
  assert.deepEqual(names(redirectTo(hop('POST'), 302, '/')), ['Authorization', 'Cookie', 'Accept']);
  assert.deepEqual(names(redirectTo(hop('POST'), 307, '/')), [
    'Authorization',
    'Cookie',
    'Content-Type',
    'Accept',
  ]);
});

test('credentials stay with their origin: another port or scheme is another', () => {
  const names = (location: string) => redirectTo(hop('GET'), 302, location)?.fields.map(([name]) => name);
  assert.deepEqual(names('http://a.example/other'), ['Authorization', 'Cookie', 'Accept']);
  for (const elsewhere of ['http://b.example/', 'http://a.example:81/', 'https://a.example/'])
    assert.deepEqual(names(elsewhere), ['Accept']);
});

test('a location is relative to the request, inherits its fragment, and names nobody', () => {
  assert.equal(redirectTo(hop('GET'), 302, '../other?q')?.url.href, 'http://a.example/other?q#z');
  assert.equal(redirectTo(hop('GET'), 302, '/other#w')?.url.href, 'http://a.example/other#w');
  assert.equal(redirectTo(hop('GET'), 302, '//u:p@b.example/')?.url.href, 'http://b.example/#z');
});

test('not every answer leads elsewhere', () => {
  assert.equal(redirectTo(hop('GET'), 302, undefined), undefined);
  assert.equal(redirectTo(hop('GET'), 304, '/'), undefined);
  assert.equal(redirectTo(hop('GET'), 300, '/'), undefined);
});

test('what is refused', () => {
  const from = hop('GET', 'https://a.example/');
  assert.throws(() => redirectTo(from, 302, 'http://a.example/'), {
    code: 'permission',
    message: /unencrypted/,
  });
  assert.equal(redirectTo(from, 302, 'http://a.example/', { allowDowngrade: true })?.url.protocol, 'http:');
  assert.throws(() => redirectTo(from, 302, 'ftp://a.example/'), { code: 'protocol', fault: 'remote' });
  assert.throws(() => redirectTo(from, 302, 'http://'), { code: 'protocol', fault: 'remote' });
  assert.throws(() => redirectTo(from, 302, 'https://b.example/', { pinned: true }), { code: 'permission' });
  assert.equal(redirectTo(from, 302, '/b', { pinned: true })?.url.pathname, '/b');
});
