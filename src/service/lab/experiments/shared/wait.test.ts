import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from './wait.ts';

const never = new AbortController().signal;

test('looks until it is so', async () => {
  let looks = 0;
  assert.equal(await waitUntil(() => ++looks === 25, 60_000, never), true);
  assert.equal(looks, 25);
});

test('looks once at least, and gives up at the bound', async () => {
  assert.equal(await waitUntil(() => true, 0, never), true);
  assert.equal(await waitUntil(() => false, 0, never), false);
});

test('ends with the reason of the signal', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const wait = waitUntil(() => false, 60_000, stop.signal);
  stop.abort(reason);
  await assert.rejects(wait, reason);
});
