/**
 * A first-in first-out queue of bytes, kept as the chunks that arrived; it copies only across their borders, and
 * small chunks that must wait behind others.
 */

const EMPTY = new Uint8Array(0);

/**
 * A chunk below this, in bytes, that arrives behind others is copied to them: a peer that sends byte by byte would
 * otherwise cost an object a byte. Copying so little is cheaper than the system call that read it.
 */
const SMALL = 1024;

/** Blocks that small chunks are copied to double from the one size to the other, so that their number stays low. */
const FIRST_BLOCK = 512;
const LAST_BLOCK = 64 * 1024;

export class ByteQueue {
  #chunks: Uint8Array[] = [];
  /** Index of the first chunk that is not consumed; the array is compacted when half of it is dead. */
  #head = 0;
  /** Consumed bytes of the first chunk. */
  #offset = 0;
  #length = 0;
  /** Memory of our own; the last chunk is its beginning, as long as `#filled` says. */
  #block: Uint8Array | undefined;
  #filled = 0;
  /** Index of the first byte of the chunk that `#chunkOf` found. */
  #base = 0;

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Appends a chunk, which the caller hands over. It is copied only when it is small and others wait before it. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#length > 0 && chunk.length < SMALL) {
      this.#append(chunk);
    } else {
      this.#block = undefined;
      this.#chunks.push(chunk);
    }
    this.#length += chunk.length;
  }

  /** The next `count` bytes: a view when they lie in one chunk, a copy when they do not. `count` is at most `length`. */
  take(count: number): Uint8Array {
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }

  /** Everything, joined if need be. */
  takeAll(): Uint8Array {
    return this.take(this.#length);
  }

  /** What is left of the first chunk, or `null`; never copies. */
  shift(): Uint8Array | null {
    if (this.#length === 0) return null;
    const rest = this.segment(0);
    this.skip(rest.length);
    return rest;
  }

  /** Like `take`, and they stay. */
  peek(count: number): Uint8Array {
    this.#check(count);
    if (count === 0) return EMPTY;
    const first = this.#chunks[this.#head]!;
    const end = this.#offset + count;
    if (end > first.length) return this.#join(count);
    return this.#offset === 0 && end === first.length ? first : first.subarray(this.#offset, end);
  }

  /** The byte at `index`, which is below `length`. */
  at(index: number): number {
    this.#check(index + 1);
    const chunk = this.#chunks[this.#chunkOf(index)]!;
    return chunk[index - this.#base]!;
  }

  /** The bytes from `index`, which is below `length`, to the end of the chunk that it lies in; never copies. */
  segment(index: number): Uint8Array {
    this.#check(index + 1);
    const chunk = this.#chunks[this.#chunkOf(index)]!;
    return index === this.#base ? chunk : chunk.subarray(index - this.#base);
  }

  /** Index of the first `byte` at or after `from`, or -1. */
  indexOf(byte: number, from = 0): number {
    if (from >= this.#length) return -1;
    let at = this.#chunkOf(from);
    let base = this.#base;
    let start = from - base;
    for (; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      const found = chunk.indexOf(byte, start);
      if (found >= 0) return base + found;
      base += chunk.length;
      start = 0;
    }
    return -1;
  }

  /** Drops the next `count` bytes. */
  skip(count: number): void {
    this.#check(count);
    this.#length -= count;
    let left = count + this.#offset;
    while (this.#head < this.#chunks.length && left >= this.#chunks[this.#head]!.length) {
      left -= this.#chunks[this.#head]!.length;
      this.#chunks[this.#head++] = EMPTY;
    }
    this.#offset = left;
    if (this.#head * 2 >= this.#chunks.length) this.#compact();
  }

  clear(): void {
    this.skip(this.#length);
  }

  /**
   * For bytes that will wait for long: moves them off a large buffer when they are few, so that the beginning of a
   * message does not keep alive all that was read together with it.
   */
  release(): void {
    if (this.#length === 0 || this.#length >= SMALL) return;
    if (this.#chunks[this.#head]!.buffer.byteLength <= 4 * SMALL) return;
    const bytes = this.takeAll();
    this.#append(bytes);
    this.#length = bytes.length;
  }

  #append(chunk: Uint8Array): void {
    if (this.#block === undefined || this.#block.length - this.#filled < chunk.length) {
      this.#block = new Uint8Array(this.#nextBlock(chunk.length));
      this.#filled = 0;
      this.#chunks.push(EMPTY);
    }
    this.#block.set(chunk, this.#filled);
    this.#filled += chunk.length;
    // Views that were handed out end before the bytes that are new.
    this.#chunks[this.#chunks.length - 1] = this.#block.subarray(0, this.#filled);
  }

  #nextBlock(length: number): number {
    const doubled = this.#block === undefined ? FIRST_BLOCK : Math.min(this.#block.length * 2, LAST_BLOCK);
    return Math.max(doubled, length);
  }

  /** Index of the chunk that holds the byte at `index`, which is below `length`; sets `#base`. */
  #chunkOf(index: number): number {
    // A search goes on where bytes were added: look there first.
    const last = this.#chunks.length - 1;
    this.#base = this.#length - this.#chunks[last]!.length;
    if (index >= this.#base) return last;
    let at = this.#head;
    this.#base = -this.#offset;
    while (index - this.#base >= this.#chunks[at]!.length) this.#base += this.#chunks[at++]!.length;
    return at;
  }

  #compact(): void {
    if (this.#head === 0) return;
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#block = undefined;
    } else {
      this.#chunks.splice(0, this.#head);
    }
    this.#head = 0;
  }

  #join(count: number): Uint8Array {
    const joined = new Uint8Array(count);
    let filled = 0;
    let offset = this.#offset;
    for (let at = this.#head; filled < count; at++) {
      const chunk = this.#chunks[at]!;
      const part = chunk.subarray(offset, Math.min(chunk.length, offset + count - filled));
      joined.set(part, filled);
      filled += part.length;
      offset = 0;
    }
    return joined;
  }

  #check(count: number): void {
    if (count >= 0 && count <= this.#length) return;
    throw new RangeError(`${count} bytes asked of a queue that holds ${this.#length}`);
  }
}
