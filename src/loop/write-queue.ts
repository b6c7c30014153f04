/** Bytes that the system did not take at once, in the order of their pushes. */
import { EAGAIN, EINTR, IoVector, writev } from '../kernel/index.ts';

/** Chunks handed to the kernel in one call. More save little: each holds what one push could not send. */
const MAX_PARTS = 64;

/** Chunks below this are copied together when they wait. */
const SMALL = 1024;
const FIRST_BLOCK = 2 * 1024;
const BLOCK = 16 * 1024;
const EMPTY: Uint8Array = new Uint8Array(0);

let vector: IoVector | undefined;

export class WriteQueue {
  #chunks: Uint8Array[] = [];
  #head = 0;
  /** Bytes of the first chunk that have left. */
  #offset = 0;
  #length = 0;
  /** The last chunk, as far as it is filled, and where it may grow. */
  #tail = EMPTY;
  #block: Uint8Array | undefined;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length < SMALL) this.#append(chunk);
    else this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Writes until all has left or the socket is full: 0, or `-errno`. */
  flush(fd: number): number {
    while (this.#length > 0) {
      const parts = this.#gather();
      const sent = writev(fd, parts);
      parts.clear();
      if (sent === -EAGAIN) return 0;
      if (sent === -EINTR) continue;
      if (sent < 0) return sent;
      this.#drop(sent);
    }
    return 0;
  }

  /** Small chunks are copied together: one by one they would cost many times what they hold, and calls. */
  #append(chunk: Uint8Array): void {
    const last = this.#chunks.length - 1;
    // Something else was pushed after the block, or all of it has left.
    const grows = this.#block !== undefined && last >= this.#head && this.#chunks[last] === this.#tail;
    if (!grows || this.#block!.length - this.#tail.length < chunk.length) {
      this.#block = new Uint8Array(this.#block === undefined ? FIRST_BLOCK : BLOCK);
      this.#tail = EMPTY;
      this.#chunks.push(EMPTY);
    }
    const block = this.#block!;
    block.set(chunk, this.#tail.length);
    this.#tail = block.subarray(0, this.#tail.length + chunk.length);
    this.#chunks[this.#chunks.length - 1] = this.#tail;
  }

  #gather(): IoVector {
    vector ??= new IoVector(MAX_PARTS);
    let offset = this.#offset;
    for (let at = this.#head; at < this.#chunks.length; at++) {
      if (!vector.add(this.#chunks[at]!, offset)) break;
      offset = 0;
    }
    return vector;
  }

  #drop(sent: number): void {
    this.#length -= sent;
    let rest = sent + this.#offset;
    while (this.#head < this.#chunks.length && rest >= this.#chunks[this.#head]!.length) {
      rest -= this.#chunks[this.#head]!.length;
      this.#chunks[this.#head++] = EMPTY;
    }
    this.#offset = rest;
    // Once in a while: moving the rest with each call would cost the square of its length.
    if (this.#head * 2 < this.#chunks.length) return;
    this.#chunks.splice(0, this.#head);
    this.#head = 0;
  }
}
