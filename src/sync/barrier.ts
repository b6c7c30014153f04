/** Where a fixed number of threads meet: all go on when the last has come, and may meet there again. */
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

/** Bytes that a barrier takes. */
export const BARRIER_BYTES = CACHE_LINE;

/** The most parties: they are counted in half a word, the meetings in the other half. */
export const MAX_PARTIES = 2 ** 16 - 1;

export interface BarrierOptions extends Placement {
  /** How many meet, 1 to `MAX_PARTIES`. */
  readonly parties: number;
}

/** Low half: how many have come. High half: how many meetings there have been. */
const STATE = 1;
const PARTIES = 2;
const GATE = 3;

const WHAT = 'wait at the barrier';

export class Barrier {
  readonly #words: Int32Array;
  readonly #gate: Gate;
  /** How many meet. */
  readonly parties: number;

  /** @throws NetError `limit` for a number out of range, or for memory that it cannot live in */
  constructor(from: BarrierOptions | SharedHandle<'barrier'>) {
    if (!isHandle(from)) checkCount('The number of parties of a barrier', from.parties, 1, MAX_PARTIES);
    this.#words = place('barrier', BARRIER_BYTES, from);
    if (!isHandle(from)) Atomics.store(this.#words, PARTIES, from.parties);
    this.parties = Atomics.load(this.#words, PARTIES);
    this.#gate = new Gate(this.#words, GATE);
  }

  /** The barrier of another thread. */
  static from(handle: SharedHandle<'barrier'>): Barrier {
    return new Barrier(handle);
  }

  get handle(): SharedHandle<'barrier'> {
    return handleOf('barrier', this.#words);
  }

  /**
   * Blocks the thread until all have come.
   * @param timeout in ms; default Infinity
   * @returns whether this was the last to come, which is true for one of each meeting
   * @throws NetError `timeout`; this one has not come then, and the others go on waiting
   */
  wait(timeout = Number.POSITIVE_INFINITY): boolean {
    const meeting = this.#come();
    if (meeting === null) return true;
    try {
      this.#gate.wait(() => this.#isOver(meeting), WHAT, timeout);
    } catch (thrown) {
      if (this.#goAway(meeting)) throw thrown;
    }
    return false;
  }

  /** As `wait`, without blocking the thread. @throws NetError `timeout`, or `signal.reason` */
  async waitAsync(options?: WaitOptions): Promise<boolean> {
    const meeting = this.#come();
    if (meeting === null) return true;
    try {
      await this.#gate.waitAsync(() => this.#isOver(meeting), WHAT, options);
    } catch (thrown) {
      if (this.#goAway(meeting)) throw thrown;
    }
    return false;
  }

  /** The meeting that is to be waited for; null when this was the last and all go on. */
  #come(): number | null {
    const words = this.#words;
    for (let state = Atomics.load(words, STATE); ; ) {
      const isLast = came(state) + 1 === this.parties;
      const next = isLast ? (meetingOf(state) + 1) << 16 : state + 1;
      const found = Atomics.compareExchange(words, STATE, state, next);
      if (found !== state) {
        state = found;
        continue;
      }
      if (!isLast) return meetingOf(state);
      this.#gate.wake(Number.POSITIVE_INFINITY);
      return null;
    }
  }

  #isOver(meeting: number): boolean {
    return meetingOf(Atomics.load(this.#words, STATE)) !== meeting;
  }

  /** False when the meeting has taken place after all. */
  #goAway(meeting: number): boolean {
    const words = this.#words;
    for (let state = Atomics.load(words, STATE); meetingOf(state) === meeting; ) {
      const found = Atomics.compareExchange(words, STATE, state, state - 1);
      if (found === state) return true;
      state = found;
    }
    return false;
  }
}

function came(state: number): number {
  return state & 0xffff;
}

function meetingOf(state: number): number {
  return state >>> 16;
}
