/** sendmmsg(2): many datagrams in one call. */
import { MSG_NOSIGNAL } from './constants.ts';
import { addressOf, errno, libc } from './ffi.ts';
import { hold } from './memory.ts';
import { MessageBatch } from './message-batch.ts';

/**
 * Sends what `batch` holds, in order.
 * @returns how many datagrams left, or `-errno` when not even the first did. Fewer than all: `advance` and
 * call again, which sends more or reports why not.
 */
export function sendmmsg(fd: number, batch: SendBatch, flags = 0): number {
  hold(batch);
  const count = libc().sendmmsg(fd, batch.address, batch.count, flags | MSG_NOSIGNAL);
  return count < 0 ? -errno() : count;
}

/** Datagrams to send. It keeps their bytes referenced until they are dropped. */
export class SendBatch {
  readonly capacity: number;
  readonly #batch: MessageBatch;
  readonly #held: (Uint8Array | undefined)[] = [];
  #first = 0;
  #end = 0;

  /** @param capacity datagrams per call, 1 to 1024; 64 by default */
  constructor(capacity = 64) {
    this.capacity = capacity;
    this.#batch = new MessageBatch(capacity);
  }

  /** Of the header of the first datagram that is left. */
  get address(): number {
    return this.#batch.headerAddress(this.#first);
  }

  /** Datagrams that are left. */
  get count(): number {
    return this.#end - this.#first;
  }

  get isFull(): boolean {
    return this.#end === this.capacity;
  }

  /**
   * Appends a datagram; false when the batch is full.
   * @param to an encoded address, as `Sockaddr.copy` and `ReceiveBatch.name` give; null on a connected socket
   */
  add(data: Uint8Array, to: Uint8Array | null = null): boolean {
    if (!this.addAt(data.length === 0 ? 0 : addressOf(data), data.length, to)) return false;
    this.#held[this.#end - 1] = data;
    return true;
  }

  /** Appends a datagram from memory that the caller keeps referenced; false when the batch is full. */
  addAt(address: number, length: number, to: Uint8Array | null = null): boolean {
    if (this.#end === this.capacity) return false;
    const index = this.#end++;
    this.#batch.setPart(index, address, length);
    if (to !== null) this.#batch.bytes.set(to, this.#batch.nameOffset(index));
    this.#batch.setNameLength(index, to === null ? 0 : to.length);
    return true;
  }

  /** Drops the first `count` datagrams: those that were sent, or one that cannot be. */
  advance(count: number): void {
    const stop = Math.min(this.#first + count, this.#end);
    while (this.#first < stop) this.#held[this.#first++] = undefined;
    if (this.#first === this.#end) this.clear();
  }

  /** Empties it and lets go of the bytes. */
  clear(): void {
    this.#held.length = 0;
    this.#first = 0;
    this.#end = 0;
  }
}
