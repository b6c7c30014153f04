/** The bytes that a parser was given and has not read: one chunk in place, and behind it a queue that is seldom used. */
import { ByteQueue } from '../../bytes/byte-queue.ts';
import type { Bytes } from '../../core/contract.ts';

const NOTHING: Bytes = new Uint8Array(0);

export class Input {
  /** The chunk that is read; everything before `at` has been. */
  bytes: Bytes = NOTHING;
  at = 0;
  /** Nothing will be added. */
  ended = false;
  /** What came before the chunk in place was read. */
  #waiting: ByteQueue | undefined;

  push(chunk: Bytes | null): void {
    if (chunk === null) {
      this.ended = true;
    } else if (this.at < this.bytes.length || (this.#waiting !== undefined && this.#waiting.length > 0)) {
      this.#waiting ??= new ByteQueue();
      this.#waiting.push(chunk);
    } else {
      this.bytes = chunk;
      this.at = 0;
    }
  }

  /** Whether a byte lies at `at`; takes the next chunk in when the present one has been read, and lets go of that. */
  more(): boolean {
    if (this.at < this.bytes.length) return true;
    this.bytes = this.#waiting?.shift() ?? NOTHING;
    this.at = 0;
    return this.bytes.length > 0;
  }

  get isEmpty(): boolean {
    return this.at === this.bytes.length && (this.#waiting === undefined || this.#waiting.length === 0);
  }

  /** Everything that was not read, in one piece, behind `first`; nothing is left. */
  takeRest(first: Bytes = NOTHING): Bytes {
    const rest = this.bytes.subarray(this.at);
    const more = this.#waiting?.takeAll() ?? NOTHING;
    this.clear();
    if (first.length === 0 && more.length === 0) return rest;
    return Buffer.concat([first, rest, more]);
  }

  clear(): void {
    this.bytes = NOTHING;
    this.at = 0;
    this.#waiting = undefined;
  }
}
