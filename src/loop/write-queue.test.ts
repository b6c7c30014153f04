import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AF_UNIX, close, kernelAvailable, read, SOCK_STREAM, socketpair } from '../kernel/index.ts';
import { WriteQueue } from './write-queue.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('whatever was pushed comes out in order, however much the socket takes at once', { skip }, () => {
  const sizes = fc.array(
    fc.oneof(fc.nat(20), fc.constantFrom(0, 1023, 1024, 16_384), fc.integer({ min: 50_000, max: 200_000 })),
    { maxLength: 200 },
  );
  void fc.assert(
    fc.property(sizes, fc.integer({ min: 2_000, max: 200_000 }), (lengths, step) => {
      const [near, far] = pair();
      const queue = new WriteQueue();
      const got: Buffer[] = [];
      const part = Buffer.alloc(step);
      let byte = 0;
      const sent: Buffer[] = [];
      const drain = (): void => {
        assert.equal(queue.flush(near), 0);
        const count = read(far, part);
        if (count > 0) got.push(Buffer.from(part.subarray(0, count)));
      };
      for (const [index, length] of lengths.entries()) {
        const chunk = Buffer.alloc(length, byte++);
        sent.push(Buffer.from(chunk));
        queue.push(chunk);
        if (index % 3 === 0) drain();
      }
      const total = sent.reduce((sum, chunk) => sum + chunk.length, 0);
      while (got.reduce((sum, chunk) => sum + chunk.length, 0) < total) drain();
      assert.equal(queue.length, 0);
      assert.ok(Buffer.concat(got).equals(Buffer.concat(sent)));
      close(near);
      close(far);
    }),
    { numRuns: 20 },
  );
});

test('a million small chunks that wait cost little more than their bytes', { skip }, () => {
  const [near, far] = pair();
  const queue = new WriteQueue();
  const chunk = Buffer.from('ten bytes.');
  const before = memory();
  for (let count = 0; count < 1_000_000; count++) queue.push(chunk.subarray());
  const grown = memory() - before;
  assert.ok(grown < 40_000_000, `${grown} bytes`);
  const sink = Buffer.alloc(256 * 1024);
  while (queue.length > 0) {
    queue.flush(near);
    read(far, sink);
  }
  close(near);
  close(far);
});

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function pair(): [number, number] {
  const fds = socketpair(AF_UNIX, SOCK_STREAM);
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  return fds;
}
