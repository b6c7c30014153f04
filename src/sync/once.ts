/** Something that is done once, by whichever thread comes first; the others wait until it is done. */
import { threadId } from 'node:worker_threads';
import { NetError } from '../core/error.ts';
import { Gate } from './gate.ts';
import { CACHE_LINE, handleOf, type Placement, place, type SharedHandle } from './place.ts';
import type { WaitOptions } from './wait.ts';

/** Bytes that a once takes. */
export const ONCE_BYTES = CACHE_LINE;

const STATE = 1;
const GATE = 2;

const DONE = -1;
const NEW = 0;
/** Any other state is the thread in which it runs. */
const ME = threadId + 1;

const WHAT = 'wait for what is done once';

export class Once {
  readonly #words: Int32Array;
  readonly #gate: Gate;
  readonly #isStill = (): boolean => [NEW, DONE].includes(Atomics.load(this.#words, STATE));

  constructor(from: Placement | SharedHandle<'once'> = {}) {
    this.#words = place('once', ONCE_BYTES, from);
    this.#gate = new Gate(this.#words, GATE);
  }

  /** The once of another thread. */
  static from(handle: SharedHandle<'once'>): Once {
    return new Once(handle);
  }

  get handle(): SharedHandle<'once'> {
    return handleOf('once', this.#words);
  }

  get isDone(): boolean {
    return Atomics.load(this.#words, STATE) === DONE;
  }

  /**
   * Runs `action` unless it has run, here or in another thread; blocks while it runs elsewhere. What it throws is thrown
   * here, it counts as not done, and the next one tries again (as `std::call_once` of C++ does).
   * @param timeout in ms, for the wait; default Infinity
   * @returns whether this call ran it
   * @throws NetError `timeout`; `busy` when it runs in this very thread, which would wait for itself
   */
  run(action: () => void, timeout = Number.POSITIVE_INFINITY): boolean {
    while (!this.isDone) {
      if (this.#begin()) return this.#perform(action);
      if (Atomics.load(this.#words, STATE) === ME) {
        throw new NetError(
          'busy',
          'Cannot wait for what is done once: this thread is doing it; use runAsync',
        );
      }
      this.#gate.wait(this.#isStill, WHAT, timeout);
    }
    return false;
  }

  /**
   * As `run`, without blocking the thread; `action` may give a promise.
   * @throws NetError `timeout`, or `signal.reason`
   */
  async runAsync(action: () => void | Promise<void>, options?: WaitOptions): Promise<boolean> {
    while (!this.isDone) {
      if (this.#begin()) return await this.#performAsync(action);
      await this.#gate.waitAsync(this.#isStill, WHAT, options);
    }
    return false;
  }

  #begin(): boolean {
    return Atomics.compareExchange(this.#words, STATE, NEW, ME) === NEW;
  }

  #perform(action: () => void): true {
    let state = NEW;
    try {
      action();
      state = DONE;
      return true;
    } finally {
      this.#end(state);
    }
  }

  async #performAsync(action: () => void | Promise<void>): Promise<true> {
    let state = NEW;
    try {
      await action();
      state = DONE;
      return true;
    } finally {
      this.#end(state);
    }
  }

  #end(state: number): void {
    Atomics.store(this.#words, STATE, state);
    this.#gate.wake(Number.POSITIVE_INFINITY);
  }
}
