/** How long to wait before the next attempt to connect. It knows no clock. */

/** Milliseconds before the first attempt, and at most: as the chat of the terminal has it. */
export const RECONNECT_FIRST = 500;
export const RECONNECT_MAX = 30_000;

export class Backoff {
  #base = RECONNECT_FIRST;
  #random;

  /** @param {() => number} random from 0 up to but not including 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** Twice as long each time; half of it fixed, half by chance, so that many pages do not return in step. */
  next() {
    const base = this.#base;
    this.#base = Math.min(RECONNECT_MAX, base * 2);
    return Math.round(base / 2 + (this.#random() * base) / 2);
  }

  reset() {
    this.#base = RECONNECT_FIRST;
  }
}
