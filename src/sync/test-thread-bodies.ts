/** What the threads of the stress tests do. */
import { Barrier } from './barrier.ts';
import { Condition } from './condition.ts';
import { Mutex } from './mutex.ts';
import { Once } from './once.ts';
import type { SharedHandle } from './place.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import { Semaphore } from './semaphore.ts';
import { SharedQueue } from './shared-queue.ts';

export interface Counting<Kind extends string> {
  readonly handle: SharedHandle<Kind>;
  /** Incremented without Atomics: it comes out exact only if nobody interferes. */
  readonly counter: Int32Array;
  readonly rounds: number;
}

/** Threads of even number block, the others wait in promises. */
export async function count({ handle, counter, rounds }: Counting<'mutex'>, index: number): Promise<void> {
  const mutex = Mutex.from(handle);
  for (let round = 0; round < rounds; round++) {
    if (index % 2 === 0) mutex.lock();
    else await mutex.lockAsync();
    counter[0]!++;
    mutex.unlock();
  }
}

export async function countByPermit(
  { handle, counter, rounds }: Counting<'semaphore'>,
  index: number,
): Promise<void> {
  const semaphore = Semaphore.from(handle);
  for (let round = 0; round < rounds; round++) {
    if (index % 2 === 0) semaphore.acquire();
    else await semaphore.acquireAsync();
    counter[0]!++;
    semaphore.release();
  }
}

/** Writers keep two words equal; readers say how often they were not. */
export async function readAndWrite(
  { handle, counter, rounds }: Counting<'read-write-lock'>,
  index: number,
): Promise<number> {
  const lock = ReadWriteLock.from(handle);
  let differences = 0;
  for (let round = 0; round < rounds; round++) {
    if (index % 4 === 0) {
      if (index % 8 === 0) lock.writeLock();
      else await lock.writeLockAsync();
      counter[0]!++;
      counter[1]!++;
      lock.writeUnlock();
    } else {
      if (index % 2 === 0) lock.readLock();
      else await lock.readLockAsync();
      if (counter[0] !== counter[1]) differences++;
      lock.readUnlock();
    }
  }
  return differences;
}

export interface Turns {
  readonly mutex: SharedHandle<'mutex'>;
  readonly condition: SharedHandle<'condition'>;
  /** Whose turn it is. */
  readonly next: Int32Array;
  readonly threads: number;
  readonly rounds: number;
}

/** Each waits for its turn and gives it to the next: one lost wake-up, and all stand still. */
export async function takeTurns(turns: Turns, index: number): Promise<void> {
  const mutex = Mutex.from(turns.mutex);
  const condition = Condition.from(turns.condition);
  const { next, threads, rounds } = turns;
  for (let round = 0; round < rounds; round++) {
    if (index % 2 === 0) {
      mutex.lock();
      while (next[0]! % threads !== index) condition.wait(mutex);
    } else {
      await mutex.lockAsync();
      while (next[0]! % threads !== index) await condition.waitAsync(mutex);
    }
    next[0]!++;
    condition.notifyAll();
    mutex.unlock();
  }
}

/** How often this was the last to come. */
export async function meet(
  { handle, counter, rounds }: Counting<'barrier'>,
  index: number,
): Promise<{ last: number; early: number }> {
  const barrier = Barrier.from(handle);
  let last = 0;
  let early = 0;
  for (let round = 1; round <= rounds; round++) {
    Atomics.add(counter, 0, 1);
    if (index % 2 === 0 ? barrier.wait() : await barrier.waitAsync()) last++;
    if (Atomics.load(counter, 0) < round * barrier.parties) early++;
  }
  return { last, early };
}

/** The first two that try fail. */
export async function tryOnce({ handle, counter }: Counting<'once'>, index: number): Promise<string> {
  const once = Once.from(handle);
  const action = (): void => {
    if (++counter[0]! <= 2) throw new Error('not yet');
  };
  try {
    return String(index % 2 === 0 ? once.run(action) : await once.runAsync(action));
  } catch (error) {
    return (error as Error).message;
  }
}

export interface Passing {
  readonly handle: SharedHandle<'queue'>;
  readonly each: number;
}

/** Pushes records of its number and a running number. */
export async function produce({ handle, each }: Passing, index: number): Promise<void> {
  const queue = SharedQueue.from(handle);
  const record = new Int32Array(queue.recordBytes / 4);
  for (let n = 0; n < each; n++) {
    record.fill(index * each + n);
    if (index % 2 === 0) queue.push(record);
    else await queue.pushAsync(record);
  }
}

/** Everything that it popped, until the queue was closed. */
export async function consume({ handle }: Passing, index: number): Promise<number[]> {
  const queue = SharedQueue.from(handle);
  const record = new Int32Array(queue.recordBytes / 4);
  const seen: number[] = [];
  while (index % 2 === 0 ? queue.pop(record) : await queue.popAsync(record)) {
    seen.push(record.every((word) => word === record[0]) ? record[0]! : Number.NaN);
  }
  return seen;
}

/** Dies while it holds the lock: it tells that it has it, and sleeps for ever. */
export function holdForEver({ handle, counter }: Counting<'mutex'>): void {
  Mutex.from(handle).lock();
  Atomics.store(counter, 0, 1);
  Atomics.notify(counter, 0);
  Atomics.wait(counter, 1, 0);
}

/** What unlocking says in a thread that does not hold the lock. */
export function unlockOthers({ handle }: Counting<'mutex'>): string {
  try {
    Mutex.from(handle).unlock();
    return 'unlocked';
  } catch (error) {
    return (error as Error).message;
  }
}
