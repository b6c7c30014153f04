/** Bytes and parts of files that the system did not take at once, in the order of their pushes. */
import type { FileRange } from '../core/contract.ts';
import { EAGAIN, EINTR, IoVector, MSG_MORE, send, writev } from '../kernel/index.ts';
import { sendFile } from './send-file.ts';

/** Chunks handed to the kernel in one call. More save little: each holds what one push could not send. */
const MAX_PARTS = 64;

/**
 * Bytes of files that one wire sends before the others have their turn: a reader that keeps up would hold the loop for as long
 * as the file lasts. Precedent: nginx `sendfile_max_chunk`, 2 MiB.
 */
export const FILE_TURN = 1024 * 1024;

/** Chunks below this are copied together when they wait. */
const SMALL = 1024;
const FIRST_BLOCK = 2 * 1024;
const BLOCK = 16 * 1024;
const EMPTY: Uint8Array = new Uint8Array(0);

let vector: IoVector | undefined;

export class WriteQueue {
  #chunks: (Uint8Array | FileRange)[] = [];
  #head = 0;
  /** Bytes of the first chunk that have left. */
  #offset = 0;
  #length = 0;
  #fileBytes = 0;
  #files = 0;
  /** The last chunk, as far as it is filled, and where it may grow. */
  #tail = EMPTY;
  #block: Uint8Array | undefined;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Those of them that are held in memory. */
  get held(): number {
    return this.#length - this.#fileBytes;
  }

  /** Files that wait, each with its descriptor. */
  get files(): number {
    return this.#files;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length < SMALL) this.#append(chunk);
    else this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** @param head goes before it */
  pushFile(file: FileRange, head: Uint8Array): void {
    if (head.length > 0) this.#chunks.push(head);
    this.#chunks.push(file);
    this.#length += head.length + file.length;
    this.#fileBytes += file.length;
    this.#files++;
  }

  /**
   * Writes until all has left, the socket is full, or enough of files has left for one turn.
   * @returns 0, or what failed: `-errno` or `FILE_ENDED`; 1 when the socket may take more in the next turn
   */
  flush(fd: number): number {
    let turn = FILE_TURN;
    while (this.#length > 0) {
      if (turn <= 0) return 1;
      const first = this.#chunks[this.#head]!;
      const isBytes = first instanceof Uint8Array;
      const sent = isBytes ? this.#flushBytes(fd, first) : sendFile(fd, first, this.#offset, turn);
      if (sent === -EAGAIN) return 0;
      if (sent === -EINTR) continue;
      if (sent < 0) return sent;
      if (isBytes) this.#drop(sent);
      else turn -= this.#dropOf(first, sent);
    }
    return 0;
  }

  /** Nothing will leave any more: the files are given back. */
  release(): void {
    const chunks = this.#chunks.splice(0);
    this.#head = this.#offset = this.#length = this.#fileBytes = this.#files = 0;
    for (const chunk of chunks) if (!(chunk instanceof Uint8Array)) giveBack(chunk);
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

  /** What stands right before a file leaves together with its beginning. */
  #flushBytes(fd: number, first: Uint8Array): number {
    if (this.#isFile(this.#head + 1)) return send(fd, first.subarray(this.#offset), MSG_MORE);
    const parts = this.#gather();
    const sent = writev(fd, parts);
    parts.clear();
    return sent;
  }

  #isFile(at: number): boolean {
    return at < this.#chunks.length && !(this.#chunks[at] instanceof Uint8Array);
  }

  #gather(): IoVector {
    vector ??= new IoVector(MAX_PARTS);
    let offset = this.#offset;
    for (let at = this.#head; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      if (!(chunk instanceof Uint8Array) || this.#isFile(at + 1)) break;
      if (!vector.add(chunk, offset)) break;
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

  /** Last of all tells that the file is done: whoever hears it may push, abort or end. */
  #dropOf(file: FileRange, sent: number): number {
    const isDone = this.#offset + sent === file.length;
    this.#fileBytes -= sent;
    this.#drop(sent);
    if (!isDone) return sent;
    this.#files--;
    file.onDone();
    return sent;
  }
}

/** What its owner throws keeps no other file, nor the close of the wire, from being told. */
function giveBack(file: FileRange): void {
  try {
    file.onDone();
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
