import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from './median.ts';

test('is the middle, or between the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 9, 2]), 3);
  assert.ok(Number.isNaN(median([])));
});
