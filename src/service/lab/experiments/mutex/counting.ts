/** The loops that are compared: each counts to `counts` in its own way. Apart from one another, so that each is compiled by itself. */
import type { Mutex, Semaphore } from '../../../../sync/index.ts';
import type { Way } from './ways.ts';

export interface Tools {
  readonly counter: Int32Array;
  readonly mutex: Mutex;
  readonly semaphore: Semaphore;
}

export const LOOPS: Readonly<Record<Way, (counts: number, tools: Tools) => void>> = {
  alone: plain,
  unlocked: plain,
  'locked-once': lockedOnce,
  'locked-each': lockedEach,
  semaphore: permitted,
  atomic,
  apart,
};

/** Reads, adds one, writes: three steps, between which another thread may do the same. */
function plain(counts: number, { counter }: Tools): void {
  for (let count = 0; count < counts; count++) counter[0] = counter[0]! + 1;
}

function lockedOnce(counts: number, { counter, mutex }: Tools): void {
  mutex.lock();
  for (let count = 0; count < counts; count++) counter[0] = counter[0]! + 1;
  mutex.unlock();
}

function lockedEach(counts: number, { counter, mutex }: Tools): void {
  for (let count = 0; count < counts; count++) {
    mutex.lock();
    counter[0] = counter[0]! + 1;
    mutex.unlock();
  }
}

function permitted(counts: number, { counter, semaphore }: Tools): void {
  for (let count = 0; count < counts; count++) {
    semaphore.acquire();
    counter[0] = counter[0]! + 1;
    semaphore.release();
  }
}

function atomic(counts: number, { counter }: Tools): void {
  for (let count = 0; count < counts; count++) Atomics.add(counter, 0, 1);
}

/** In memory of its own, and only the sum goes to the others. */
function apart(counts: number, { counter }: Tools): void {
  const own = new Int32Array(1);
  for (let count = 0; count < counts; count++) own[0] = own[0]! + 1;
  Atomics.add(counter, 0, own[0]!);
}
