/** What a worker reports of failures: a few a second in full, of the rest how many. It does not know who listens. */
import { type Clock, systemClock, type Timer } from '../../core/index.ts';
import type { Report } from './brief.ts';
import { packError } from './packed-error.ts';

/** A handler that always fails would otherwise keep the server busy with hearing so; the statistics count them all. */
export const REPORTS_PER_SECOND = 4;

export class Reports {
  readonly #tell: (message: Report) => void;
  readonly #clock: Clock;
  #told = 0;
  #leftOut = 0;
  #turning: Timer | undefined;

  constructor(tell: (message: Report) => void, clock: Clock = systemClock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  add(modnet: 'failure' | 'trouble', error: Error): void {
    this.#turning ??= this.#clock.after(1_000, () => this.#turn(), { background: true });
    if (this.#told === REPORTS_PER_SECOND) {
      this.#leftOut++;
      return;
    }
    this.#told++;
    this.#tell({ modnet, error: packError(error) });
  }

  /** Says how many were left out; before the worker ends. */
  flush(): void {
    if (this.#leftOut === 0) return;
    const error = new Error(`${this.#leftOut} more failures within a second were counted but not reported`);
    this.#leftOut = 0;
    this.#tell({ modnet: 'trouble', error: packError(error) });
  }

  #turn(): void {
    this.#turning = undefined;
    this.#told = 0;
    this.flush();
  }
}
