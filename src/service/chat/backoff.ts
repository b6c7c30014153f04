/** How long to wait before the next attempt to connect. It does not know what is connected, nor what time it is. */

/** Milliseconds before the first new attempt: a server that restarts is back by then. */
export const RECONNECT_FIRST = 500;

/** Each further wait is this many times longer. Precedent: gRPC's connection backoff grows by 1.6, TCP's RTO by 2. */
export const RECONNECT_FACTOR = 2;

/** Longest wait in milliseconds. A person looks at the screen; gRPC, for machines, has 120 s. */
export const RECONNECT_MAX = 30_000;

/** A connection that lasted this many milliseconds was a good one: the next wait is the first again. */
export const RECONNECT_STABLE = 10_000;

export interface BackoffOptions {
  /** Default `RECONNECT_FIRST`. */
  readonly first?: number | undefined;
  /** Default `RECONNECT_MAX`. */
  readonly max?: number | undefined;
  /** From 0 up to but not including 1; default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export class Backoff {
  readonly #first: number;
  readonly #max: number;
  readonly #random: () => number;
  #base: number;

  constructor(options: BackoffOptions = {}) {
    this.#first = options.first ?? RECONNECT_FIRST;
    this.#max = options.max ?? RECONNECT_MAX;
    this.#random = options.random ?? Math.random;
    this.#base = this.#first;
  }

  /**
   * The next wait in milliseconds: half of it fixed, half by chance, so that clients which lost the same server do not
   * return in step ("equal jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
   */
  next(): number {
    const base = this.#base;
    this.#base = Math.min(this.#max, base * RECONNECT_FACTOR);
    return Math.round(base / 2 + (this.#random() * base) / 2);
  }

  reset(): void {
    this.#base = this.#first;
  }
}
