/**
 * Reads one section (a head, or trailers) from the input: in place when it lies in one chunk, else from memory of its own,
 * to which the pieces are copied. It knows no field.
 */
import type { Bytes } from '../../core/contract.ts';
import type { Input } from './input.ts';
import type { SectionScanner } from './section-scanner.ts';

/** Bytes of the first memory; most heads fit. It doubles. */
const FIRST_SIZE = 1024;

/** Bytes copied and scanned at a time: what follows the section is copied in vain. */
const STEP = 1024;

const NOTHING: Bytes = new Uint8Array(0);

export class HeldSection {
  /** Where the section lies once `read` has said that it is complete; to be released then. */
  bytes: Bytes = NOTHING;
  base = 0;
  #held: Bytes | undefined;
  #filled = 0;

  /** Whether a part of a section is held. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Whether the section is complete; the input then stands behind it. The scanner has been begun. */
  read(input: Input, scanner: SectionScanner): boolean {
    if (this.#held !== undefined) return this.#readOn(input, scanner, this.#held);
    if (!input.more()) return false;
    const { bytes, at } = input;
    if (scanner.scan(bytes, at, bytes.length)) {
      this.bytes = bytes;
      this.base = at;
      input.at = at + scanner.length;
      return true;
    }
    this.#held = new Uint8Array(Math.max(FIRST_SIZE, 2 * scanner.length));
    this.#filled = 0;
    this.#held = this.#copy(input, bytes.length - at, this.#held);
    return this.#readOn(input, scanner, this.#held);
  }

  #readOn(input: Input, scanner: SectionScanner, first: Bytes): boolean {
    let held = first;
    while (input.more()) {
      held = this.#copy(input, Math.min(STEP, input.bytes.length - input.at), held);
      this.#held = held;
      if (!scanner.scan(held, 0, this.#filled)) continue;
      input.at -= this.#filled - scanner.length;
      this.bytes = held;
      this.base = 0;
      this.#held = undefined;
      return true;
    }
    return false;
  }

  #copy(input: Input, count: number, held: Bytes): Bytes {
    let target = held;
    if (this.#filled + count > held.length) {
      target = new Uint8Array(Math.max(2 * held.length, this.#filled + count));
      target.set(held.subarray(0, this.#filled));
    }
    target.set(input.bytes.subarray(input.at, input.at + count), this.#filled);
    this.#filled += count;
    input.at += count;
    return target;
  }

  /** Lets go of the bytes of a section that was read: a connection that waits keeps none alive. */
  release(): void {
    this.bytes = NOTHING;
  }

  /** The part that is held, which is no longer. */
  takeHeld(): Bytes {
    const part = this.#held?.subarray(0, this.#filled) ?? NOTHING;
    this.#held = undefined;
    return part;
  }
}
