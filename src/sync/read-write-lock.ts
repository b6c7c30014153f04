/**
 * A lock that many readers or one writer hold. It knows nothing of what it protects.
 *
 * Writers come first: while one waits, in any thread, no new reader gets in. Readers that never pause cannot keep a
 * writer out; writers that never pause keep readers out.
 */
import { NetError } from '../core/error.ts';
import { GATE_WORDS, Gate } from './gate.ts';
import { CACHE_LINE, handleOf, type Placement, place, type SharedHandle } from './place.ts';
import type { WaitOptions } from './wait.ts';

/** Bytes that a read-write lock takes. */
export const READ_WRITE_LOCK_BYTES = CACHE_LINE;

/** Readers that may hold the lock at once. Precedent: `MAX_READERS` of rwlocks on one futex word (Rust's std: 2^30 - 2). */
export const MAX_READERS = 2 ** 30 - 2;

/** 0 is free, above 0 is the number of readers. */
const STATE = 1;
const WRITTEN = -1;
const READERS = 2;
const WRITERS = READERS + GATE_WORDS;

const READ = 'lock for reading';
const WRITE = 'lock for writing';

export class ReadWriteLock {
  readonly #words: Int32Array;
  readonly #readers: Gate;
  readonly #writers: Gate;
  readonly #read = (): boolean => this.tryReadLock();
  readonly #write = (): boolean => this.tryWriteLock();

  constructor(from: Placement | SharedHandle<'read-write-lock'> = {}) {
    this.#words = place('read-write-lock', READ_WRITE_LOCK_BYTES, from);
    this.#readers = new Gate(this.#words, READERS);
    this.#writers = new Gate(this.#words, WRITERS);
  }

  /** The lock of another thread. */
  static from(handle: SharedHandle<'read-write-lock'>): ReadWriteLock {
    return new ReadWriteLock(handle);
  }

  get handle(): SharedHandle<'read-write-lock'> {
    return handleOf('read-write-lock', this.#words);
  }

  /**
   * Blocks the thread until it may read. A thread that reads must not lock for reading again: a writer that waits
   * between the two would wait for the first, and the second for the writer.
   * @param timeout in ms; default Infinity
   * @throws NetError `timeout`
   */
  readLock(timeout = Number.POSITIVE_INFINITY): void {
    if (!this.tryReadLock()) this.#readers.wait(this.#read, READ, timeout);
  }

  /** Takes the lock for reading if nobody writes or waits to write; whether it did. @throws NetError `limit` */
  tryReadLock(): boolean {
    const words = this.#words;
    if (this.#writers.isAwaited) return false;
    let state = Atomics.load(words, STATE);
    while (state !== WRITTEN) {
      if (state === MAX_READERS)
        throw new NetError('limit', `More than ${MAX_READERS} readers hold the lock`);
      const found = Atomics.compareExchange(words, STATE, state, state + 1);
      if (found === state) return true;
      state = found;
    }
    return false;
  }

  /** As `readLock`, without blocking the thread. @throws NetError `timeout`, or `signal.reason` */
  readLockAsync(options?: WaitOptions): Promise<void> {
    return this.#readers.waitAsync(this.#read, READ, options);
  }

  /** @throws NetError `busy` when no reader holds the lock */
  readUnlock(): void {
    const words = this.#words;
    let state = Atomics.load(words, STATE);
    for (;;) {
      if (state <= 0) throw new NetError('busy', 'Cannot unlock for reading: no reader holds the lock');
      const found = Atomics.compareExchange(words, STATE, state, state - 1);
      if (found === state) break;
      state = found;
    }
    if (state === 1) this.#wake();
  }

  /**
   * Blocks the thread until it alone holds the lock.
   * @param timeout in ms; default Infinity
   * @throws NetError `timeout`
   */
  writeLock(timeout = Number.POSITIVE_INFINITY): void {
    if (this.tryWriteLock()) return;
    try {
      this.#writers.wait(this.#write, WRITE, timeout);
    } catch (thrown) {
      this.#giveUp();
      throw thrown;
    }
  }

  /** Takes the lock for writing if it is free; whether it did. */
  tryWriteLock(): boolean {
    return Atomics.compareExchange(this.#words, STATE, 0, WRITTEN) === 0;
  }

  /** As `writeLock`, without blocking the thread. @throws NetError `timeout`, or `signal.reason` */
  async writeLockAsync(options?: WaitOptions): Promise<void> {
    try {
      await this.#writers.waitAsync(this.#write, WRITE, options);
    } catch (thrown) {
      this.#giveUp();
      throw thrown;
    }
  }

  /** @throws NetError `busy` when no writer holds the lock */
  writeUnlock(): void {
    if (Atomics.compareExchange(this.#words, STATE, WRITTEN, 0) !== WRITTEN) {
      throw new NetError('busy', 'Cannot unlock for writing: no writer holds the lock');
    }
    this.#wake();
  }

  #wake(): void {
    if (this.#writers.isAwaited) this.#writers.wake(1);
    else this.#readers.wake(Number.POSITIVE_INFINITY);
  }

  /** A writer that waits no longer may have been all that kept readers out. */
  #giveUp(): void {
    if (!this.#writers.isAwaited) this.#readers.wake(Number.POSITIVE_INFINITY);
  }
}
