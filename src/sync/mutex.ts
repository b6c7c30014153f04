/**
 * A lock that one thread holds at a time. It knows nothing of what it protects.
 *
 * Three states, as in U. Drepper, "Futexes Are Tricky" (2011), section 6: whoever waits leaves the lock marked, and only
 * a marked lock costs its holder a wake-up. Without contention, locking and unlocking make no system call.
 */
import { threadId } from 'node:worker_threads';
import { NetError } from '../core/error.ts';
import { Bell } from './bell.ts';
import { CACHE_LINE, handleOf, isHandle, type Placement, place, type SharedHandle } from './place.ts';
import { checkTimeout, deadlineOf, remaining, timeoutError, type WaitOptions } from './wait.ts';

/** Bytes that a mutex takes. */
export const MUTEX_BYTES = CACHE_LINE;

export interface MutexOptions extends Placement {
  /**
   * Remember which thread holds it: locking it twice (a deadlock with oneself), and unlocking it in a thread that does
   * not hold it, are then errors. Default false. It is a property of the mutex, in whichever thread.
   */
  readonly checked?: boolean | undefined;
}

const STATE = 1;
const OWNER = 2;
const CHECKED = 3;
const BELL = 4;

const FREE = 0;
const LOCKED = 1;
/** Locked, and a thread may sleep. */
const AWAITED = 2;

const WHAT = 'lock the mutex';

/** Not 0, which is nobody. */
const ME = threadId + 1;

export class Mutex {
  readonly #words: Int32Array;
  readonly #bell: Bell;
  readonly #checked: boolean;

  /** Makes a mutex that is free, or finds one by its handle. @throws NetError for memory that it cannot live in */
  constructor(from: MutexOptions | SharedHandle<'mutex'> = {}) {
    this.#words = place('mutex', MUTEX_BYTES, from);
    if (!isHandle(from) && from.checked) Atomics.store(this.#words, CHECKED, 1);
    this.#checked = Atomics.load(this.#words, CHECKED) === 1;
    this.#bell = new Bell(this.#words, BELL);
  }

  /** The mutex of another thread. */
  static from(handle: SharedHandle<'mutex'>): Mutex {
    return new Mutex(handle);
  }

  get handle(): SharedHandle<'mutex'> {
    return handleOf('mutex', this.#words);
  }

  /** Whether some thread holds it, at this moment. */
  get isLocked(): boolean {
    return Atomics.load(this.#words, STATE) !== FREE;
  }

  /**
   * Blocks the thread until it holds the lock.
   * @param timeout in ms; default Infinity
   * @throws NetError `timeout`; `busy` when this thread holds it (a checked mutex)
   */
  lock(timeout = Number.POSITIVE_INFINITY): void {
    if (timeout !== Number.POSITIVE_INFINITY) checkTimeout(timeout);
    if (!this.tryLock()) this.#lockSlow(timeout);
  }

  /** Takes the lock if it is free; whether it did. */
  tryLock(): boolean {
    if (Atomics.compareExchange(this.#words, STATE, FREE, LOCKED) !== FREE) return false;
    if (this.#checked) this.#words[OWNER] = ME;
    return true;
  }

  /**
   * Waits for the lock without blocking the thread. Those of one thread get it in the order of their calls. The thread
   * owns the lock, not the one who called: another task of the same thread may unlock it.
   * @throws NetError `timeout`, or `signal.reason`
   */
  lockAsync(options?: WaitOptions): Promise<void> {
    return this.#bell.wait(() => this.tryLock(), WHAT, options);
  }

  /**
   * Runs `action`, which gives no promise, as soon as the lock is free, and resolves with what it returns. The lock is
   * never held when the thread goes back to its event loop, so `lock` in the same thread cannot wait for it in vain.
   * @throws NetError `timeout`, `signal.reason`, or what `action` throws
   */
  async runAsync<T>(action: () => T, options?: WaitOptions): Promise<T> {
    let result: T | undefined;
    const attempt = (): boolean => {
      if (!this.tryLock()) return false;
      try {
        result = action();
      } finally {
        this.unlock();
      }
      return true;
    };
    await this.#bell.wait(attempt, WHAT, options);
    return result as T;
  }

  /**
   * Frees the lock.
   * @throws NetError `busy` when it was not locked, or (a checked mutex) another thread holds it
   */
  unlock(): void {
    if (this.#checked) this.#disown();
    const before = Atomics.exchange(this.#words, STATE, FREE);
    if (before === AWAITED) Atomics.notify(this.#words, STATE, 1);
    else if (before === FREE) throw new NetError('busy', 'Cannot unlock the mutex: it is not locked');
    this.#bell.ring();
  }

  /** Locks, and unlocks at the end of the block: `using guard = mutex.guard()`. As `lock` otherwise. */
  guard(timeout?: number): Disposable {
    this.lock(timeout);
    return new Guard(this);
  }

  /** As `guard`, without blocking: `using guard = await mutex.guardAsync()`. */
  async guardAsync(options?: WaitOptions): Promise<Disposable> {
    await this.lockAsync(options);
    return new Guard(this);
  }

  #lockSlow(timeout: number): void {
    if (this.#checked && this.#words[OWNER] === ME) {
      const what = 'Cannot lock the mutex: this thread holds it and would wait for itself';
      throw new NetError('busy', `${what}; unlock it first, or use lockAsync`);
    }
    const deadline = deadlineOf(timeout);
    // Taken as awaited, because others may sleep. At worst that is one wake-up for nobody.
    while (Atomics.exchange(this.#words, STATE, AWAITED) !== FREE) {
      const result = Atomics.wait(this.#words, STATE, AWAITED, remaining(deadline));
      if (result === 'timed-out') throw timeoutError(WHAT, timeout);
    }
    if (this.#checked) this.#words[OWNER] = ME;
  }

  /** The owner is read by others, but only its own thread finds itself there, so plain reads and writes will do. */
  #disown(): void {
    const owner = this.#words[OWNER]!;
    if (owner !== ME) {
      const who = owner === 0 ? 'nobody' : `thread ${owner - 1}`;
      throw new NetError('busy', `Cannot unlock the mutex in thread ${ME - 1}: ${who} holds it`);
    }
    this.#words[OWNER] = 0;
  }
}

/** Unlocks once, however often it is disposed of. */
class Guard implements Disposable {
  #mutex: Mutex | null;

  constructor(mutex: Mutex) {
    this.#mutex = mutex;
  }

  [Symbol.dispose](): void {
    const mutex = this.#mutex;
    this.#mutex = null;
    mutex?.unlock();
  }
}
