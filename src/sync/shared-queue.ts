/**
 * A bounded queue of records of one size, for any number of producers and consumers in any thread: a mutex and two
 * conditions around a ring. It knows nothing of what the records mean.
 */
import { NetError } from '../core/error.ts';
import { CONDITION_BYTES, Condition } from './condition.ts';
import { MUTEX_BYTES, Mutex } from './mutex.ts';
import {
  CACHE_LINE,
  checkCount,
  handleOf,
  isHandle,
  type Placement,
  place,
  type SharedHandle,
} from './place.ts';
import { Records, type SharedRecord, strideOf } from './records.ts';
import { checkTimeout, deadlineOf, remaining, timeoutError, type WaitOptions } from './wait.ts';

/** The most records a queue holds. Precedent: `HARD_MSGMAX` of Linux (mq_overview(7)). */
export const MAX_CAPACITY = 65_536;

/** The largest record, in bytes. Precedent: `HARD_MSGSIZEMAX` of Linux (mq_overview(7)). */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** The largest queue, in bytes. Precedent: `buffer.constants.MAX_LENGTH` of Node on 32-bit machines, about 1 GiB. */
export const MAX_QUEUE_BYTES = 2 ** 30;

export interface SharedQueueSize {
  /** Records that it holds, 1 to `MAX_CAPACITY`. */
  readonly capacity: number;
  /** Bytes of a record, 1 to `MAX_RECORD_BYTES`. */
  readonly recordBytes: number;
}

export interface SharedQueueOptions extends SharedQueueSize, Placement {}

const RECORD_BYTES = 1;
const CAPACITY = 2;
const CLOSED = 3;
const HEAD = 4;
const LENGTH = 5;

const PUSH = 'push to the queue';
const POP = 'pop from the queue';

const NEVER = (): boolean => false;

/** Where the parts lie, in bytes. */
const MUTEX_AT = CACHE_LINE;
const NOT_EMPTY_AT = MUTEX_AT + MUTEX_BYTES;
const NOT_FULL_AT = NOT_EMPTY_AT + CONDITION_BYTES;
const RECORDS_AT = NOT_FULL_AT + CONDITION_BYTES;

/**
 * Bytes that a queue takes.
 * @throws NetError `limit` for sizes out of range
 */
export function sharedQueueBytes({ capacity, recordBytes }: SharedQueueSize): number {
  checkCount('The capacity of a queue', capacity, 1, MAX_CAPACITY);
  checkCount('The size of a record', recordBytes, 1, MAX_RECORD_BYTES);
  const bytes = RECORDS_AT + capacity * strideOf(recordBytes);
  checkCount('The size of a queue', bytes, 1, MAX_QUEUE_BYTES);
  return bytes;
}

export class SharedQueue {
  readonly #words: Int32Array;
  readonly #records: Records;
  readonly #mutex: Mutex;
  readonly #notEmpty: Condition;
  readonly #notFull: Condition;
  /** Of this thread alone: promises push and pop in the order of the calls. */
  readonly #pushTurn = new Mutex();
  readonly #popTurn = new Mutex();
  readonly capacity: number;
  readonly recordBytes: number;

  /** @throws NetError `limit` for sizes out of range, or for memory that it cannot live in */
  constructor(from: SharedQueueOptions | SharedHandle<'queue'>) {
    const words = isHandle(from) ? place('queue', RECORDS_AT, from) : make(from);
    this.capacity = words[CAPACITY]!;
    this.recordBytes = words[RECORD_BYTES]!;
    this.#words = place('queue', sharedQueueBytes(this), handleOf('queue', words));
    const { buffer, offset } = this.handle;
    const part = <K extends string>(kind: K, at: number) => ({ kind, buffer, offset: offset + at });
    this.#mutex = new Mutex(part('mutex', MUTEX_AT));
    this.#notEmpty = new Condition(part('condition', NOT_EMPTY_AT));
    this.#notFull = new Condition(part('condition', NOT_FULL_AT));
    this.#records = new Records(buffer, offset + RECORDS_AT, this.recordBytes, this.capacity);
  }

  /** The queue of another thread. */
  static from(handle: SharedHandle<'queue'>): SharedQueue {
    return new SharedQueue(handle);
  }

  get handle(): SharedHandle<'queue'> {
    return handleOf('queue', this.#words);
  }

  /** Records that are in it at this moment. */
  get length(): number {
    return Atomics.load(this.#words, LENGTH);
  }

  get isClosed(): boolean {
    return Atomics.load(this.#words, CLOSED) !== 0;
  }

  /**
   * Copies a record in; blocks the thread while the queue is full.
   * @param timeout in ms; default Infinity
   * @throws NetError `timeout`, `closed`, or `limit` when the array has not the size of a record
   */
  push(record: SharedRecord, timeout = Number.POSITIVE_INFINITY): void {
    this.#records.check(record);
    checkTimeout(timeout);
    const deadline = deadlineOf(timeout);
    try {
      this.#mutex.lock(timeout);
      try {
        while (!this.#put(record)) this.#notFull.wait(this.#mutex, remaining(deadline));
      } finally {
        this.#mutex.unlock();
      }
    } catch (thrown) {
      throw late(thrown, PUSH, timeout);
    }
    this.#notEmpty.notifyOne();
  }

  /** Copies a record in if there is room; whether it did. It may wait for another thread's copy. @throws as `push` */
  tryPush(record: SharedRecord): boolean {
    this.#records.check(record);
    this.#mutex.lock();
    let isPut = false;
    try {
      isPut = this.#put(record);
    } finally {
      this.#mutex.unlock();
    }
    if (isPut) this.#notEmpty.notifyOne();
    return isPut;
  }

  /**
   * As `push`, without blocking the thread. The array is to be left alone until the promise settles; if it rejects,
   * nothing was pushed. Pushes of one thread keep their order, also when they are not awaited.
   * @throws NetError as `push`, or `signal.reason`
   */
  async pushAsync(record: SharedRecord, options: WaitOptions = {}): Promise<void> {
    this.#records.check(record);
    const attempt = (): boolean => {
      const isPut = this.#put(record);
      if (isPut) this.#notEmpty.notifyOne();
      return isPut;
    };
    await this.#inTurn(this.#pushTurn, this.#notFull, attempt, options, PUSH);
  }

  /**
   * Copies the oldest record out; blocks the thread while the queue is empty.
   * @param timeout in ms; default Infinity
   * @param isUnwanted looked at while the queue is empty, whenever the thread wakes (`wake`): true ends the wait
   * @returns false when the queue is closed and empty, or it is empty and unwanted; the array is unchanged then
   * @throws NetError `timeout`, or `limit` when the array has not the size of a record
   */
  pop(into: SharedRecord, timeout = Number.POSITIVE_INFINITY, isUnwanted = NEVER): boolean {
    this.#records.check(into);
    checkTimeout(timeout);
    const deadline = deadlineOf(timeout);
    let isTaken = false;
    try {
      this.#mutex.lock(timeout);
      try {
        isTaken = this.#take(into);
        while (!isTaken && !this.#isOver && !isUnwanted()) {
          this.#notEmpty.wait(this.#mutex, remaining(deadline));
          isTaken = this.#take(into);
        }
      } finally {
        this.#mutex.unlock();
      }
    } catch (thrown) {
      throw late(thrown, POP, timeout);
    }
    if (isTaken) this.#notFull.notifyOne();
    return isTaken;
  }

  /** Copies the oldest record out if there is one; whether it did. It may wait for another thread's copy. */
  tryPop(into: SharedRecord): boolean {
    this.#records.check(into);
    this.#mutex.lock();
    const isTaken = this.#take(into);
    this.#mutex.unlock();
    if (isTaken) this.#notFull.notifyOne();
    return isTaken;
  }

  /**
   * As `pop`, without blocking the thread. The array is to be left alone until the promise settles; if it rejects,
   * nothing was taken.
   * @throws NetError as `pop`, or `signal.reason`
   */
  async popAsync(into: SharedRecord, options: WaitOptions = {}): Promise<boolean> {
    this.#records.check(into);
    let isTaken = false;
    const attempt = (): boolean => {
      isTaken = this.#take(into);
      if (isTaken) this.#notFull.notifyOne();
      return isTaken || this.#isOver;
    };
    await this.#inTurn(this.#popTurn, this.#notEmpty, attempt, options, POP);
    return isTaken;
  }

  /** Wakes all threads that are blocked in `pop`, so that each looks again whether it wants to be. */
  wake(): void {
    // Whoever has looked holds it until it sleeps.
    this.#mutex.lock();
    this.#mutex.unlock();
    this.#notEmpty.notifyAll();
  }

  /**
   * Ends it, for all threads: pushing is an error from now on, also for those that wait to; what is in it can be popped.
   * Idempotent.
   */
  close(): void {
    this.#mutex.lock();
    Atomics.store(this.#words, CLOSED, 1);
    this.#mutex.unlock();
    this.#notEmpty.notifyAll();
    this.#notFull.notifyAll();
  }

  /** Closed and empty. The mutex is held, here and below. */
  get #isOver(): boolean {
    return this.#words[CLOSED] !== 0 && this.#words[LENGTH] === 0;
  }

  #put(record: SharedRecord): boolean {
    const words = this.#words;
    if (words[CLOSED] !== 0) throw new NetError('closed', 'Cannot push: the queue is closed');
    const length = words[LENGTH]!;
    if (length === this.capacity) return false;
    this.#records.store((words[HEAD]! + length) % this.capacity, record);
    words[LENGTH] = length + 1;
    return true;
  }

  #take(into: SharedRecord): boolean {
    const words = this.#words;
    if (words[LENGTH] === 0) return false;
    const head = words[HEAD]!;
    this.#records.load(head, into);
    words[HEAD] = head + 1 === this.capacity ? 0 : head + 1;
    words[LENGTH]!--;
    return true;
  }

  /** Repeats the attempt, each time under the mutex, until it succeeds. The mutex is never held across a turn. */
  async #inTurn(
    turn: Mutex,
    condition: Condition,
    attempt: () => boolean,
    options: WaitOptions,
    what: string,
  ): Promise<void> {
    const { timeout = Number.POSITIVE_INFINITY } = options;
    checkTimeout(timeout);
    const deadline = deadlineOf(timeout);
    const left = (): WaitOptions => ({ ...options, timeout: remaining(deadline) });
    const look = () => (attempt() ? null : condition.changes);
    try {
      using _turn = await turn.guardAsync(left());
      for (;;) {
        const changes = await this.#mutex.runAsync(look, left());
        if (changes === null) return;
        await condition.changed(changes, left());
      }
    } catch (thrown) {
      throw late(thrown, what, timeout);
    }
  }
}

/** A timeout of a part, in the words of the whole. */
function late(thrown: unknown, what: string, timeout: number): unknown {
  return thrown instanceof NetError && thrown.code === 'timeout' ? timeoutError(what, timeout) : thrown;
}

function make(options: SharedQueueOptions): Int32Array {
  const bytes = sharedQueueBytes(options);
  const words = place('queue', bytes, options);
  const { buffer, offset } = handleOf('queue', words);
  new Mutex({ buffer, offset: offset + MUTEX_AT });
  new Condition({ buffer, offset: offset + NOT_EMPTY_AT });
  new Condition({ buffer, offset: offset + NOT_FULL_AT });
  words[RECORD_BYTES] = options.recordBytes;
  words[CAPACITY] = options.capacity;
  return words;
}
