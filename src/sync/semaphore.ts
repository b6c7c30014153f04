/** A number of permits, of which each acquire takes one. It knows nothing of what they permit. */
import { NetError } from '../core/error.ts';
import { Gate } from './gate.ts';
import {
  CACHE_LINE,
  checkCount,
  handleOf,
  isHandle,
  type Placement,
  place,
  type SharedHandle,
} from './place.ts';
import type { WaitOptions } from './wait.ts';

/** Bytes that a semaphore takes. */
export const SEMAPHORE_BYTES = CACHE_LINE;

/** The most permits. Precedent: `SEM_VALUE_MAX` of glibc. */
export const MAX_PERMITS = 2 ** 31 - 1;

export interface SemaphoreOptions extends Placement {
  /** Permits that are there at first, 0 to `max`; default 0. */
  readonly initial?: number | undefined;
  /** Permits that can be there at once, 1 to `MAX_PERMITS`, which is the default; 1 makes a binary semaphore. */
  readonly max?: number | undefined;
}

const VALUE = 1;
const MAX = 2;
const GATE = 3;

const WHAT = 'acquire the semaphore';

export class Semaphore {
  readonly #words: Int32Array;
  readonly #gate: Gate;
  /** Permits that can be there at once. */
  readonly max: number;
  readonly #attempt = (): boolean => this.tryAcquire();

  /** @throws NetError `limit` for counts out of range, or for memory that it cannot live in */
  constructor(from: SemaphoreOptions | SharedHandle<'semaphore'> = {}) {
    this.#words = isHandle(from) ? place('semaphore', SEMAPHORE_BYTES, from) : make(from);
    this.max = Atomics.load(this.#words, MAX);
    this.#gate = new Gate(this.#words, GATE);
  }

  /** The semaphore of another thread. */
  static from(handle: SharedHandle<'semaphore'>): Semaphore {
    return new Semaphore(handle);
  }

  get handle(): SharedHandle<'semaphore'> {
    return handleOf('semaphore', this.#words);
  }

  /** Permits that are there at this moment. */
  get value(): number {
    return Atomics.load(this.#words, VALUE);
  }

  /**
   * Blocks the thread until it has a permit.
   * @param timeout in ms; default Infinity
   * @throws NetError `timeout`
   */
  acquire(timeout = Number.POSITIVE_INFINITY): void {
    if (!this.tryAcquire()) this.#gate.wait(this.#attempt, WHAT, timeout);
  }

  /** Takes a permit if one is there; whether it did. */
  tryAcquire(): boolean {
    const words = this.#words;
    let value = Atomics.load(words, VALUE);
    while (value > 0) {
      const found = Atomics.compareExchange(words, VALUE, value, value - 1);
      if (found === value) return true;
      value = found;
    }
    return false;
  }

  /** Waits for a permit without blocking the thread. @throws NetError `timeout`, or `signal.reason` */
  acquireAsync(options?: WaitOptions): Promise<void> {
    return this.#gate.waitAsync(this.#attempt, WHAT, options);
  }

  /**
   * Gives permits back, or new ones; any thread may.
   * @param count default 1
   * @throws NetError `limit` when there would be more than `max`; none is given then
   */
  release(count = 1): void {
    checkCount('The number of permits to release', count, 1, MAX_PERMITS);
    const words = this.#words;
    let value = Atomics.load(words, VALUE);
    for (;;) {
      if (value + count > this.max) {
        const what = `Cannot release ${count} of a semaphore that has ${value} permits`;
        throw new NetError('limit', `${what}: its maximum is ${this.max}`);
      }
      const found = Atomics.compareExchange(words, VALUE, value, value + count);
      if (found === value) break;
      value = found;
    }
    this.#gate.wake(count);
  }
}

function make(options: SemaphoreOptions): Int32Array {
  const { initial = 0, max = MAX_PERMITS } = options;
  checkCount('The maximum of a semaphore', max, 1, MAX_PERMITS);
  checkCount('The initial value of a semaphore', initial, 0, max);
  const words = place('semaphore', SEMAPHORE_BYTES, options);
  Atomics.store(words, MAX, max);
  Atomics.store(words, VALUE, initial);
  return words;
}
