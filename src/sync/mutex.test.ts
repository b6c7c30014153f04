import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mutex } from './mutex.ts';
import { inThreads, startThread } from './test-threads.ts';

const BODIES = new URL('./test-thread-bodies.ts', import.meta.url);
const LIMIT = { timeout: 20_000 };

test('it is locked once, and again after it was unlocked', () => {
  const mutex = new Mutex();
  const other = Mutex.from(mutex.handle);
  assert.equal(mutex.tryLock(), true);
  assert.equal(other.tryLock(), false);
  assert.equal(other.isLocked, true);
  other.unlock();
  assert.equal(other.tryLock(), true);
});

test('unlocking what is not locked is misuse', () => {
  const mutex = new Mutex();
  assert.throws(() => mutex.unlock(), { code: 'busy', message: 'Cannot unlock the mutex: it is not locked' });
  assert.equal(mutex.tryLock(), true);
});

test('a lock that is not free within the timeout is an error, and the mutex works on', LIMIT, () => {
  const mutex = new Mutex();
  mutex.lock();
  for (const timeout of [0, 1]) {
    assert.throws(() => mutex.lock(timeout), {
      code: 'timeout',
      message: `Cannot lock the mutex: it was not possible within ${timeout} ms`,
    });
  }
  mutex.unlock();
  mutex.lock(0);
});

test('a guard unlocks at the end of its block, once', async () => {
  const mutex = new Mutex();
  {
    using guard = mutex.guard();
    assert.equal(mutex.isLocked, true);
    guard[Symbol.dispose]();
    mutex.lock();
  }
  assert.equal(mutex.isLocked, true, 'disposing again unlocks nothing');
  mutex.unlock();
  {
    using _ = await mutex.guardAsync();
    assert.equal(mutex.isLocked, true);
  }
  assert.equal(mutex.isLocked, false);
});

test('checked: a thread that would wait for itself is told so', async () => {
  const mutex = new Mutex({ checked: true });
  const other = Mutex.from(mutex.handle);
  mutex.lock();
  assert.throws(() => other.lock(), { code: 'busy', message: /this thread holds it/ });
  assert.equal(other.tryLock(), false);
  const waits = other.lockAsync();
  mutex.unlock();
  await waits;
  other.unlock();
  assert.throws(() => other.unlock(), { code: 'busy', message: /nobody holds it/ });
});

test('checked: a thread that does not hold it cannot unlock it', LIMIT, async () => {
  const mutex = new Mutex({ checked: true });
  mutex.lock();
  const [said] = await inThreads<string>(1, BODIES, 'unlockOthers', { handle: mutex.handle });
  assert.match(said!, /^Cannot unlock the mutex in thread \d+: thread 0 holds it$/);
  assert.equal(mutex.isLocked, true);
});

test('runAsync holds the lock for its action alone', async () => {
  const mutex = new Mutex();
  mutex.lock();
  const seen: boolean[] = [];
  const runs = [1, 2, 3].map((n) => mutex.runAsync(() => seen.push(mutex.isLocked) * n));
  mutex.unlock();
  assert.deepEqual(await Promise.all(runs), [1, 4, 9]);
  assert.deepEqual(seen, [true, true, true]);
  await assert.rejects(
    mutex.runAsync(() => JSON.parse('{')),
    SyntaxError,
  );
  assert.equal(mutex.isLocked, false);
});

test('promises of one thread get the lock in order', LIMIT, async () => {
  const mutex = new Mutex();
  mutex.lock();
  const order: number[] = [];
  const all = [0, 1, 2, 3].map(async (n) => {
    await mutex.lockAsync();
    order.push(n);
    mutex.unlock();
  });
  mutex.unlock();
  await Promise.all(all);
  assert.deepEqual(order, [0, 1, 2, 3]);
});

test('the lock of a thread that died stays locked, and a timeout is the way out', LIMIT, async () => {
  const mutex = new Mutex();
  const counter = new Int32Array(new SharedArrayBuffer(8));
  const worker = startThread(BODIES, 'holdForEver', { handle: mutex.handle, counter });
  await Atomics.waitAsync(counter, 0, 0).value;
  await worker.terminate();
  assert.equal(mutex.tryLock(), false);
  assert.throws(() => mutex.lock(1), { code: 'timeout' });
  await assert.rejects(mutex.lockAsync({ timeout: 1 }), { code: 'timeout' });
});
