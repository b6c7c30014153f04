/**
 * When the requests of one client are due, and from when their latency counts. It knows no clock: the time is an
 * argument, in ms.
 */

/** In place of a time: no request is due. */
export const NOT_DUE = -1;

export interface Demand {
  /** The time from which the latency of the next request counts, or `NOT_DUE`. Each request is handed out once. */
  take(now: number): number;
  /** Ms that the client is to hold it after an answer; 0 for none. */
  readonly pause: number;
  /** Requests that are due and were not taken, and since when the first is (`NOT_DUE` without one). */
  waiting(now: number): { readonly count: number; readonly since: number };
  /** Hands out nothing until it is released. */
  hold(): void;
  release(): void;
}

/** Closed loop: the next request is due when the last was answered, after `pause`. */
export class OnAnswer implements Demand {
  readonly pause: number;
  #held = false;

  constructor(pause: number) {
    this.pause = pause;
  }

  take(now: number): number {
    return this.#held ? NOT_DUE : now;
  }

  waiting(): { count: number; since: number } {
    return { count: 0, since: NOT_DUE };
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
  }
}

/**
 * Open loop: due at fixed times, whether the server keeps up or not. The latency counts from then, also when the client
 * was still busy: a user who had to wait for the request to be sent has waited. To count from the sending is
 * "coordinated omission" (Gil Tene): one stall of the server would spoil one sample in place of all that it delayed.
 */
export class OnSchedule implements Demand {
  readonly pause = 0;
  readonly #first: number;
  readonly #step: number;
  #taken = 0;

  /** @param step ms between two requests of this client */
  constructor(first: number, step: number) {
    this.#first = first;
    this.#step = step;
  }

  take(now: number): number {
    const due = this.#next;
    if (due > now) return NOT_DUE;
    this.#taken++;
    return due;
  }

  waiting(now: number): { count: number; since: number } {
    const count = now < this.#next ? 0 : 1 + Math.floor((now - this.#next) / this.#step);
    return { count, since: count === 0 ? NOT_DUE : this.#next };
  }

  /** A schedule holds for nobody. */
  hold(): void {}
  release(): void {}

  /** By multiplication: a sum would drift. */
  get #next(): number {
    return this.#first + this.#taken * this.#step;
  }
}
