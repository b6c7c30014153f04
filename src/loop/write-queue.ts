/** Bytes that the system did not take at once, in the order of their pushes. */
import { EAGAIN, EINTR, IoVector, writev } from '../kernel/index.ts';

/** Chunks handed to the kernel in one call. More save little: each holds what one push could not send. */
const MAX_PARTS = 64;

let vector: IoVector | undefined;

export class WriteQueue {
  #chunks: Uint8Array[] = [];
  #head = 0;
  /** Bytes of the first chunk that have left. */
  #offset = 0;
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
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
      rest -= this.#chunks[this.#head++]!.length;
    }
    this.#offset = rest;
    this.#chunks.splice(0, this.#head);
    this.#head = 0;
  }
}
