/**
 * A reusable array of `struct iovec` for readv(2) and writev(2); it keeps the bytes that it points to
 * referenced.
 */
import { NetError } from '../core/error.ts';
import { addressOf } from './ffi.ts';
import { Memory } from './memory.ts';

/** IOV_MAX of Linux (readv(2), NOTES). */
export const MAX_IO_VECTOR = 1024;
const ENTRY = 16;

export class IoVector {
  readonly capacity: number;
  readonly #memory: Memory;
  readonly #held: (ArrayBufferView | undefined)[] = [];
  #first = 0;
  #end = 0;

  /** @param capacity parts, 1 to 1024 (IOV_MAX); 64 by default */
  constructor(capacity = 64) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_IO_VECTOR) {
      throw new NetError('limit', `An I/O vector holds 1 to ${MAX_IO_VECTOR} parts, not ${capacity}`);
    }
    this.capacity = capacity;
    this.#memory = new Memory(capacity * ENTRY);
  }

  /** Of the first part that is left. */
  get address(): number {
    return this.#memory.address + this.#first * ENTRY;
  }

  /** Parts that are left. */
  get count(): number {
    return this.#end - this.#first;
  }

  get isFull(): boolean {
    return this.#end === this.capacity;
  }

  /** Appends `bytes` from `offset`; false when the vector is full. */
  add(bytes: Uint8Array, offset = 0): boolean {
    if (!this.addAt(addressOf(bytes) + offset, bytes.length - offset)) return false;
    this.#held[this.#end - 1] = bytes;
    return true;
  }

  /** Appends memory that the caller keeps referenced; false when the vector is full. */
  addAt(address: number, length: number): boolean {
    if (this.#end === this.capacity) return false;
    this.#memory.setUint64(this.#end * ENTRY, address);
    this.#memory.setUint64(this.#end * ENTRY + 8, length);
    this.#end++;
    return true;
  }

  /** Drops the first `count` bytes, as after a partial write; what is left can be passed again as it is. */
  advance(count: number): void {
    let rest = count;
    while (this.#first < this.#end) {
      const offset = this.#first * ENTRY;
      const length = this.#memory.view.getUint32(offset + 8, true);
      if (rest < length) {
        const address = Number(this.#memory.view.getBigUint64(offset, true));
        this.#memory.setUint64(offset, address + rest);
        this.#memory.setUint64(offset + 8, length - rest);
        return;
      }
      rest -= length;
      this.#held[this.#first++] = undefined;
    }
    this.clear();
  }

  /** Empties it and lets go of the bytes. */
  clear(): void {
    this.#held.length = 0;
    this.#first = 0;
    this.#end = 0;
  }
}
