/**
 * Where answers are put together before they are pushed: text and bytes one behind the other in a slab, so that what belongs
 * together leaves together. One serves all connections of a loop, which write in turns.
 */

import { Slab } from '../../../bytes/index.ts';
import type { Bytes } from '../../../core/index.ts';

/** Bytes of a slab. What is pushed is a part of one, and keeps it until it has left. */
const SLAB = 256 * 1024;

/** Bytes that are pushed before more is written behind them; also what is copied in rather than pushed by itself. */
const BATCH = 32 * 1024;

/** The most bytes that a character of UTF-16 takes in UTF-8. */
const UTF8_MOST = 3;

/** Somebody whose bytes come together. */
export interface Sender {
  pushBytes(bytes: Bytes): void;
}

/** Encoding by one call into the runtime each, at a place in a buffer. */
interface Encoding {
  latin1Write(text: string, offset: number): number;
  utf8Write(text: string, offset: number): number;
}

export class Outbox {
  #slab = new Slab(SLAB);
  #buffer = Buffer.from(this.#slab.buffer);
  /** Whose bytes wait, and how many. */
  #sender: Sender | undefined;
  #length = 0;

  /** Text of characters up to U+00FF, a byte each. */
  latin1(sender: Sender, text: string): void {
    const at = this.#reserve(sender, text.length);
    if (at < 0) sender.pushBytes(Buffer.from(text, 'latin1'));
    else this.#length += (this.#buffer as unknown as Encoding).latin1Write(text, at);
  }

  utf8(sender: Sender, text: string): void {
    const at = this.#reserve(sender, text.length * UTF8_MOST);
    if (at < 0) sender.pushBytes(Buffer.from(text, 'utf8'));
    else this.#length += (this.#buffer as unknown as Encoding).utf8Write(text, at);
  }

  /** Copied when they are few, else pushed behind what waits. */
  bytes(sender: Sender, bytes: Bytes): void {
    if (bytes.length === 0) return;
    const at = bytes.length > BATCH ? -1 : this.#reserve(sender, bytes.length);
    if (at >= 0) {
      this.#buffer.set(bytes, at);
      this.#length += bytes.length;
      return;
    }
    this.flush(sender);
    sender.pushBytes(bytes);
  }

  /** Pushes what waits for this sender. */
  flush(sender: Sender): void {
    const bytes = this.take(sender);
    if (bytes !== undefined) sender.pushBytes(bytes);
  }

  /** What waits, for a sender that pushes it with something else. */
  take(sender: Sender): Bytes | undefined {
    if (this.#sender !== sender || this.#length === 0) return undefined;
    const bytes = this.#slab.take(this.#length);
    this.#length = 0;
    return bytes;
  }

  /** Forgets what waits for this sender. */
  drop(sender: Sender): void {
    if (this.#sender !== sender) return;
    this.#sender = undefined;
    this.#length = 0;
  }

  /** Where the next bytes go; -1 when they are too many, and what waited has been pushed. */
  #reserve(sender: Sender, most: number): number {
    if (this.#sender !== sender) {
      if (this.#sender !== undefined) this.flush(this.#sender);
      this.#sender = sender;
    }
    if (this.#length > 0 && this.#length + most > BATCH) this.flush(sender);
    if (most > BATCH) return -1;
    if (this.#slab.free < this.#length + most) this.#renew();
    return this.#slab.used + this.#length;
  }

  /** Only ever with nothing waiting: what waits and what comes are at most a batch, which was reserved before. */
  #renew(): void {
    const waiting = this.#length === 0 ? undefined : this.#slab.take(this.#length);
    this.#slab = new Slab(SLAB);
    this.#buffer = Buffer.from(this.#slab.buffer);
    if (waiting !== undefined) this.#buffer.set(waiting, 0);
  }
}
