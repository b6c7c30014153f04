import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelAvailable } from '../../kernel/index.ts';
import { Regions } from './regions.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('regions never overlap, and only the last can be given back', { skip }, () => {
  const regions = new Regions();
  const at = regions.reserve(1000);
  const first = regions.take(300);
  assert.equal(regions.addressOf(first), at);
  assert.equal(regions.reserve(1000), at + 300);
  const second = regions.take(200);
  assert.equal(regions.addressOf(first), 0);
  regions.giveBack(first);
  assert.equal(regions.reserve(1), at + 500);
  regions.giveBack(second);
  assert.equal(regions.reserve(1), at + 300);
});

test('what does not fit begins another buffer', { skip }, () => {
  const regions = new Regions();
  regions.reserve(200_000);
  const first = regions.take(200_000);
  regions.reserve(100_000);
  regions.giveBack(first);
  const second = regions.take(100_000);
  assert.notEqual(second.buffer, first.buffer);
  assert.equal(second.byteOffset, 0, 'the first is of another buffer');
});
