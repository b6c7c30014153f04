import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelAvailable } from '../kernel/index.ts';
import { READ_SIZE, ReadBuffer } from './read-buffer.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('the place of what is given back is read into again, of the last alone', { skip }, () => {
  const buffer = new ReadBuffer();
  const at = buffer.reserve();
  const first = buffer.take(100);
  assert.equal(buffer.addressOf(first), at);
  const second = buffer.take(50);
  buffer.giveBack(first);
  assert.equal(buffer.reserve(), at + 150, 'somebody may hold what came later');
  buffer.giveBack(second);
  assert.equal(buffer.addressOf(second), 0);
  assert.equal(buffer.reserve(), at + 100);
  buffer.giveBack(second);
  assert.equal(buffer.reserve(), at + 100, 'once');
});

test('a buffer whose chunks are given back lasts', { skip }, () => {
  const buffer = new ReadBuffer();
  const at = buffer.reserve();
  for (let read = 0; read < 10; read++) {
    assert.equal(buffer.reserve(), at);
    buffer.giveBack(buffer.take(READ_SIZE));
  }
});
