/** A first-in first-out queue of bytes, kept as the chunks that arrived; it copies only across their borders. */

const EMPTY = new Uint8Array(0);

export class ByteQueue {
  #chunks: Uint8Array[] = [];
  /** Index of the first chunk that is not consumed; the array is compacted when half of it is dead. */
  #head = 0;
  /** Consumed bytes of the first chunk. */
  #offset = 0;
  #length = 0;

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Appends a chunk without copying it; the caller hands it over. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `count` bytes: a view when they lie in one chunk, a copy when they do not. `count` is at most `length`. */
  take(count: number): Uint8Array {
    if (count === 0) return EMPTY;
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
    const first = this.#chunks[this.#head];
    if (first === undefined) return null;
    const rest = this.#offset === 0 ? first : first.subarray(this.#offset);
    this.skip(rest.length);
    return rest;
  }

  /** Like `take`, and they stay. */
  peek(count: number): Uint8Array {
    if (count === 0) return EMPTY;
    this.#check(count);
    const first = this.#chunks[this.#head]!;
    const end = this.#offset + count;
    if (end <= first.length)
      return this.#offset === 0 && end === first.length ? first : first.subarray(this.#offset, end);
    return this.#join(count);
  }

  /** The byte at `index`, which is below `length`. */
  at(index: number): number {
    this.#check(index + 1);
    let at = this.#head;
    let rest = index + this.#offset;
    while (rest >= this.#chunks[at]!.length) rest -= this.#chunks[at++]!.length;
    return this.#chunks[at]![rest]!;
  }

  /** Index of the first `byte` at or after `from`, or -1. */
  indexOf(byte: number, from = 0): number {
    // Where the chunk would begin if nothing of the first one had been consumed.
    let base = -this.#offset;
    let start = from + this.#offset;
    for (let at = this.#head; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      const found = start < chunk.length ? chunk.indexOf(byte, start) : -1;
      if (found >= 0) return base + found;
      base += chunk.length;
      start = Math.max(0, start - chunk.length);
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

  #compact(): void {
    if (this.#head === 0) return;
    if (this.#head === this.#chunks.length) this.#chunks.length = 0;
    else this.#chunks.splice(0, this.#head);
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
    if (count > this.#length)
      throw new RangeError(`${count} bytes asked of a queue that holds ${this.#length}`);
  }
}
