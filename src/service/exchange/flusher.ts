/** Writes once, behind everything that a turn brought, instead of once for each piece of it. */

export interface Flushable {
  flush(): void;
}

export class Flusher {
  #dirty: Flushable[] = [];

  /** Asks for a flush once what runs now has run. The caller asks once until it is flushed. */
  add(flushable: Flushable): void {
    this.#dirty.push(flushable);
    if (this.#dirty.length === 1) queueMicrotask(() => this.flush());
  }

  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const flushable of dirty) flushable.flush();
  }
}
