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

test('what is given back when another slab was begun changes nothing there', { skip }, () => {
  const buffer = new ReadBuffer();
  let last: Uint8Array = new Uint8Array(0);
  const first = buffer.reserve();
  let at = first;
  for (let read = 0; at < first + 4 * READ_SIZE && at >= first; read++) {
    assert.ok(read < 5);
    last = buffer.take(READ_SIZE);
    at = buffer.reserve();
  }
  buffer.giveBack(last);
  assert.equal(buffer.reserve(), at);
});

test('a buffer whose chunks are given back lasts', { skip }, () => {
  const buffer = new ReadBuffer();
  const at = buffer.reserve();
  for (let read = 0; read < 10; read++) {
    assert.equal(buffer.reserve(), at);
    buffer.giveBack(buffer.take(READ_SIZE));
  }
});
