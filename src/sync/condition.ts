/**
 * Where those who hold a mutex wait for what it protects to change. It knows nothing of the change: whoever is woken
 * looks again, in a loop, because somebody else may have been faster and because a wake-up may come for no reason.
 */
import { Gate } from './gate.ts';
import type { Mutex } from './mutex.ts';
import { CACHE_LINE, handleOf, type Placement, place, type SharedHandle } from './place.ts';
import { checkTimeout, deadlineOf, timeoutError, type WaitOptions } from './wait.ts';

/** Bytes that a condition takes. */
export const CONDITION_BYTES = CACHE_LINE;

const CHANGES = 1;
const GATE = 2;

const WHAT = 'wait for the condition';

export class Condition {
  readonly #words: Int32Array;
  readonly #gate: Gate;

  constructor(from: Placement | SharedHandle<'condition'> = {}) {
    this.#words = place('condition', CONDITION_BYTES, from);
    this.#gate = new Gate(this.#words, GATE);
  }

  /** The condition of another thread. */
  static from(handle: SharedHandle<'condition'>): Condition {
    return new Condition(handle);
  }

  get handle(): SharedHandle<'condition'> {
    return handleOf('condition', this.#words);
  }

  /**
   * Unlocks the mutex, blocks until it is notified, and locks the mutex again. No notification between the two is
   * missed. The caller holds the mutex, before and afterwards, also when this throws, and checks its predicate in a
   * loop. Locking again has no time limit, so the call may last longer than the timeout.
   * @param timeout in ms; default Infinity
   * @throws NetError `timeout`
   */
  wait(mutex: Mutex, timeout = Number.POSITIVE_INFINITY): void {
    checkTimeout(timeout);
    const deadline = deadlineOf(timeout);
    // Announced and numbered before the mutex is free: whoever changes something under the mutex finds us.
    this.#gate.enter();
    const wakes = this.#gate.wakes;
    let isWoken = false;
    try {
      mutex.unlock();
      isWoken = this.#gate.sleep(wakes, deadline);
    } finally {
      this.#gate.leave();
    }
    mutex.lock();
    if (!isWoken) throw timeoutError(WHAT, timeout);
  }

  /**
   * As `wait`, without blocking the thread.
   * @throws NetError `timeout`, or `signal.reason`; the mutex is locked again before, however long that takes
   */
  async waitAsync(mutex: Mutex, options: WaitOptions = {}): Promise<void> {
    const { changes } = this;
    mutex.unlock();
    try {
      await this.changed(changes, options);
    } finally {
      await mutex.lockAsync({ background: options.background });
    }
  }

  /** The number of the last notification. It wraps around after 2^32. */
  get changes(): number {
    return Atomics.load(this.#words, CHANGES);
  }

  /**
   * Waits for a notification after the one with this number, without blocking the thread and without a mutex: read
   * `changes` while holding the mutex, unlock it, and wait.
   * @throws NetError `timeout`, or `signal.reason`
   */
  changed(since: number, options?: WaitOptions): Promise<void> {
    return this.#gate.waitAsync(() => this.changes !== since, WHAT, options);
  }

  /**
   * Wakes one blocked thread, and all that wait in promises: they cannot be told apart. Best called while holding the
   * mutex; it must have been held for the change.
   */
  notifyOne(): void {
    this.#notify(1);
  }

  /** Wakes all that wait. */
  notifyAll(): void {
    this.#notify(Number.POSITIVE_INFINITY);
  }

  #notify(count: number): void {
    // Also when nobody is announced: a task that has unlocked the mutex may be about to be.
    Atomics.add(this.#words, CHANGES, 1);
    this.#gate.wake(count);
  }
}
