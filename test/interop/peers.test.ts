import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { peer } from './peers.ts';

const before = process.env.MODNET_REQUIRE_PEERS;

afterEach(() => {
  if (before === undefined) delete process.env.MODNET_REQUIRE_PEERS;
  else process.env.MODNET_REQUIRE_PEERS = before;
});

test('a program that is there is found by the first name that exists', () => {
  const shell = peer('no-such-program', 'sh');
  assert.match(shell.path, /\/sh$/);
  assert.equal(shell.skip, false);
});

test('a missing program is a skip that says what would help', () => {
  delete process.env.MODNET_REQUIRE_PEERS;
  assert.deepEqual(peer('no-such-program', 'nor-this'), {
    path: 'no-such-program',
    skip: 'no-such-program or nor-this is not installed; tools/peers installs it',
  });
});

test('with MODNET_REQUIRE_PEERS=1 a missing program is an error', () => {
  process.env.MODNET_REQUIRE_PEERS = '1';
  assert.throws(() => peer('no-such-program'), /no-such-program is not installed/);
});
