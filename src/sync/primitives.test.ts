/** Semaphore, condition, read-write lock, barrier and once, within one thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Barrier } from './barrier.ts';
import { Condition } from './condition.ts';
import { Mutex } from './mutex.ts';
import { Once } from './once.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import { Semaphore } from './semaphore.ts';

const LIMIT = { timeout: 20_000 };
const LATE = { code: 'timeout' };

test('semaphore: as many as there are permits get one', LIMIT, () => {
  const semaphore = new Semaphore({ initial: 2, max: 3 });
  semaphore.acquire();
  assert.equal(semaphore.tryAcquire(), true);
  assert.equal(semaphore.tryAcquire(), false);
  assert.throws(() => semaphore.acquire(1), { ...LATE, message: /^Cannot acquire the semaphore: / });
  semaphore.release(3);
  assert.equal(Semaphore.from(semaphore.handle).value, 3);
});

test('semaphore: more than the maximum is refused as a whole', () => {
  const semaphore = new Semaphore({ initial: 1, max: 2 });
  assert.throws(() => semaphore.release(2), {
    code: 'limit',
    message: 'Cannot release 2 of a semaphore that has 1 permits: its maximum is 2',
  });
  for (const count of [0, -1, 1.5, Number.NaN])
    assert.throws(() => semaphore.release(count), { code: 'limit' });
  assert.equal(semaphore.value, 1);
});

test('semaphore: several permits at once wake several', LIMIT, async () => {
  const semaphore = new Semaphore();
  const waits = [1, 2, 3].map(() => semaphore.acquireAsync());
  semaphore.release(3);
  await Promise.all(waits);
  assert.equal(semaphore.value, 0);
});

test('condition: the mutex is held again after a timeout and after an abort', LIMIT, async () => {
  const [mutex, condition] = [new Mutex({ checked: true }), new Condition()];
  mutex.lock();
  assert.throws(() => condition.wait(mutex, 1), { ...LATE, message: /^Cannot wait for the condition: / });
  mutex.unlock();
  mutex.lock();
  await assert.rejects(condition.waitAsync(mutex, { timeout: 1 }), LATE);
  mutex.unlock();
  mutex.lock();
  const reason = new Error('enough');
  await assert.rejects(condition.waitAsync(mutex, { signal: AbortSignal.abort(reason) }), reason);
  mutex.unlock();
});

test('condition: waiting without the mutex is misuse, and leaves nothing behind', async () => {
  const [mutex, condition] = [new Mutex(), new Condition()];
  assert.throws(() => condition.wait(mutex), { code: 'busy' });
  await assert.rejects(condition.waitAsync(mutex), { code: 'busy' });
  const words = new Int32Array(condition.handle.buffer);
  assert.deepEqual([...words.subarray(1)], Array(15).fill(0));
});

test('condition: a notification between reading the number and waiting is not missed', LIMIT, async () => {
  const condition = new Condition();
  const { changes } = condition;
  condition.notifyOne();
  await condition.changed(changes);
  assert.notEqual(condition.changes, changes);
});

test('read-write lock: many readers, or one writer', LIMIT, () => {
  const lock = new ReadWriteLock();
  lock.readLock();
  assert.equal(lock.tryReadLock(), true);
  assert.equal(lock.tryWriteLock(), false);
  assert.throws(() => lock.writeLock(1), LATE);
  lock.readUnlock();
  lock.readUnlock();
  lock.writeLock();
  assert.equal(lock.tryReadLock(), false);
  assert.throws(() => lock.readLock(1), LATE);
  lock.writeUnlock();
  lock.readLock(0);
});

test('read-write lock: unlocking what is not locked is misuse', () => {
  const lock = new ReadWriteLock();
  assert.throws(() => lock.readUnlock(), { code: 'busy' });
  assert.throws(() => lock.writeUnlock(), { code: 'busy' });
  lock.readLock();
  assert.throws(() => lock.writeUnlock(), { code: 'busy' });
  lock.readUnlock();
  lock.writeLock();
  assert.throws(() => lock.readUnlock(), { code: 'busy' });
});

test('read-write lock: while a writer waits no reader gets in, and it comes before them', LIMIT, async () => {
  const lock = new ReadWriteLock();
  const order: string[] = [];
  lock.readLock();
  const write = lock.writeLockAsync().then(() => order.push('writer'));
  assert.equal(lock.tryReadLock(), false);
  const read = lock.readLockAsync().then(() => order.push('reader'));
  lock.readUnlock();
  await write;
  lock.writeUnlock();
  await read;
  assert.deepEqual(order, ['writer', 'reader']);
});

test('read-write lock: readers get in when the writer that waited gives up', LIMIT, async () => {
  const lock = new ReadWriteLock();
  const controller = new AbortController();
  lock.readLock();
  const write = lock.writeLockAsync({ signal: controller.signal });
  const read = lock.readLockAsync();
  controller.abort();
  await assert.rejects(write, { name: 'AbortError' });
  await read;
  lock.readUnlock();
  lock.readUnlock();
  assert.equal(lock.tryWriteLock(), true);
});

test('barrier: all go on when the last has come, again and again', LIMIT, async () => {
  const barrier = new Barrier({ parties: 3 });
  for (let round = 0; round < 3; round++) {
    const early = [barrier.waitAsync(), barrier.waitAsync()];
    assert.equal(barrier.wait(), true);
    assert.deepEqual(await Promise.all(early), [false, false]);
  }
  assert.equal(new Barrier({ parties: 1 }).wait(), true);
});

test('barrier: whoever goes away has not come', LIMIT, async () => {
  const barrier = new Barrier({ parties: 2 });
  assert.throws(() => barrier.wait(1), LATE);
  const controller = new AbortController();
  const wait = barrier.waitAsync({ signal: controller.signal });
  controller.abort();
  await assert.rejects(wait, { name: 'AbortError' });
  const first = barrier.waitAsync();
  assert.equal(barrier.wait(), true);
  assert.equal(await first, false);
});

test('once: it is done once', async () => {
  const once = new Once();
  let runs = 0;
  const action = (): void => void runs++;
  assert.equal(once.isDone, false);
  assert.equal(once.run(action), true);
  assert.equal(Once.from(once.handle).run(action), false);
  assert.equal(await once.runAsync(action), false);
  assert.equal(runs, 1);
});

test('once: what fails is tried again by the next', async () => {
  const once = new Once();
  const fails = (): void => {
    throw new Error('no');
  };
  assert.throws(() => once.run(fails), /no/);
  await assert.rejects(
    once.runAsync(async () => fails()),
    /no/,
  );
  assert.equal(once.isDone, false);
  assert.equal(
    once.run(() => {}),
    true,
  );
});

test(
  'once: others wait while it runs, and a thread that would wait for itself is told so',
  LIMIT,
  async () => {
    const once = new Once();
    const gate = Promise.withResolvers<void>();
    const first = once.runAsync(() => gate.promise);
    const second = once.runAsync(() => assert.fail('twice'));
    assert.throws(() => once.run(() => {}), { code: 'busy' });
    await assert.rejects(
      once.runAsync(() => {}, { timeout: 1 }),
      LATE,
    );
    gate.resolve();
    assert.deepEqual(await Promise.all([first, second]), [true, false]);
  },
);
