import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from './token-bucket.ts';

test('a burst passes, then the rate holds', () => {
  const bucket = new TokenBucket(10, 3, 0);
  assert.deepEqual(
    [bucket.take(0), bucket.take(0), bucket.take(0), bucket.take(0)],
    [true, true, true, false],
  );
  assert.equal(bucket.take(99), false);
  assert.equal(bucket.take(100), true);
  assert.equal(bucket.take(100), false);
});

test('rest fills it up to the burst and no further', () => {
  const bucket = new TokenBucket(10, 2, 0);
  bucket.take(0);
  assert.equal(bucket.isFull(0), false);
  assert.equal(bucket.isFull(3_600_000), true);
  assert.deepEqual(
    [1, 2, 3].map(() => bucket.take(3_600_000)),
    [true, true, false],
  );
});
