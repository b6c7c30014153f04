/** The parts of `modnet get` that need no network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../core/index.ts';
import { Fields } from '../../protocol/http1/index.ts';
import type { RequestTiming } from '../../service/http/index.ts';
import { parseHeader, parseTarget } from './parse.ts';
import { timingTable } from './timing-table.ts';
import { traceLines } from './verbose.ts';

test('URLs as people type them', () => {
  const href = (text: string): string | undefined => parseTarget(text)[0]?.href;
  assert.equal(href('localhost:8080/path'), 'http://localhost:8080/path');
  assert.equal(href('[::1]:8080'), 'http://[::1]:8080/');
  assert.equal(href('HTTPS://Example.com'), 'https://example.com/');
  assert.equal(parseTarget('b', parseTarget('a')).length, 2);
  for (const wrong of ['ftp://a/', 'http://', 'a b']) assert.throws(() => parseTarget(wrong), /write http:/);
});

test('fields as people type them', () => {
  assert.deepEqual(parseHeader('X-Name:  a value: with colon '), [['X-Name', 'a value: with colon']]);
  assert.deepEqual(parseHeader('Empty;', [['a', 'b']]), [
    ['a', 'b'],
    ['Empty', ''],
  ]);
  for (const wrong of ['no colon', ': value', 'Name:', 'a b: c'])
    assert.throws(() => parseHeader(wrong), /is no field/);
});

const TIMING: RequestTiming = {
  redirect: 0,
  queue: 0,
  name: 10,
  connect: 30,
  proxy: undefined,
  tls: 60,
  sent: 60,
  firstByte: 90,
  total: 100,
  reused: false,
};

test('what took how long', () => {
  const rows = timingTable(TIMING).map((row) => row.replace(/ {2}.*$/, '').trimEnd());
  assert.deepEqual(
    timingTable(TIMING).map((row) => row.replace(/ +/g, ' ')),
    [
      'name 10.00 ms ████',
      'connect 20.00 ms ████████',
      'TLS 30.00 ms ████████████',
      'send 0.00 ms █',
      'first byte 30.00 ms ████████████',
      'body 10.00 ms ████',
      'total 100.00 ms',
    ],
  );
  assert.equal(rows.length, 7);
});

test('a connection that was there has neither name nor connect', () => {
  const reused = {
    ...TIMING,
    redirect: 50,
    name: undefined,
    connect: undefined,
    tls: undefined,
    reused: true,
  };
  const rows = timingTable(reused);
  assert.match(rows[0]!, /^redirects +50\.00 ms/);
  assert.ok(!rows.some((row) => /connect |name |TLS/.test(row)));
  assert.match(rows.at(-1)!, /on a connection that was there$/);
});

test('what a server says is not obeyed by the terminal', () => {
  const fields = Fields.of([['x', 'a\x1b[31m']]);
  const head = { version: '1.1', status: 200, reason: 'O\x07K', fields } as never;
  assert.deepEqual(traceLines({ type: 'response', url: '', head }), [
    '< HTTP/1.1 200 O␇K',
    '< x: a␛[31m',
    '<',
  ]);
});

test('TLS in words', () => {
  const address = parseAddress('tcp://127.0.0.1:1');
  const tls = {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    alpn: 'http/1.1',
    serverName: 'a',
    resumed: true,
    authorized: false,
    authorizationError: new Error('self-signed'),
    peerCertificate: {
      subject: 'O=Some\nCN=a.example',
      subjectAltName: undefined,
      issuer: 'O=Issuer',
      validTo: 'tomorrow',
    },
  } as never;
  assert.deepEqual(traceLines({ type: 'connection', local: address, remote: address, reused: false, tls }), [
    '* connected tcp://127.0.0.1:1 -> tcp://127.0.0.1:1',
    '* TLSv1.3, TLS_AES_256_GCM_SHA384, ALPN http/1.1, resumed',
    '* certificate of a.example, issued by Issuer, valid until tomorrow',
    '* the certificate was NOT verified: self-signed',
  ]);
});
