/**
 * Any number of timers on one of Node's: a deadline that is set and cancelled with each connection costs a place in a
 * heap, and no timer of Node's own.
 */
import type { Timer } from '../core/clock.ts';
import { TimerHeap } from './timer-heap.ts';

export class HostedTimers {
  readonly #heap = new TimerHeap((some) => this.#keepAlive(some));
  #host: NodeJS.Timeout | undefined;
  #hostDue = Number.POSITIVE_INFINITY;
  #alive = false;

  add(delay: number, callback: () => void, background?: boolean): Timer {
    const due = performance.now() + delay;
    const timer = this.#heap.add(due, callback, background);
    if (due < this.#hostDue) this.#arm(due);
    return timer;
  }

  #arm(due: number): void {
    clearTimeout(this.#host);
    this.#hostDue = due;
    // Beyond 2^31 ms Node would fire at once; it fires early instead, and is armed again.
    const delay = Math.min(Math.max(0, Math.ceil(due - performance.now())), 0x7fffffff);
    this.#host = setTimeout(() => this.#fire(), delay);
    if (!this.#alive) this.#host.unref();
  }

  #fire(): void {
    this.#host = undefined;
    this.#hostDue = Number.POSITIVE_INFINITY;
    this.#heap.run(performance.now());
    const due = this.#heap.due;
    if (due !== null && due < this.#hostDue) this.#arm(due);
  }

  #keepAlive(some: boolean): void {
    this.#alive = some;
    if (some) this.#host?.ref();
    else this.#host?.unref();
  }
}
