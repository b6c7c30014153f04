/**
 * A backlog inside the process, for transports whose system cannot stop accepting: connections wait here while the
 * listener is paused. It does not know where they come from.
 */

/** Connections that wait to be accepted, by default. Precedent: Go, and Linux's own cap (net.core.somaxconn, listen(2)). */
export const BACKLOG = 4096;

export class Backlog<C> {
  readonly #limit: number;
  readonly #accept: (connection: C) => void;
  #held: C[] = [];
  #paused = false;

  constructor(limit: number, accept: (connection: C) => void) {
    this.#limit = limit;
    this.#accept = accept;
  }

  get length(): number {
    return this.#held.length;
  }

  /** `false` when there is no room; the connection is the caller's to refuse. */
  add(connection: C): boolean {
    if (!this.#paused) {
      this.#accept(connection);
      return true;
    }
    if (this.#held.length >= this.#limit) return false;
    this.#held.push(connection);
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    while (!this.#paused) {
      const connection = this.#held.shift();
      if (connection === undefined) return;
      this.#accept(connection);
    }
  }

  /** Takes out what is held, for the caller to refuse. */
  clear(): C[] {
    return this.#held.splice(0);
  }
}
