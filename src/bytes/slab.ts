/**
 * One large buffer, handed out front to back in regions, so that a read needs no memory of its own. It is not cleared:
 * clearing costs as much as filling it.
 *
 * A region keeps the whole slab alive: whoever holds a few bytes for long copies them out.
 */

export class Slab {
  readonly buffer: ArrayBuffer;
  readonly #size: number;
  #used = 0;

  /** @param size in bytes, positive */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size <= 0)
      throw new RangeError(`A slab of ${size} bytes cannot be made`);
    this.#size = size;
    this.buffer = Buffer.allocUnsafeSlow(size).buffer;
  }

  /** Bytes handed out so far, which is also where the next region begins. */
  get used(): number {
    return this.#used;
  }

  /** Bytes left to hand out. */
  get free(): number {
    return this.#size - this.#used;
  }

  /**
   * The next `length` bytes. No two regions overlap, and none is handed out twice unless it was given back. The bytes are what was written
   * at `used` beforehand, and anything where nothing was.
   * @throws RangeError when fewer are free
   */
  take(length: number): Uint8Array {
    if (length > this.free) throw new RangeError(`${length} bytes asked of a slab with ${this.free} free`);
    const region = new Uint8Array(this.buffer, this.#used, length);
    this.#used += length;
    return region;
  }

  /**
   * Takes back the last `length` bytes that were handed out, to hand them out again.
   * @throws RangeError when fewer were
   */
  giveBack(length: number): void {
    if (length > this.#used)
      throw new RangeError(`${length} bytes given back to a slab that gave ${this.#used}`);
    this.#used -= length;
  }
}
