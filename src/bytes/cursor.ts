/**
 * Reads and writes numbers and bytes one after another. It knows no format, and it never goes past the end.
 *
 * Both throw RangeError at the end, which is misuse: whoever reads what a peer sent asks `left` first.
 */

export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  /** Bytes that are still to be read. */
  get left(): number {
    return this.bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** Big-endian, which is network order. */
  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u16le(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  u32le(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8));
  }

  u64le(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** The next `count` bytes, as a view. */
  take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.bytes.subarray(start, start + count);
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.take(this.left);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  #advance(count: number): number {
    const start = this.#offset;
    if (!(count >= 0 && count <= this.left))
      throw new RangeError(`${count} bytes asked at ${start} of ${this.bytes.length}`);
    this.#offset = start + count;
    return start;
  }
}

/** Writes into bytes of a fixed length. Values are taken modulo their width, as a DataView does. */
export class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  /** @param into the bytes to fill, or how many to make */
  constructor(into: Uint8Array | number) {
    const bytes = typeof into === 'number' ? new Uint8Array(into) : into;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  /** Room that is left. */
  get left(): number {
    return this.bytes.length - this.#offset;
  }

  /** What was written so far, as a view. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.#offset);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#advance(1), value);
    return this;
  }

  /** Big-endian, which is network order. */
  u16(value: number): this {
    this.#view.setUint16(this.#advance(2), value);
    return this;
  }

  u16le(value: number): this {
    this.#view.setUint16(this.#advance(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#advance(4), value);
    return this;
  }

  u32le(value: number): this {
    this.#view.setUint32(this.#advance(4), value, true);
    return this;
  }

  u64(value: bigint): this {
    this.#view.setBigUint64(this.#advance(8), value);
    return this;
  }

  u64le(value: bigint): this {
    this.#view.setBigUint64(this.#advance(8), value, true);
    return this;
  }

  put(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#advance(bytes.length));
    return this;
  }

  /** Leaves `count` bytes as they are. */
  skip(count: number): this {
    this.#advance(count);
    return this;
  }

  #advance(count: number): number {
    const start = this.#offset;
    if (!(count >= 0 && count <= this.left))
      throw new RangeError(`${count} bytes do not fit at ${start} of ${this.bytes.length}`);
    this.#offset = start + count;
    return start;
  }
}
