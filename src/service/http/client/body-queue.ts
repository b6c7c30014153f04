/** The body of an answer between the connection that brings it and whoever reads it. It does not know what is framed how. */
import { ByteQueue } from '../../../bytes/index.ts';
import { type Bytes, NetError } from '../../../core/index.ts';
import { BODY_AHEAD } from './limits.ts';

export interface BodyHooks {
  /** There is room again. */
  onRoom(): void;
  /** Nobody wants the rest. */
  onCancel(): void;
}

interface Waiter {
  resolve(chunk: Bytes | null): void;
  reject(reason: unknown): void;
}

export class BodyQueue {
  readonly #queue = new ByteQueue();
  readonly #hooks: BodyHooks;
  #waiter: Waiter | undefined;
  #ended = false;
  #error: unknown;
  #failed = false;
  #full = false;
  #cancelled = false;
  #taken = 0;

  constructor(hooks: BodyHooks) {
    this.#hooks = hooks;
  }

  /** Bytes that the reader has taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether it waits for its reader. */
  get full(): boolean {
    return this.#full;
  }

  /** `false` asks to wait for `onRoom`; the chunk is taken in any case. */
  push(chunk: Bytes): boolean {
    if (this.#cancelled) return true;
    if (this.#waiter !== undefined) {
      this.#taken += chunk.length;
      this.#takeWaiter()?.resolve(chunk);
      return true;
    }
    this.#queue.push(chunk);
    this.#full = this.#queue.length >= BODY_AHEAD;
    return !this.#full;
  }

  end(): void {
    this.#ended = true;
    this.#takeWaiter()?.resolve(null);
  }

  /** What has come is read first. */
  fail(error: unknown): void {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#takeWaiter()?.reject(error);
  }

  /**
   * The next bytes; `null` is the end.
   * @throws NetError `busy` when another read waits, `closed` after `cancel`, or what broke the body off
   */
  read(): Promise<Bytes | null> {
    if (this.#waiter !== undefined)
      return Promise.reject(new NetError('busy', 'another read of the body waits'));
    if (this.#cancelled) return Promise.reject(new NetError('closed', 'the body was cancelled'));
    const chunk = this.#queue.shift();
    if (chunk !== null) return Promise.resolve(this.#consumed(chunk));
    if (this.#ended) return Promise.resolve(null);
    if (this.#failed) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Drops what is here and what still comes. Idempotent. */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#queue.clear();
    this.#full = false;
    this.#takeWaiter()?.reject(new NetError('closed', 'the body was cancelled'));
    this.#hooks.onCancel();
  }

  #consumed(chunk: Bytes): Bytes {
    this.#taken += chunk.length;
    if (this.#full && this.#queue.length < BODY_AHEAD / 2) {
      this.#full = false;
      // Not from within: the reader is to have its chunk before more comes.
      queueMicrotask(this.#hooks.onRoom);
    }
    return chunk;
  }

  #takeWaiter(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }
}
