import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { type ClientWish, readAnswer, upgradeFields } from './client-handshake.ts';
import { acceptOf, HandshakeError, parseProtocols } from './handshake.ts';
import { isOriginAllowed, type Origins } from './origin.ts';
import { answerUpgrade, chooseProtocol, readUpgrade, type Upgrade } from './server-handshake.ts';

const sha1 = (text: string): string => createHash('sha1').update(text).digest('base64');

/** The example of RFC 6455 section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const REQUEST: Readonly<Record<string, string>> = {
  host: 'server.example.com',
  upgrade: 'WebSocket',
  connection: 'keep-alive, Upgrade',
  'sec-websocket-key': KEY,
  'sec-websocket-version': '13',
};

function request(changes: Record<string, string | undefined> = {}, method = 'GET', version = '1.1'): Upgrade {
  const fields = { ...REQUEST, ...changes };
  return readUpgrade({ method, version, fields: { get: (name) => fields[name] } });
}

function refusal(...asked: Parameters<typeof request>): HandshakeError {
  try {
    request(...asked);
  } catch (error) {
    assert.ok(error instanceof HandshakeError);
    return error;
  }
  return assert.fail('nothing was refused');
}

test('the accept of a key is that of the RFC', () => assert.equal(acceptOf(KEY, sha1), ACCEPT));

describe('a server', () => {
  test('refuses a request that has a body', () => {
    for (const body of [{ 'content-length': '5' }, { 'transfer-encoding': 'chunked' }])
      assert.equal(refusal(body).status, 400);
    assert.equal(request({ 'content-length': '0' }).key, KEY);
  });

  test('reads what is asked for', () => {
    const asked = request({ 'sec-websocket-protocol': 'chat, superchat', origin: 'http://example.com' });
    assert.deepEqual(asked.protocols, ['chat', 'superchat']);
    assert.equal(asked.origin, 'http://example.com');
    assert.equal(asked.host, 'server.example.com');
  });

  test('answers with the accept and what it chose', () => {
    const asked = request({ 'sec-websocket-protocol': 'chat, superchat' });
    const protocol = chooseProtocol(asked, ['superchat', 'chat']);
    assert.deepEqual(answerUpgrade(asked, { protocol }, sha1).fields, [
      ['upgrade', 'websocket'],
      ['connection', 'Upgrade'],
      ['sec-websocket-accept', ACCEPT],
      ['sec-websocket-protocol', 'chat'],
    ]);
    assert.throws(() => answerUpgrade(asked, { protocol: 'other' }, sha1), { fault: 'local' });
  });

  test('says 426, and which version it speaks', () => {
    const wrong: Record<string, string | undefined>[] = [
      { upgrade: undefined },
      { upgrade: 'h2c' },
      { connection: 'close' },
      { 'sec-websocket-version': '8' },
      { 'sec-websocket-version': undefined },
    ];
    for (const changes of wrong) {
      const error = refusal(changes);
      assert.equal(error.status, 426);
      assert.ok(error.fields.some(([name, value]) => name === 'sec-websocket-version' && value === '13'));
      assert.ok(error.fields.some(([name]) => name === 'upgrade'));
    }
  });

  test('says 405 to other methods and 400 to what is wrong', () => {
    assert.equal(refusal({}, 'POST').status, 405);
    assert.equal(refusal({}, 'GET', '1.0').status, 400);
    for (const key of [undefined, '', 'short==', `${KEY}A`, 'dGhlIHNhbXBsZSBub25jZR=='])
      assert.equal(refusal({ 'sec-websocket-key': key }).status, 400, String(key));
    for (const list of ['', 'a b', 'a, a', 'a,', Array.from({ length: 33 }, (_, at) => `p${at}`).join(',')])
      assert.equal(refusal({ 'sec-websocket-protocol': list }).status, 400, list);
    for (const list of ['', ';', 'a;', 'a; b="c d"', 'a,', 'a;b=', 'x, '.repeat(20)])
      assert.equal(refusal({ 'sec-websocket-extensions': list }).status, 400, list);
  });
});

describe('a client', () => {
  const wish: ClientWish = { key: KEY, protocols: ['a', 'b'], deflate: {} };
  const answer = (changes: Record<string, string | undefined> = {}, status = 101) => {
    const fields: Record<string, string | undefined> = {
      upgrade: 'websocket',
      connection: 'upgrade',
      'sec-websocket-accept': ACCEPT,
      ...changes,
    };
    return readAnswer({ status, reason: 'Because', fields: { get: (name) => fields[name] } }, wish, sha1);
  };

  test('asks for what it wants', () => {
    assert.deepEqual(upgradeFields({ key: KEY, protocols: ['a', 'b'] }), [
      ['upgrade', 'websocket'],
      ['connection', 'Upgrade'],
      ['sec-websocket-key', KEY],
      ['sec-websocket-version', '13'],
      ['sec-websocket-protocol', 'a, b'],
    ]);
    for (const protocols of [['a', 'a'], ['a b'], ['a,b'], ['']])
      assert.throws(() => upgradeFields({ key: KEY, protocols }), { fault: 'local' });
  });

  test('takes an answer to it', () => {
    assert.deepEqual(answer(), { protocol: undefined, deflate: undefined });
    assert.equal(answer({ 'sec-websocket-protocol': 'b' }).protocol, 'b');
  });

  test('takes no other', () => {
    assert.throws(() => answer({}, 404), { code: 'refused', message: 'the server answered 404 Because' });
    for (const wrong of [
      { upgrade: 'h2c' },
      { connection: undefined },
      { 'sec-websocket-accept': undefined },
      { 'sec-websocket-accept': ACCEPT.toLowerCase() },
      { 'sec-websocket-protocol': 'c' },
      { 'sec-websocket-extensions': 'x-unknown' },
      { 'sec-websocket-extensions': 'permessage-deflate, permessage-deflate' },
    ])
      assert.throws(() => answer(wrong), { code: 'protocol', fault: 'remote' });
  });
});

test('names of subprotocols are tokens, each once', () => {
  assert.deepEqual(parseProtocols(null), []);
  assert.deepEqual(parseProtocols('a,b , c'), ['a', 'b', 'c']);
  assert.equal(parseProtocols('a/b'), undefined);
});

test('pages come from the same host unless it is said otherwise', () => {
  const cases: readonly [string | undefined, string | undefined, Origins, boolean][] = [
    [undefined, 'a.example', 'same-host', true],
    ['http://a.example', 'a.example', 'same-host', true],
    ['http://A.example:80', 'a.EXAMPLE', 'same-host', true],
    ['https://a.example', 'a.example:443', 'same-host', true],
    ['http://a.example:8080', 'a.example:8080', 'same-host', true],
    ['http://[::1]:9', '[::1]:9', 'same-host', true],
    ['http://a.example', 'b.example', 'same-host', false],
    ['http://a.example:81', 'a.example', 'same-host', false],
    ['http://a.example.evil', 'a.example', 'same-host', false],
    ['null', 'a.example', 'same-host', false],
    ['file://', '', 'same-host', false],
    ['nonsense', 'nonsense', 'same-host', false],
    ['http://a.example', undefined, 'same-host', false],
    ['http://b.example', 'a.example', 'any', true],
    ['https://app.example', 'a.example', ['https://app.example'], true],
    ['http://app.example', 'a.example', ['https://app.example'], false],
    [undefined, 'a.example', ['https://app.example'], true],
    [undefined, 'a.example', (origin) => origin !== undefined, false],
    ['x:y', 'a.example', (origin, host) => origin === 'x:y' && host === 'a.example', true],
  ];
  for (const [origin, host, origins, allowed] of cases)
    assert.equal(isOriginAllowed(origin, host, origins), allowed, `${origin} at ${host}`);
});
