/** Timers in a binary heap, ordered by when they are due and then by age. It does not know what time it is. */
import type { Timer } from '../core/clock.ts';
import { report } from './watches.ts';

interface Entry {
  readonly due: number;
  readonly order: number;
  readonly background: boolean;
  callback: (() => void) | null;
}

export class TimerHeap {
  #heap: Entry[] = [];
  #order = 0;
  #foreground = 0;
  #cancelled = 0;
  readonly #onForeground: (some: boolean) => void;

  /** @param onForeground told when the first foreground timer comes and when the last has gone */
  constructor(onForeground: (some: boolean) => void = () => {}) {
    this.#onForeground = onForeground;
  }

  /** Timers that keep a loop alive. */
  get foreground(): number {
    return this.#foreground;
  }

  /** When the next timer is due, or `null`. */
  get due(): number | null {
    this.#dropCancelled();
    return this.#heap[0]?.due ?? null;
  }

  add(due: number, callback: () => void, background = false): Timer {
    const entry: Entry = { due, order: this.#order++, background, callback };
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    if (!background && this.#foreground++ === 0) this.#onForeground(true);
    return { cancel: () => this.#cancel(entry) };
  }

  /** Calls what is due at `now`, in order. What a callback throws is reported. */
  run(now: number): void {
    for (let callback = this.#takeDue(now); callback !== null; callback = this.#takeDue(now)) {
      try {
        callback();
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  #takeDue(now: number): (() => void) | null {
    const due = this.due;
    if (due === null || due > now) return null;
    const entry = this.#pop();
    const callback = entry.callback;
    this.#finish(entry);
    return callback;
  }

  #cancel(entry: Entry): void {
    if (entry.callback === null) return;
    this.#finish(entry);
    this.#cancelled++;
    // Deadlines are mostly cancelled long before they are due: do not let the dead outnumber the living.
    if (this.#cancelled > 64 && this.#cancelled * 2 > this.#heap.length) this.#rebuild();
  }

  #finish(entry: Entry): void {
    entry.callback = null;
    if (!entry.background && --this.#foreground === 0) this.#onForeground(false);
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]!.callback === null) {
      this.#pop();
      this.#cancelled--;
    }
  }

  #rebuild(): void {
    // A sorted array is a heap.
    this.#heap = this.#heap
      .filter((entry) => entry.callback !== null)
      .sort((a, b) => (before(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #pop(): Entry {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down(0);
    }
    return first;
  }

  #up(from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && before(heap[right]!, heap[least]!)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    const entry = heap[a]!;
    heap[a] = heap[b]!;
    heap[b] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
