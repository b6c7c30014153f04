/** More threads than cores, blocking and in promises, on one of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Barrier } from './barrier.ts';
import { Condition } from './condition.ts';
import { Mutex } from './mutex.ts';
import { Once } from './once.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import { Semaphore } from './semaphore.ts';
import { SharedQueue } from './shared-queue.ts';
import { inThreads } from './test-threads.ts';

const BODIES = new URL('./test-thread-bodies.ts', import.meta.url);
const LIMIT = { timeout: 60_000 };

const words = (): Int32Array => new Int32Array(new SharedArrayBuffer(64));

test('mutex: a count that is not atomic comes out exact, in 8 threads', LIMIT, async () => {
  for (const checked of [false, true]) {
    const counter = words();
    const { handle } = new Mutex({ checked });
    await inThreads(8, BODIES, 'count', { handle, counter, rounds: 2_000 });
    assert.equal(counter[0], 16_000);
  }
});

test('semaphore: one permit is a lock, in 8 threads', LIMIT, async () => {
  const counter = words();
  const semaphore = new Semaphore({ initial: 1, max: 1 });
  await inThreads(8, BODIES, 'countByPermit', { handle: semaphore.handle, counter, rounds: 1_000 });
  assert.equal(counter[0], 8_000);
  assert.equal(semaphore.value, 1);
});

test('read-write lock: no reader sees half a write, in 12 threads', LIMIT, async () => {
  const counter = words();
  const { handle } = new ReadWriteLock();
  const differences = await inThreads<number>(12, BODIES, 'readAndWrite', { handle, counter, rounds: 300 });
  assert.deepEqual(differences, Array(12).fill(0));
  assert.equal(counter[0], 3 * 300);
});

test('condition: 8 threads take turns, and no wake-up is lost', LIMIT, async () => {
  const next = words();
  const { handle: mutex } = new Mutex();
  const { handle: condition } = new Condition();
  await inThreads(8, BODIES, 'takeTurns', { mutex, condition, next, threads: 8, rounds: 100 });
  assert.equal(next[0], 800);
});

test('barrier: 6 threads meet 200 times, and each time one is the last', LIMIT, async () => {
  const { handle } = new Barrier({ parties: 6 });
  const results = await inThreads<{ last: number; early: number }>(6, BODIES, 'meet', {
    handle,
    counter: words(),
    rounds: 200,
  });
  assert.equal(
    results.reduce((sum, { last }) => sum + last, 0),
    200,
  );
  assert.equal(
    results.reduce((sum, { early }) => sum + early, 0),
    0,
  );
});

test('once: those that fail hand it to the next, and one does it', LIMIT, async () => {
  const counter = words();
  const { handle } = new Once();
  const results = await inThreads<string>(8, BODIES, 'tryOnce', { handle, counter });
  assert.deepEqual(results.sort(), [...Array(5).fill('false'), 'not yet', 'not yet', 'true']);
  assert.equal(counter[0], 3);
});

for (const [capacity, recordBytes] of [
  [1, 4],
  [16, 4],
  [5, 256],
] as const) {
  test(
    `queue of ${capacity} x ${recordBytes} bytes: each record arrives once, from 4 threads in 4`,
    LIMIT,
    async () => {
      const queue = new SharedQueue({ capacity, recordBytes });
      const { handle } = queue;
      const each = 500;
      const consumers = inThreads<number[]>(4, BODIES, 'consume', { handle });
      await inThreads(4, BODIES, 'produce', { handle, each });
      queue.close();
      const seen = await consumers;
      for (const own of seen) assertInOrder(own, each);
      assert.deepEqual(
        seen.flat().sort((a, b) => a - b),
        [...Array(4 * each).keys()],
      );
    },
  );
}

/** Whoever consumes sees the records of each producer in the order in which they were pushed. */
function assertInOrder(seen: readonly number[], each: number): void {
  const last = new Map<number, number>();
  for (const record of seen) {
    const producer = Math.floor(record / each);
    assert.ok(record > (last.get(producer) ?? -1), `${record} came after ${last.get(producer)}`);
    last.set(producer, record);
  }
}
