/** Where sockets are read into: one slab after the other, each handed out in the regions that were filled. */
import { Slab } from '../bytes/slab.ts';
import { addressOf } from '../kernel/index.ts';

/** The most one read takes. Precedent: libuv asks for 64 KiB a read. */
export const READ_SIZE = 64 * 1024;

/**
 * Bytes of a slab. One that is kept holds the whole slab, so larger means that less is allocated and more is held by
 * whoever keeps a few bytes for long.
 */
const SLAB_SIZE = 4 * READ_SIZE;

export class ReadBuffer {
  #slab = new Slab(SLAB_SIZE);
  #base = addressOf(this.#slab.buffer);
  #last: Uint8Array | undefined;
  #lastAddress = 0;

  /** Where to read to: `READ_SIZE` bytes are free there, until `take`. */
  reserve(): number {
    if (this.#slab.free < READ_SIZE) {
      this.#slab = new Slab(SLAB_SIZE);
      this.#base = addressOf(this.#slab.buffer);
      // What was taken last is a part of another slab now.
      this.#last = undefined;
    }
    return this.#base + this.#slab.used;
  }

  /** The first `length` bytes at what `reserve` returned; they are the caller's. */
  take(length: number): Uint8Array {
    this.#lastAddress = this.#base + this.#slab.used;
    this.#last = this.#slab.take(length);
    return this.#last;
  }

  /** Nobody holds `data` any more: when it is what `take` returned last, its place is read into again. */
  giveBack(data: Uint8Array): void {
    if (data !== this.#last) return;
    this.#last = undefined;
    this.#slab.giveBack(data.length);
  }

  /**
   * Where `data` lies, when it is what `take` returned last; else 0. Much of what is sent is what was received just now,
   * and a number is a cheaper argument of a system call than an array.
   */
  addressOf(data: Uint8Array): number {
    return data === this.#last ? this.#lastAddress : 0;
  }
}
