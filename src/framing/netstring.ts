/** Netstrings: `5:hello,` (D. J. Bernstein, https://cr.yp.to/proto/netstrings.txt). */
import type { Bytes, Protocol } from '../core/contract.ts';
import { asciiBytes, malformed, tooLong } from './framing.ts';
import { LengthFraming, type MaxOption } from './length-framing.ts';

const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;

const TRAILER = Uint8Array.of(COMMA);

/** A decimal length without leading zeros, a colon, the message, a comma. */
export function netstring(options: MaxOption = {}): Protocol<Bytes> {
  return new Netstring(options);
}

class Netstring extends LengthFraming {
  /** Digits of the length so far. */
  #digits = 0;
  #value = 0;

  protected readLength(): number | null {
    while (this.input.length > 0) {
      const byte = this.input.at(0);
      this.input.skip(1);
      if (byte === COLON && this.#digits > 0) return this.#takeValue();
      this.#addDigit(byte);
    }
    return null;
  }

  #addDigit(byte: number): void {
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9) throw malformed(`A netstring's length contains the byte ${hex(byte)}`);
    // The number is 0 after one digit only when that was a zero.
    if (this.#digits > 0 && this.#value === 0)
      throw malformed('A netstring has a length with a leading zero');
    this.#value = this.#value * 10 + digit;
    this.#digits++;
    if (this.#value > this.max) throw tooLong('A netstring', `${this.#value} or more`, this.max);
  }

  #takeValue(): number {
    const value = this.#value;
    this.#value = 0;
    this.#digits = 0;
    return value;
  }

  protected partialHeader(): { have: number } | null {
    return this.#digits === 0 ? null : { have: this.#digits };
  }

  protected header(length: number): Bytes {
    return asciiBytes(`${length}:`);
  }

  protected override get trailer(): Bytes {
    return TRAILER;
  }

  protected override readTrailer(): void {
    const byte = this.input.at(0);
    if (byte !== COMMA) throw malformed(`A netstring ends with the byte ${hex(byte)} instead of a comma`);
    this.input.skip(1);
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
