/** Counts control frames, each of which costs an answer, against a limit for every second. */

const SECOND = 1000;

export class ControlRate {
  readonly #max: number;
  #since: number;
  #count = 0;

  constructor(max: number, now: number) {
    this.#max = max;
    this.#since = now;
  }

  /** Counts one more. `false` when it is one too many. */
  add(now: number): boolean {
    if (now - this.#since >= SECOND) {
      this.#since = now;
      this.#count = 0;
    }
    return ++this.#count <= this.#max;
  }
}
