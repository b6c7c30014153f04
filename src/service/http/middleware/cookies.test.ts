import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpHeaders } from '../headers.ts';
import { testRequest } from '../test-context.ts';
import { cookiesOf, deleteCookie, MAX_COOKIE, SignedCookies, setCookie } from './cookies.ts';

const bringing = (cookie: string): Request => testRequest('/', { headers: { cookie } });

function set(...[name, value, options]: [string, string, Parameters<typeof setCookie>[3]?]): string {
  const headers = new HttpHeaders();
  setCookie(headers, name, value, options);
  return headers.getSetCookie().join('\n');
}

test('cookies are read, whatever they are', () => {
  assert.deepEqual(
    { ...cookiesOf(bringing('a=1; b="x"; c=%C3%A9; d=%zz; a=2; e')) },
    {
      a: '1',
      b: '"x"',
      c: 'é',
      d: '%zz',
    },
  );
  assert.deepEqual({ ...cookiesOf(testRequest('/')) }, {});
  assert.equal(cookiesOf(bringing('__proto__=x')).toString, undefined);
});

test('cookies are out of the reach of scripts and other sites unless that is asked for', () => {
  assert.equal(set('a', 'é;'), 'a=%C3%A9%3B; Path=/; HttpOnly; SameSite=Lax');
  assert.equal(
    set('a', '1', { httpOnly: false, maxAge: 60, path: '/x' }),
    'a=1; Max-Age=60; Path=/x; SameSite=Lax',
  );
  assert.match(set('__Host-a', '1'), /; Secure/);
  assert.match(set('a', '1', { sameSite: 'none' }), /; Secure/);
  const headers = new HttpHeaders();
  setCookie(headers, 'a', '1');
  deleteCookie(headers, 'b');
  assert.equal(headers.getSetCookie().length, 2);
  assert.match(headers.getSetCookie()[1]!, /^b=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/);
});

test('what browsers would drop, or read otherwise, is refused', () => {
  assert.throws(() => set('a b', '1'), { code: 'protocol', fault: 'local' });
  assert.throws(() => set('a\r\nx', '1'), { code: 'protocol' });
  assert.throws(() => set('a', '1', { path: '/;x' }), { code: 'protocol' });
  assert.throws(() => set('__Host-a', '1', { path: '/x' }), { code: 'protocol' });
  assert.throws(() => set('__Host-a', '1', { domain: 'a.test' }), { code: 'protocol' });
  assert.throws(() => set('a', 'x'.repeat(MAX_COOKIE)), { code: 'limit' });
});

const OLD = 'an old secret of 32 characters !';
const NEW = 'a new secret of 32 characters !!';

function sign(signer: SignedCookies, name: string, value: string): string {
  const headers = new HttpHeaders();
  signer.set(headers, name, value);
  return headers.getSetCookie()[0]!.split(';')[0]!;
}

test('a signed cookie is ours, under its name, by any of the secrets', () => {
  const signer = new SignedCookies(NEW, OLD);
  assert.equal(signer.get(bringing(sign(signer, 'user', 'ada.l')), 'user'), 'ada.l');
  assert.equal(signer.get(bringing(sign(new SignedCookies(OLD), 'user', 'é')), 'user'), 'é');
  assert.equal(new SignedCookies(OLD).get(bringing(sign(signer, 'user', 'ada')), 'user'), undefined);
  const signed = sign(signer, 'user', 'ada');
  for (const forged of [
    signed.replace('ada', 'eve'),
    signed.replace('user', 'admin'),
    signed.slice(0, -1),
    `${signed}x`,
    'user=ada',
    'user=ada.',
    'user=.',
    'user=',
    'other=1',
  ]) {
    const name = forged.startsWith('admin') ? 'admin' : 'user';
    assert.equal(signer.get(bringing(forged), name), undefined, forged);
  }
});

test('a secret that could be guessed is refused', () => {
  assert.throws(() => new SignedCookies('short'), { code: 'limit' });
  assert.throws(() => new SignedCookies(), { code: 'limit' });
  assert.throws(() => new SignedCookies(NEW, ''), { code: 'limit' });
});
