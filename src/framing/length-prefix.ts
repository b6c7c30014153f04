/** Messages behind their length as a binary number. */
import type { Bytes, Protocol } from '../core/contract.ts';
import { malformed, unsendable } from './framing.ts';
import { LengthFraming, type MaxOption } from './length-framing.ts';

export interface LengthPrefixOptions extends MaxOption {
  /** Width of the length. Default 4. */
  readonly bytes?: 1 | 2 | 4 | 8 | undefined;
  /** Default `big`, which is network order. */
  readonly endian?: 'big' | 'little' | undefined;
  /** Whether the length counts itself. Default no. */
  readonly includesHeader?: boolean | undefined;
}

/** A binary length of 1, 2, 4 or 8 bytes, and then the message. */
export function lengthPrefix(options: LengthPrefixOptions = {}): Protocol<Bytes> {
  return new LengthPrefix(options);
}

class LengthPrefix extends LengthFraming {
  readonly #width: number;
  readonly #little: boolean;
  /** What the number in the header says beyond the length of the payload. */
  readonly #extra: number;

  constructor(options: LengthPrefixOptions) {
    const width = options.bytes ?? 4;
    if (![1, 2, 4, 8].includes(width))
      throw unsendable(`The option bytes is ${width}; a length has 1, 2, 4 or 8 bytes`);
    const extra = options.includesHeader ? width : 0;
    super(options, Math.min(2 ** (8 * width) - 1, Number.MAX_SAFE_INTEGER) - extra);
    this.#width = width;
    this.#little = options.endian === 'little';
    this.#extra = extra;
  }

  protected readLength(): number | null {
    if (this.input.length < this.#width) return null;
    let value = 0;
    for (let index = 0; index < this.#width; index++)
      // Beyond 2^53 the number is no longer exact, and far beyond any limit.
      value = value * 256 + this.input.at(this.#little ? this.#width - 1 - index : index);
    this.input.skip(this.#width);
    if (value < this.#extra)
      throw malformed(`A length of ${value} cannot count its own ${this.#extra} bytes`);
    return value - this.#extra;
  }

  protected partialHeader(): { have: number; want: number } | null {
    return this.input.length === 0 ? null : { have: this.input.length, want: this.#width };
  }

  protected header(length: number): Bytes {
    const into = new Uint8Array(this.#width);
    let rest = length + this.#extra;
    for (let index = 0; index < this.#width; index++) {
      into[this.#little ? index : this.#width - 1 - index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return into;
  }
}
