/**
 * The array of `struct mmsghdr` that recvmmsg(2) and sendmmsg(2) share: headers, parts and addresses in one
 * block.
 */
import { NetError } from '../core/error.ts';
import { Memory } from './memory.ts';
import { SOCKADDR_STORAGE } from './sockaddr.ts';

/** UIO_MAXIOV: the kernel takes no more messages in one call (sendmmsg(2), NOTES). */
export const MAX_MESSAGE_BATCH = 1024;

const HEADER = 64;
const NAME = 0;
const NAME_LENGTH = 8;
const VECTOR = 16;
const VECTOR_LENGTH = 24;
const FLAGS = 48;
const LENGTH = 56;
const PART = 16;

export class MessageBatch {
  readonly capacity: number;
  readonly #memory: Memory;
  readonly #parts: number;
  readonly #names: number;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_MESSAGE_BATCH) {
      throw new NetError('limit', `A batch holds 1 to ${MAX_MESSAGE_BATCH} messages, not ${capacity}`);
    }
    this.capacity = capacity;
    this.#parts = capacity * HEADER;
    this.#names = this.#parts + capacity * PART;
    this.#memory = new Memory(this.#names + capacity * SOCKADDR_STORAGE);
    for (let index = 0; index < capacity; index++) {
      this.#memory.setUint64(index * HEADER + VECTOR, this.#memory.address + this.#parts + index * PART);
      this.#memory.setUint64(index * HEADER + VECTOR_LENGTH, 1);
    }
  }

  /** Of the header at `index`. */
  headerAddress(index: number): number {
    return this.#memory.address + index * HEADER;
  }

  setPart(index: number, address: number, length: number): void {
    this.#memory.setUint64(this.#parts + index * PART, address);
    this.#memory.setUint64(this.#parts + index * PART + 8, length);
  }

  /** Points the header to its room for an address, of which `length` bytes are in use; 0 for none. */
  setNameLength(index: number, length: number): void {
    const header = index * HEADER;
    this.#memory.setUint64(header + NAME, length === 0 ? 0 : this.#memory.address + this.nameOffset(index));
    this.#memory.view.setUint32(header + NAME_LENGTH, length, true);
  }

  /** Restores the room for an address that a receive has shortened. */
  resetNameLength(index: number): void {
    this.#memory.view.setUint32(index * HEADER + NAME_LENGTH, SOCKADDR_STORAGE, true);
  }

  nameLength(index: number): number {
    return this.#memory.view.getUint32(index * HEADER + NAME_LENGTH, true);
  }

  /** Of the address at `index`, in `bytes`. */
  nameOffset(index: number): number {
    return this.#names + index * SOCKADDR_STORAGE;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.bytes;
  }

  flags(index: number): number {
    return this.#memory.view.getInt32(index * HEADER + FLAGS, true);
  }

  length(index: number): number {
    return this.#memory.view.getUint32(index * HEADER + LENGTH, true);
  }
}
