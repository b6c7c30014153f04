/** Notices silence. It does not know whose. */
import type { Clock, Timer } from '../../core/index.ts';

export class IdleTimer {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #onIdle: () => void;
  #last: number;
  #timer: Timer | undefined;

  /** @param limit ms of silence after which `onIdle` is called, once; 0 for never */
  constructor(clock: Clock, limit: number, onIdle: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#onIdle = onIdle;
    this.#last = limit === 0 ? 0 : clock.now();
    if (limit > 0) this.#arm(limit);
  }

  /** Something moved. Cheap: the timer is set anew only when it fires. */
  touch(): void {
    if (this.#limit > 0) this.#last = this.#clock.now();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delay: number): void {
    this.#timer = this.#clock.after(delay, () => {
      const silent = this.#clock.now() - this.#last;
      if (silent < this.#limit) this.#arm(this.#limit - silent);
      else this.#onIdle();
    });
  }
}
