/**
 * Where threads wait until something may be had: blocked, or in promises. It knows what they wait for only as a
 * function that tries to get it, and is the waiting half of every primitive but the mutex.
 *
 * It counts events (an "eventcount"): whoever waits announces itself, reads the number of the last wake-up, tries, and
 * sleeps only if the number is still the same. Whoever opens the gate changes what is waited for first and then looks
 * whether anybody is announced. Since Atomics are sequentially consistent, one of the two sees the other.
 */
import { BELL_WORDS, Bell } from './bell.ts';
import { checkTimeout, deadlineOf, remaining, timeoutError, type WaitOptions } from './wait.ts';

/** Words that a gate takes: threads that are blocked, the number of the last wake-up, and a bell. */
export const GATE_WORDS = 2 + BELL_WORDS;

export class Gate {
  readonly #words: Int32Array;
  readonly #blocked: number;
  readonly #wakes: number;
  readonly #bell: Bell;

  /** @param at index of its first word */
  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#blocked = at;
    this.#wakes = at + 1;
    this.#bell = new Bell(words, at + 2);
  }

  /** Whether anybody waits, in any thread. */
  get isAwaited(): boolean {
    return Atomics.load(this.#words, this.#blocked) !== 0 || this.#bell.isAwaited;
  }

  /**
   * To be called after whatever may make an attempt succeed. Wakes `count` of the blocked threads, those that wait
   * longest first, and every line of promises. Two atomic loads when nobody waits.
   */
  wake(count: number): void {
    if (Atomics.load(this.#words, this.#blocked) !== 0) {
      Atomics.add(this.#words, this.#wakes, 1);
      Atomics.notify(this.#words, this.#wakes, count);
    }
    this.#bell.ring();
  }

  /**
   * Blocks the thread until `attempt` returns true. After each wake-up it is tried before the deadline counts, so that
   * a wake-up is never thrown away.
   * @param what for the error: `acquire the semaphore`
   * @throws NetError `timeout`
   */
  wait(attempt: () => boolean, what: string, timeout: number): void {
    checkTimeout(timeout);
    const deadline = deadlineOf(timeout);
    this.enter();
    try {
      for (let wakes = this.wakes; !attempt(); wakes = this.wakes) {
        if (!this.sleep(wakes, deadline)) throw timeoutError(what, timeout);
      }
    } finally {
      this.leave();
    }
  }

  /** As `wait`, in a promise. Registered before this returns. */
  waitAsync(attempt: () => boolean, what: string, options?: WaitOptions): Promise<void> {
    return this.#bell.wait(attempt, what, options);
  }

  /** The number of the last wake-up of blocked threads. It wraps around after 2^32. */
  get wakes(): number {
    return Atomics.load(this.#words, this.#wakes);
  }

  /** Announces a thread that is going to sleep; `leave` takes it back. */
  enter(): void {
    Atomics.add(this.#words, this.#blocked, 1);
  }

  leave(): void {
    Atomics.sub(this.#words, this.#blocked, 1);
  }

  /** Blocks until the next wake-up after `wakes`; false when the deadline passed first. */
  sleep(wakes: number, deadline: number): boolean {
    return Atomics.wait(this.#words, this.#wakes, wakes, remaining(deadline)) !== 'timed-out';
  }
}
