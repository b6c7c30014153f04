/** Time as a dependency, so that deadlines run on the system's clock, on a standing loop, or on a test's. */

export interface Timer {
  /** Idempotent; a timer that has fired or is cancelled stays silent. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds, monotonic, from an arbitrary start. */
  now(): number;
  /**
   * Calls `callback` once, not before `delay` milliseconds have passed. The timer keeps the loop alive unless
   * `background` is set.
   */
  after(delay: number, callback: () => void, options?: { background?: boolean }): Timer;
}

/** Node's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback, options) {
    const timer = setTimeout(callback, delay);
    if (options?.background) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
