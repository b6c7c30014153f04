/** Follows the records of TLS in a stream without decrypting them: only where each ends, and what the last one was. */
import type { Bytes } from '../../core/contract.ts';

const ALERT = 21;
const APPLICATION_DATA = 23;
const HEADER = 5;

/** An alert under TLS 1.3: two bytes, the type within, and the tag of any of its ciphers but CCM-8 (RFC 8446 section 5.2). */
const ENCRYPTED_ALERT = 2 + 1 + 16;

export class RecordTracker {
  #header = new Uint8Array(HEADER);
  #have = 0;
  /** Bytes of the body that are still to come. */
  #left = 0;

  receive(chunk: Bytes): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at);
        this.#left -= skipped;
        at += skipped;
        continue;
      }
      if (this.#have === HEADER) this.#have = 0;
      this.#header[this.#have++] = chunk[at++]!;
      if (this.#have === HEADER) this.#left = this.#header[3]! * 256 + this.#header[4]!;
    }
  }

  /**
   * Whether the stream stops where a close_notify may stand. Under TLS 1.3 its kind is hidden, and only its length shows: data of
   * two bytes looks the same.
   */
  get mayHaveEnded(): boolean {
    if (this.#have < HEADER || this.#left > 0) return false;
    const type = this.#header[0];
    const length = this.#header[3]! * 256 + this.#header[4]!;
    return type === ALERT || (type === APPLICATION_DATA && length === ENCRYPTED_ALERT);
  }
}
