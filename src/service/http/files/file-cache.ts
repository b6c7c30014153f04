/**
 * What was found for a path, kept open for a while (as nginx's `open_file_cache`). It knows no path: keys are whatever was asked.
 *
 * An entry is believed for a second and then looked at anew. The least recently confirmed goes when there are too many.
 */

/** Precedent: the example of nginx's `open_file_cache`, `max=1000`. */
export const MAX_ENTRIES = 1000;

/** Bytes of content held in memory by all entries together. */
export const MAX_BYTES = 32 * 1024 * 1024;

/** Ms for which an entry is believed. Precedent: what the page caches of CDNs call micro-caching. */
export const BELIEF = 1000;

export interface Cached {
  /** Bytes that it holds in memory. */
  readonly held: number;
  /** Whether it is still what there is. */
  isCurrent(): boolean;
  /** It is held no more. */
  release(): void;
}

interface Entry<T> {
  readonly value: T;
  held: number;
  checked: number;
}

export class FileCache<T extends Cached> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #now: () => number;
  #held = 0;

  /** @param now ms of a clock that does not go back */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const now = this.#now();
    if (now - entry.checked < BELIEF) return entry.value;
    this.#entries.delete(key);
    if (!entry.value.isCurrent()) {
      this.#drop(entry);
      return undefined;
    }
    entry.checked = now;
    this.#entries.set(key, entry);
    return entry.value;
  }

  put(key: string, value: T): void {
    const entry = { value, held: value.held, checked: this.#now() };
    const previous = this.#entries.get(key);
    this.#entries.delete(key);
    if (previous !== undefined) this.#drop(previous);
    this.#entries.set(key, entry);
    this.#held += entry.held;
    this.#shrink();
  }

  /** The value of a key holds more, or less, than it did. */
  weigh(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#held += entry.value.held - entry.held;
    entry.held = entry.value.held;
    this.#shrink();
  }

  clear(): void {
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#entries.clear();
  }

  #shrink(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && this.#held <= MAX_BYTES) return;
      this.#entries.delete(key);
      this.#drop(entry);
    }
  }

  #drop(entry: Entry<T>): void {
    this.#held -= entry.held;
    entry.value.release();
  }
}
