/**
 * Wakes those who wait in promises. It knows what they wait for only as a function that tries to get it.
 *
 * `Atomics.waitAsync` cannot be cancelled, and what it wakes runs only when its thread comes back to its event loop. So
 * nothing may depend on one particular promise being woken: a bell has a word of its own, which blocking threads never
 * wait on, and ringing it wakes every thread that listens. Each tries for the first of its own line; the others of the
 * line wait in the thread, and leaving the line touches no shared memory. There is no wake-up that an aborted wait, a
 * busy event loop or a dead thread could take away from somebody else.
 */
import { checkTimeout, timeoutError, type WaitOptions } from './wait.ts';

/** Words that a bell takes: how many lines listen, and the number of the last ringing. */
export const BELL_WORDS = 2;

/** Node keeps running for a timer, but not for a pending `Atomics.waitAsync`. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

interface Entry {
  readonly attempt: () => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  timer?: NodeJS.Timeout;
  forget?: () => void;
  isForeground?: boolean;
}

export class Bell {
  readonly #words: Int32Array;
  readonly #listeners: number;
  readonly #rings: number;
  readonly #line: Entry[] = [];
  #isListening = false;
  /** A `waitAsync` is pending. There is never more than one a line, so aborted waits leave nothing behind. */
  #isArmed = false;
  #foreground = 0;
  #keepAlive: NodeJS.Timeout | undefined;

  /** @param at index of its first word */
  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#listeners = at;
    this.#rings = at + 1;
  }

  /** Whether a line of any thread waits. */
  get isAwaited(): boolean {
    return Atomics.load(this.#words, this.#listeners) !== 0;
  }

  /** To be called after whatever may make an attempt succeed. One atomic load when nobody listens. */
  ring(): void {
    if (!this.isAwaited) return;
    Atomics.add(this.#words, this.#rings, 1);
    Atomics.notify(this.#words, this.#rings);
  }

  /**
   * Resolves when `attempt` has returned true; it is called again after each ring, for one entry of the line at a
   * time, in order. It may throw to reject. Registered before this returns.
   * @param what for the error: `lock the mutex`
   */
  wait(attempt: () => boolean, what: string, options: WaitOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      checkTimeout(options.timeout ?? Number.POSITIVE_INFINITY);
      options.signal?.throwIfAborted();
      if (this.#line.length === 0 && attempt()) resolve();
      else this.#join({ attempt, resolve, reject }, what, options);
    });
  }

  #join(entry: Entry, what: string, options: WaitOptions): void {
    const { timeout = Number.POSITIVE_INFINITY, signal, background = false } = options;
    if (timeout !== Number.POSITIVE_INFINITY) {
      entry.timer = setTimeout(() => this.#leave(entry, timeoutError(what, timeout)), timeout);
      if (background) entry.timer.unref();
    }
    if (signal) {
      const onAbort = (): void => this.#leave(entry, signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      entry.forget = () => signal.removeEventListener('abort', onAbort);
    }
    if (!background) this.#hold();
    entry.isForeground = !background;
    this.#line.push(entry);
    if (this.#line.length === 1) this.#serve();
  }

  /** Tries for the first of the line until an attempt fails and the next ring will wake us. */
  #serve(): void {
    for (let head = this.#line[0]; head !== undefined; head = this.#line[0]) {
      this.#listen();
      // Read before the attempt: a ring between the two changes it, and waitAsync returns at once.
      const ring = Atomics.load(this.#words, this.#rings);
      if (this.#finish(head)) continue;
      if (this.#isArmed || this.#arm(ring)) return;
    }
    this.#stop();
  }

  /** Whether the entry is done with, one way or the other. */
  #finish(head: Entry): boolean {
    try {
      if (!head.attempt()) return false;
      head.resolve();
    } catch (thrown) {
      head.reject(thrown);
    }
    this.#remove(head);
    return true;
  }

  #arm(ring: number): boolean {
    const waiting = Atomics.waitAsync(this.#words, this.#rings, ring);
    if (!waiting.async) return false;
    this.#isArmed = true;
    void waiting.value.then(() => {
      this.#isArmed = false;
      this.#serve();
    });
    return true;
  }

  #leave(entry: Entry, reason: unknown): void {
    const isHead = this.#line[0] === entry;
    this.#remove(entry);
    entry.reject(reason);
    // The next one may want something else, and that may be there already.
    if (isHead) this.#serve();
  }

  #remove(entry: Entry): void {
    this.#line.splice(this.#line.indexOf(entry), 1);
    clearTimeout(entry.timer);
    entry.forget?.();
    if (entry.isForeground) this.#release();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    Atomics.add(this.#words, this.#listeners, 1);
  }

  #stop(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    Atomics.sub(this.#words, this.#listeners, 1);
    // Ends our own pending waitAsync. Others who listen are woken as well, try, and wait again.
    if (this.#isArmed) Atomics.notify(this.#words, this.#rings);
  }

  #hold(): void {
    if (this.#foreground++ === 0) this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
  }

  #release(): void {
    if (--this.#foreground === 0) clearInterval(this.#keepAlive);
  }
}
