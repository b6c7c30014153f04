/**
 * Where bytes are decrypted and encrypted to: one large buffer after the other, handed out in the regions that were filled, so that
 * a chunk needs no memory of its own. Of this thread, shared by all its connections; a region is handed out once.
 */
import type { Bytes } from '../../core/contract.ts';
import { addressOf } from '../../kernel/index.ts';

/** Bytes of a buffer. One that is kept holds the whole: see `Slab`. */
const SIZE = 256 * 1024;

export class Regions {
  #buffer!: ArrayBuffer;
  #base = 0;
  #used = SIZE;
  #last: Bytes | undefined;
  #lastAddress = 0;

  /**
   * The address of `length` free bytes; they stay free until `take`, also for the next who asks.
   * @param length at most 256 KiB
   */
  reserve(length: number): number {
    if (SIZE - this.#used < length) {
      this.#buffer = Buffer.allocUnsafeSlow(SIZE).buffer;
      this.#base = addressOf(this.#buffer);
      this.#used = 0;
      // What was taken last is a part of another buffer now.
      this.#last = undefined;
    }
    return this.#base + this.#used;
  }

  /** The first `length` bytes of what was reserved last; they are the caller's. */
  take(length: number): Bytes {
    this.#lastAddress = this.#base + this.#used;
    this.#last = new Uint8Array(this.#buffer, this.#used, length);
    this.#used += length;
    return this.#last;
  }

  /** Nobody holds `data` any more: when it is what was taken last, its place is free again. */
  giveBack(data: Bytes): void {
    if (data !== this.#last) return;
    this.#used -= data.length;
    this.#last = undefined;
  }

  /** Where `data` lies, when it is what was taken last; else 0. A number is a cheaper argument of a call than an array. */
  addressOf(data: Bytes): number {
    return data === this.#last ? this.#lastAddress : 0;
  }
}

/** What was decrypted. */
export const plainRegions: Regions = new Regions();

/** What was encrypted. */
export const cipherRegions: Regions = new Regions();
