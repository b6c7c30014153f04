/** Wakes clients at the times of a fixed schedule, whatever else happens. It does not know what they do then. */
import type { Clock, Timer } from '../../../core/index.ts';

/** Node's timers are late by up to a ms and more; the last bit of a wait is spent asking the time. */
const SPIN = 1.5;

export interface Pace {
  readonly start: number;
  /** Ms between two turns. */
  readonly step: number;
  /** Turns go round so many. */
  readonly count: number;
}

export class Pacer {
  readonly #clock: Clock;
  readonly #spins: boolean;
  readonly #pace: Pace;
  readonly #wake: (index: number, now: number) => void;
  #done = 0;
  #stopped = false;
  #timer: Timer | undefined;
  #worst = 0;

  /** @param spins whether to be exact at the price of a core; not with a clock that stands still */
  constructor(clock: Clock, spins: boolean, pace: Pace, wake: (index: number, now: number) => void) {
    this.#clock = clock;
    this.#spins = spins;
    this.#pace = pace;
    this.#wake = wake;
  }

  /** Turns that were due until now. */
  get due(): number {
    return this.#dueAt(this.#clock.now());
  }

  /** Ms by which the latest turn came late: what the generator itself adds to the latencies. */
  get worst(): number {
    return this.#worst;
  }

  forgetWorst(): void {
    this.#worst = 0;
  }

  start(): void {
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #tick(): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    const due = this.#dueAt(now);
    if (due > this.#done) this.#catchUp(due, now);
    const wait = this.#at(this.#done) - this.#clock.now();
    if (this.#spins && wait < SPIN) setImmediate(() => this.#tick());
    else this.#timer = this.#clock.after(wait, () => this.#tick(), { background: true });
  }

  /** Whoever is woken does all that is due, so nobody needs to be woken twice. */
  #catchUp(due: number, now: number): void {
    const { count } = this.#pace;
    this.#worst = Math.max(this.#worst, now - this.#at(this.#done));
    const last = Math.min(due, this.#done + count);
    for (let turn = this.#done; turn < last; turn++) this.#wake(turn % count, now);
    this.#done = due;
  }

  #at(turn: number): number {
    return this.#pace.start + turn * this.#pace.step;
  }

  #dueAt(now: number): number {
    return now < this.#pace.start ? 0 : 1 + Math.floor((now - this.#pace.start) / this.#pace.step);
  }
}
