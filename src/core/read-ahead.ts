/**
 * Bytes that arrived before anybody asked for them. What a wire hands out may be a small part of a large buffer that
 * it shares with other wires: kept for long, a few bytes would hold all of it. Small parts are therefore copied
 * together. It does not know when enough is enough.
 */
import type { Bytes } from './contract.ts';

/** A chunk is kept as it is when it is at least this part of its buffer: what is held is at most so many times what is kept. */
const PART = 16;

/** Bytes of the blocks that small chunks are copied into, from the first to the largest. */
const FIRST_BLOCK = 512;
const LAST_BLOCK = 16 * 1024;

export class ReadAhead {
  #chunks: Bytes[] = [];
  #length = 0;
  /** What the last chunk is the beginning of, when it may grow. */
  #block: Bytes | undefined;
  #end = 0;

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  add(chunk: Bytes): void {
    this.#length += chunk.length;
    if (chunk.length * PART < chunk.buffer.byteLength) {
      this.#append(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#block = undefined;
  }

  /** In front of all that waits. */
  putBack(chunk: Bytes): void {
    this.#length += chunk.length;
    this.#chunks.unshift(chunk);
    if (this.#chunks.length === 1) this.#block = undefined;
  }

  /** The first bytes, as many as lie together. */
  take(): Bytes | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#length -= chunk.length;
    if (this.#chunks.length === 0) this.#block = undefined;
    return chunk;
  }

  #append(chunk: Bytes): void {
    if (this.#block === undefined || this.#block.length - this.#end < chunk.length) this.#startBlock(chunk);
    const block = this.#block!;
    block.set(chunk, this.#end);
    this.#end += chunk.length;
    this.#chunks[this.#chunks.length - 1] = block.subarray(0, this.#end);
  }

  #startBlock(chunk: Bytes): void {
    // Mostly one chunk waits for a moment only: it gets no more than it needs, and whoever keeps it holds no more.
    const size = this.#chunks.length === 0 ? 0 : Math.min(2 * (this.#block?.length ?? 0), LAST_BLOCK);
    const least = this.#chunks.length === 0 ? 0 : FIRST_BLOCK;
    this.#block = new Uint8Array(Math.max(size, least, chunk.length));
    this.#end = 0;
    this.#chunks.push(chunk);
  }
}
