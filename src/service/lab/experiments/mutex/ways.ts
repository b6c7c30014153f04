/** The ways of counting together, and what a thread is told. Plain data, for all threads. */
import type { SharedHandle } from '../../../../sync/index.ts';

export const WAYS = [
  'alone',
  'unlocked',
  'locked-once',
  'locked-each',
  'semaphore',
  'atomic',
  'apart',
] as const;

export type Way = (typeof WAYS)[number];

export interface Plan {
  /** Counts of each run, all threads together; a multiple of every number of threads. */
  readonly counts: number;
  readonly rounds: number;
  /** At least 2. */
  readonly threads: number;
}

/** A thread's part of one run. */
export interface Task {
  readonly way: Way;
  readonly counts: number;
  /** Where all count. */
  readonly counter: Int32Array;
  /** Threads that have reached the start, after the barrier. */
  readonly started: Int32Array;
  readonly parties: number;
  readonly mutex: SharedHandle<'mutex'>;
  readonly semaphore: SharedHandle<'semaphore'>;
  readonly barrier: SharedHandle<'barrier'>;
}

/** When a thread began and ended, in ns of the clock that all threads of a process share (`process.hrtime`). */
export interface Span {
  readonly began: number;
  readonly ended: number;
}

/** One run: all threads of it. */
export interface Run {
  readonly way: Way;
  /** Seconds from the first to begin until the last has ended. */
  readonly time: number;
  /** What the counter says in the end. */
  readonly counted: number;
}
