import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getPipeSize, isNonBlocking, kernelAvailable } from '../../kernel/index.ts';
import { PIPE_SIZE, PipePool } from './pipe-pool.ts';

const options = { skip: kernelAvailable() ? false : 'system calls cannot be made here' };

test('pipes are reused, bounded, and closed with the pool', options, () => {
  const pool = new PipePool(2);
  const one = pool.take()!;
  const two = pool.take()!;
  assert.equal(pool.take(), null);
  pool.give(one);
  assert.deepEqual(pool.take(), one);
  pool.discard(two);
  assert.equal(pool.size, 1);
  pool.give(one);
  pool.close();
  assert.equal(pool.size, 0);
  assert.equal(isNonBlocking(one.read), false, 'the descriptor is still open');
});

test('a pipe is enlarged where the system allows it, and never blocks', options, () => {
  const pool = new PipePool();
  const pipe = pool.take()!;
  assert.ok([PIPE_SIZE, 64 * 1024].includes(getPipeSize(pipe.read)));
  assert.equal(isNonBlocking(pipe.read), true);
  pool.discard(pipe);
});
