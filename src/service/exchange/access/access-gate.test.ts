import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toAddress } from '../../../core/index.ts';
import { fakeClock } from '../../../testing/index.ts';
import { Refusal } from '../refusal.ts';
import { AccessGate } from './access-gate.ts';
import { checkToken, isGuarded, isLocal, makeToken } from './token.ts';

function refused(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof Refusal && thrown.refusal === code;
}

test('the right token opens, and any other does not, of whatever length', () => {
  const gate = new AccessGate('open sesame', fakeClock());
  gate.check('a', 'open sesame');
  for (const wrong of ['', 'open', 'open sesamf', 'open sesame ', 'x'.repeat(100_000)])
    assert.throws(() => gate.check('a', wrong), refused('bad-token'));
  assert.equal(gate.wrong, 5);
});

test('an address that guesses must wait, with the right token too; another need not', () => {
  const clock = fakeClock();
  const gate = new AccessGate('open sesame', clock);
  for (let guess = 0; guess < 10; guess++)
    assert.throws(() => gate.check('a', `guess ${guess}`), refused('bad-token'));
  assert.throws(
    () => gate.check('a', 'open sesame'),
    (thrown) => refused('rate')(thrown) && Math.round((thrown as Refusal).wait!) === 6_000,
  );
  gate.check('b', 'open sesame');
  clock.advance(6_001);
  gate.check('a', 'open sesame');
});

test('it remembers a bounded number of addresses', () => {
  const gate = new AccessGate('open sesame', fakeClock());
  for (let guess = 0; guess < 10; guess++)
    assert.throws(() => gate.check('first', 'guess'), refused('bad-token'));
  for (let address = 0; address < 4_096; address++)
    assert.throws(() => gate.check(`${address}`, 'guess'), refused('bad-token'));
  gate.check('first', 'open sesame');
});

test('senders that may be forged shut nobody out, and make nobody forgotten', () => {
  const gate = new AccessGate('open sesame', fakeClock());
  for (let guess = 0; guess < 10; guess++)
    assert.throws(() => gate.check('a', 'guess'), refused('bad-token'));
  for (let address = 0; address < 5_000; address++)
    assert.throws(() => gate.check(`${address}`, 'guess', true), refused('bad-token'));
  assert.throws(() => gate.check('a', 'open sesame'), refused('rate'));
  for (let guess = 0; guess < 10; guess++)
    assert.throws(() => gate.check('b', 'guess', true), refused('bad-token'));
  assert.throws(() => gate.check('b', 'open sesame', true), refused('rate'));
  gate.check('b', 'open sesame');
});

test('the pass opens in place of the token, does not tell it, and outlives the gate', () => {
  const gate = new AccessGate('open sesame', fakeClock());
  assert.ok(gate.isPass(new AccessGate('open sesame', fakeClock()).pass));
  assert.ok(!gate.isPass('open sesame'));
  assert.ok(!gate.isPass(new AccessGate('another', fakeClock()).pass));
  assert.throws(() => gate.check('a', gate.pass), refused('bad-token'));
});

test('a token fits into a header, and one that is made differs each time', () => {
  assert.equal(checkToken(makeToken()).length, 32);
  assert.notEqual(makeToken(), makeToken());
  assert.equal(checkToken('a-b._~+/c=='), 'a-b._~+/c==');
  assert.throws(() => checkToken('short'), /8 to 256 characters, not 5/);
  assert.throws(() => checkToken('with a blank'), /letters, digits/);
});

test('addresses that only this machine, or only whoever the system lets, can reach', () => {
  for (const local of [
    'tcp://127.0.0.1:1',
    'tcp://127.8.8.8:1',
    'tcp://[::1]:1',
    'http://localhost:1',
    'unix:x',
  ])
    assert.ok(isLocal(toAddress(local)), local);
  for (const open of ['tcp://0.0.0.0:1', 'tcp://[::]:1', 'udp://192.0.2.1:1', 'http://127.example.net:1'])
    assert.ok(!isLocal(toAddress(open)), open);
  assert.deepEqual(
    ['unix:x', 'memory:x', 'unix:@x', 'tcp://127.0.0.1:1'].map((url) => isGuarded(toAddress(url))),
    [true, true, false, false],
  );
});
