/** Frames that wait to be written, in order, and leave in as few pieces as possible. It does not know what is in them. */
import type { Bytes } from '../../core/contract.ts';
import { takeRegion } from './frame-slab.ts';
import type { SharedRun } from './shared-run.ts';

/** Pieces below this many bytes are joined with their neighbours: copying them costs less than another system call. */
const SMALL = 16 * 1024;

/** Bytes that are joined at most. */
const JOINED = 64 * 1024;

export class Outbox {
  #chunks: Bytes[] = [];
  #head = 0;
  /** Behind the chunks. */
  #run: SharedRun | undefined;
  #length = 0;

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  add(chunk: Bytes): void {
    this.#settleRun();
    this.#length += chunk.length;
    this.#append(chunk);
  }

  /** @param run of one frame */
  addShared(run: SharedRun): void {
    this.#length += run.length;
    this.#run = this.#run === undefined ? run : this.#run.followedBy(run);
  }

  /** The next piece, or `null`. */
  take(): Bytes | null {
    if (this.#length === 0) return null;
    const piece = this.#head === this.#chunks.length ? this.#takeRun() : this.#takeChunks();
    this.#length -= piece.length;
    return piece;
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#run = undefined;
    this.#length = 0;
  }

  #takeRun(): Bytes {
    const { bytes } = this.#run!;
    this.#run = undefined;
    return bytes;
  }

  #takeChunks(): Bytes {
    this.#settleRun();
    const from = this.#head;
    let length = this.#chunks[from]!.length;
    let end = from + 1;
    for (; end < this.#chunks.length; end++) {
      const next = this.#chunks[end]!.length;
      if (length >= SMALL || next >= SMALL || length + next > JOINED) break;
      length += next;
    }
    const piece = end === from + 1 ? this.#chunks[from]! : join(this.#chunks, from, end, length);
    this.#head = end;
    if (end === this.#chunks.length) this.#drop();
    return piece;
  }

  #drop(): void {
    this.#chunks.length = 0;
    this.#head = 0;
  }

  #settleRun(): void {
    if (this.#run === undefined) return;
    this.#append(this.#run.bytes);
    this.#run = undefined;
  }

  /** A chunk that lies right behind the last one in memory becomes its end. */
  #append(chunk: Bytes): void {
    const at = this.#chunks.length - 1;
    const last = this.#chunks[at];
    const isNext =
      last !== undefined &&
      last.buffer === chunk.buffer &&
      last.byteOffset + last.length === chunk.byteOffset;
    if (isNext) this.#chunks[at] = new Uint8Array(last.buffer, last.byteOffset, last.length + chunk.length);
    else this.#chunks.push(chunk);
  }
}

function join(chunks: readonly Bytes[], from: number, end: number, length: number): Bytes {
  const joined = takeRegion(length);
  for (let index = from, at = 0; index < end; at += chunks[index++]!.length) joined.set(chunks[index]!, at);
  return joined;
}
