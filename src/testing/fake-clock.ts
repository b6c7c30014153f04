/** Time that stands until a test moves it. */
import type { Clock, Timer } from '../core/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on by `ms` and fires what falls due on the way, in the order of the deadlines. */
  advance(ms: number): void;
  /** Timers that have neither fired nor been cancelled. */
  readonly pending: number;
}

/** @param start what `now` says at first, in ms */
export function fakeClock(start = 0): FakeClock {
  return new ManualClock(start);
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

class ManualClock implements FakeClock {
  #now: number;
  #order = 0;
  readonly #timers = new Set<Entry>();

  constructor(start: number) {
    this.#now = start;
  }

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, delay), order: this.#order++, callback };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }

  #due(end: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#timers) {
      if (entry.at > end) continue;
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.order < first.order))
        first = entry;
    }
    return first;
  }
}
