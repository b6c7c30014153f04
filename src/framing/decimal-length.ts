/** Messages behind their length as a decimal number of a fixed number of columns. */
import type { Bytes, Protocol } from '../core/contract.ts';
import { asciiBytes, malformed, unsendable } from './framing.ts';
import { LengthFraming, type MaxOption } from './length-framing.ts';

/** Columns of the widest length: 10^15 - 1 is the last row of nines that a number holds exactly. */
const MAX_COLUMNS = 15;

const ZERO = 0x30;
const SPACE = 0x20;

export interface DecimalLengthOptions extends MaxOption {
  /** Columns of the number, 1 to 15. Default 8. */
  readonly columns?: number | undefined;
  /** Whether the length counts its own columns. Default no. */
  readonly includesHeader?: boolean | undefined;
  /** What fills the columns: `zeros` (`0042`), `leading` (`  42`) or `trailing` spaces (`42  `). Default `zeros`. */
  readonly padding?: 'zeros' | 'leading' | 'trailing' | undefined;
}

/** A length in ASCII digits of so many columns, and then the message. */
export function decimalLength(options: DecimalLengthOptions = {}): Protocol<Bytes> {
  return new DecimalLength(options);
}

class DecimalLength extends LengthFraming {
  readonly #columns: number;
  readonly #padding: 'zeros' | 'leading' | 'trailing';
  readonly #extra: number;

  constructor(options: DecimalLengthOptions) {
    const columns = options.columns ?? 8;
    if (!Number.isInteger(columns) || columns < 1 || columns > MAX_COLUMNS)
      throw unsendable(`The option columns is ${columns}; a length has 1 to ${MAX_COLUMNS}`);
    const extra = options.includesHeader ? columns : 0;
    super(options, 10 ** columns - 1 - extra);
    this.#columns = columns;
    this.#padding = options.padding ?? 'zeros';
    this.#extra = extra;
  }

  protected readLength(): number | null {
    if (this.input.length < this.#columns) return null;
    const value = parseColumns(this.input.take(this.#columns), this.#padding);
    if (value < this.#extra)
      throw malformed(`A length of ${value} cannot count its own ${this.#extra} columns`);
    return value - this.#extra;
  }

  protected partialHeader(): { have: number; want: number } | null {
    return this.input.length === 0 ? null : { have: this.input.length, want: this.#columns };
  }

  protected header(length: number): Bytes {
    const digits = String(length + this.#extra);
    const columns = this.#columns;
    const text =
      this.#padding === 'trailing'
        ? digits.padEnd(columns)
        : digits.padStart(columns, this.#padding === 'zeros' ? '0' : ' ');
    return asciiBytes(text);
  }
}

function parseColumns(bytes: Bytes, padding: 'zeros' | 'leading' | 'trailing'): number {
  let start = 0;
  let end = bytes.length;
  if (padding === 'leading') while (start < end && bytes[start] === SPACE) start++;
  if (padding === 'trailing') while (end > start && bytes[end - 1] === SPACE) end--;
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = bytes[index]! - ZERO;
    if (digit < 0 || digit > 9) throw noLength(bytes);
    value = value * 10 + digit;
  }
  if (start === end) throw noLength(bytes);
  return value;
}

function noLength(bytes: Bytes): Error {
  const shown = JSON.stringify(String.fromCharCode(...bytes));
  return malformed(`${shown} is no decimal length of ${bytes.length} columns`);
}
