import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, RECONNECT_FIRST, RECONNECT_MAX } from './backoff.ts';

test('waits double up to the longest and start over after a reset', () => {
  const backoff = new Backoff({ first: 100, max: 1_000, random: () => 1 });
  assert.deepEqual(
    Array.from({ length: 6 }, () => backoff.next()),
    [100, 200, 400, 800, 1_000, 1_000],
  );
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('chance takes away at most half', () => {
  const backoff = new Backoff({ first: 100, max: 1_000, random: () => 0 });
  assert.deepEqual([backoff.next(), backoff.next()], [50, 100]);
});

test('the defaults stay between half of the first and the longest', () => {
  const backoff = new Backoff();
  for (let attempt = 0; attempt < 50; attempt++) {
    const wait = backoff.next();
    assert.ok(wait >= RECONNECT_FIRST / 2 && wait <= RECONNECT_MAX, String(wait));
  }
});
