/** From plaintext to ciphertext, and on to the wire beneath: in large pushes, and with as few calls as that takes. */
import type { Bytes, Wire } from '../../core/contract.ts';
import { addressOf, type OpensslEngine, RECORD_EXTRA, RECORD_PLAIN } from '../../kernel/index.ts';
import { cipherRegions, plainRegions } from './regions.ts';

/** Plaintext that is encrypted into one push. */
const BLOCK = 4 * RECORD_PLAIN;

/** What OpenSSL may add to a block: to each record, and a message of its own (an update of the keys) before it. */
const BLOCK_EXTRA = 5 * RECORD_EXTRA;

/** What it has to say by itself: flights of the handshake, alerts, tickets. */
const FLIGHT = 16 * 1024;

export class Sealer {
  readonly #engine: OpensslEngine;
  readonly #under: Wire;

  constructor(engine: OpensslEngine, under: Wire) {
    this.#engine = engine;
    this.#under = under;
  }

  /** Encrypts and pushes. Returns as `push` of the wire beneath, and `null` when OpenSSL failed. */
  push(data: Bytes): boolean | null {
    if (data.length > RECORD_PLAIN) return this.#pushBlocks(data);
    const address = plainRegions.addressOf(data);
    const written = address === 0 ? this.#engine.write(data) : this.#engine.writeAt(address, data.length);
    return written ? this.flush(data.length + BLOCK_EXTRA) : null;
  }

  /** Pushes what OpenSSL has made by itself. */
  flush(size: number = FLIGHT): boolean {
    for (;;) {
      const to = cipherRegions.reserve(size);
      const count = this.#engine.take(to, size);
      const hasRoom = count === 0 || this.#pushUnder(count);
      if (count < size) return hasRoom;
    }
  }

  #pushBlocks(data: Bytes): boolean | null {
    const address = addressOf(data);
    let hasRoom: boolean | null = true;
    for (let at = 0; at < data.length && hasRoom !== null; at += BLOCK)
      hasRoom = this.#pushBlock(address + at, Math.min(BLOCK, data.length - at));
    return hasRoom;
  }

  #pushBlock(address: number, length: number): boolean | null {
    const size = length + BLOCK_EXTRA;
    const to = cipherRegions.reserve(size);
    let filled = 0;
    for (let at = 0; at < length; at += RECORD_PLAIN) {
      if (!this.#engine.writeAt(address + at, Math.min(RECORD_PLAIN, length - at))) return null;
      filled += this.#engine.take(to + filled, size - filled);
    }
    return this.#pushUnder(filled);
  }

  #pushUnder(count: number): boolean {
    const data = cipherRegions.take(count);
    const hasRoom = this.#under.push(data);
    // Where there is a descriptor and nothing waits, the system has its own copy: the next block finds the place in the cache.
    if (this.#under.fd !== undefined && this.#under.pending === 0) cipherRegions.giveBack(data);
    return hasRoom;
  }
}
