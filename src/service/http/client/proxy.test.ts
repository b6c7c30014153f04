import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetError } from '../../../core/index.ts';
import { type Environment, type ProxyOption, proxyFor } from './proxy.ts';

const HTTP = new URL('http://example.com/');
const HTTPS = new URL('https://example.com/');

function originFor(url: URL | string, environment: Environment, option: ProxyOption = 'environment') {
  return proxyFor(new URL(url), option, environment)?.origin;
}

test('the environment is heeded only when it is asked for', () => {
  const environment = { http_proxy: 'http://p:3128' };
  assert.equal(proxyFor(HTTP, undefined, environment), undefined);
  assert.equal(proxyFor(HTTP, false, environment), undefined);
  assert.equal(originFor(HTTP, environment), 'http://p:3128');
});

test('each scheme has its variable, all_proxy is for both, lower case wins', () => {
  assert.equal(originFor(HTTPS, { http_proxy: 'http://p:1' }), undefined);
  assert.equal(originFor(HTTPS, { HTTPS_PROXY: 'http://p:2' }), 'http://p:2');
  assert.equal(originFor(HTTPS, { https_proxy: 'http://p:3', HTTPS_PROXY: 'http://p:2' }), 'http://p:3');
  assert.equal(originFor(HTTP, { all_proxy: 'p:4' }), 'http://p:4');
  assert.equal(originFor(HTTP, { http_proxy: '', all_proxy: 'p:4' }), undefined);
});

test('HTTP_PROXY is not heeded: to a CGI program it is a header of a stranger', () => {
  assert.equal(originFor(HTTP, { HTTP_PROXY: 'http://p:1' }), undefined);
});

test('no_proxy takes names, what is below them, addresses and blocks', () => {
  const excluded = (host: string, list: string): boolean =>
    originFor(`http://${host}/`, { all_proxy: 'p:1', no_proxy: list }) === undefined;
  assert.ok(excluded('example.com', '*'));
  assert.ok(excluded('example.com', 'other.net, EXAMPLE.com'));
  assert.ok(excluded('www.example.com', '.example.com'));
  assert.ok(excluded('www.example.com.', 'example.com'));
  assert.ok(excluded('example.com', 'a b example.com'));
  assert.ok(excluded('192.168.3.4', '192.168.0.0/16'));
  assert.ok(excluded('10.0.0.1', '10.0.0.1'));
  assert.ok(excluded('[::1]', '::1'));
  assert.ok(excluded('[2001:db8::5]', '[2001:db8::]/32'));
  assert.ok(!excluded('notexample.com', 'example.com'));
  assert.ok(!excluded('192.169.0.1', '192.168.0.0/16'));
  assert.ok(!excluded('192.168.1.1', '192.168.0.0/99'));
  assert.ok(!excluded('10.0.0.12', '10.0.0.1'));
  assert.ok(!excluded('example.com', ', ,.'));
});

test('a proxy by its URL, with user and password', () => {
  const proxy = proxyFor(HTTP, 'http://me:p%40ss@[::1]:80');
  assert.deepEqual(
    { ...proxy },
    {
      origin: 'http://[::1]:80',
      secure: false,
      host: '::1',
      port: 80,
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    },
  );
});

test('the port of a proxy is 1080 unless it is given, as with curl', () => {
  assert.equal(proxyFor(HTTP, 'proxy.example')?.port, 1080);
  assert.equal(proxyFor(HTTP, 'http://proxy.example')?.port, 1080);
  assert.equal(proxyFor(HTTP, 'http://user:8@proxy.example')?.port, 1080);
  assert.equal(proxyFor(HTTP, 'proxy.example:80')?.port, 80);
  assert.equal(proxyFor(HTTP, 'https://proxy.example')?.port, 443);
});

test('what is no proxy is told', () => {
  assert.throws(() => proxyFor(HTTP, 'socks5://p:1080'), { code: 'unsupported', message: /socks5:/ });
  assert.throws(
    () => proxyFor(HTTP, 'http://'),
    (error) => error instanceof NetError && error.code === 'protocol',
  );
});
