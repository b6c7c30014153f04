/**
 * Unsigned LEB128, the varint of Protocol Buffers: seven bits a byte, the lowest first, the high bit set on all but
 * the last byte. Up to 64 bits.
 *
 * An overlong form (`80 00` for 0) is refused unless asked for: that one value has one form is what makes bytes
 * comparable, and some writers of Protocol Buffers pad, which is why it can be asked for. More than 64 bits are
 * refused always.
 */

/** Bytes of the longest varint: ten times seven bits hold sixty-four. */
export const MAX_VARINT_LENGTH = 10;

export interface VarintOptions {
  /** Default `error`. */
  readonly overlong?: 'error' | 'accept' | undefined;
}

/** Decodes byte by byte. After a complete value the next byte begins another. */
export class VarintDecoder {
  readonly #acceptOverlong: boolean;
  /** The bits up to 49, exact as a number; what is above is kept apart. */
  #low = 0;
  #high = 0;
  #count = 0;
  #complete = false;

  constructor(options: VarintOptions = {}) {
    this.#acceptOverlong = options.overlong === 'accept';
  }

  /** Bytes of the value so far. */
  get length(): number {
    return this.#count;
  }

  /** Whether a value has begun and is not complete. */
  get pending(): boolean {
    return this.#count > 0 && !this.#complete;
  }

  /** The value, exact up to 2^53 - 1; above, use `bigValue`. */
  get value(): number {
    return this.#high * 2 ** 49 + this.#low;
  }

  get bigValue(): bigint {
    return (BigInt(this.#high) << 49n) | BigInt(this.#low);
  }

  /**
   * Takes the next byte. `true` when the value is complete, `false` when more bytes are needed.
   * @throws RangeError for more than 64 bits, or an overlong form that is not accepted
   */
  push(byte: number): boolean {
    if (this.#complete) this.#reset();
    const index = this.#count++;
    const bits = byte & 0x7f;
    const last = byte < 0x80;
    // 9 times 7 are 63 bits; the tenth byte has room for one.
    if (index === MAX_VARINT_LENGTH - 1 && byte > 1) throw new RangeError('A varint has more than 64 bits');
    if (last && bits === 0 && index > 0 && !this.#acceptOverlong)
      throw new RangeError(`A varint of ${index + 1} bytes is overlong: its last byte adds nothing`);
    if (index < 7) this.#low += bits * 2 ** (7 * index);
    else this.#high += bits * 2 ** (7 * (index - 7));
    this.#complete = last;
    return last;
  }

  #reset(): void {
    this.#low = 0;
    this.#high = 0;
    this.#count = 0;
    this.#complete = false;
  }
}

/** Bytes that the value takes, 1 to 10. */
export function varintLength(value: number | bigint): number {
  check(value);
  let length = 1;
  if (typeof value === 'bigint') for (let rest = value >> 7n; rest > 0n; rest >>= 7n) length++;
  else for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/**
 * Writes the shortest form of the value at `offset`, and returns the offset behind it.
 * @throws RangeError unless it is a whole number from 0 to 2^64 - 1 (a number is at most 2^53 - 1) that fits
 */
export function writeVarint(value: number | bigint, into: Uint8Array, offset = 0): number {
  const last = offset + varintLength(value) - 1;
  if (last >= into.length) throw new RangeError(`The varint of ${value} does not fit at ${offset}`);
  let at = offset;
  let rest = value;
  // Numbers of 32 bits and more are rare and go the slow way.
  if (typeof rest === 'bigint' || rest > 0x7fffffff)
    for (rest = BigInt(rest); at < last; rest >>= 7n) into[at++] = Number(rest & 0x7fn) | 0x80;
  else for (; at < last; rest >>>= 7) into[at++] = (rest & 0x7f) | 0x80;
  into[at++] = Number(rest);
  return at;
}

/** The shortest form of the value. Throws as `writeVarint` does. */
export function encodeVarint(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(varintLength(value));
  writeVarint(value, bytes);
  return bytes;
}

function check(value: number | bigint): void {
  const whole = typeof value === 'bigint' ? value < 2n ** 64n : Number.isSafeInteger(value);
  if (!whole || value < 0) throw new RangeError(`${value} is no whole number from 0 to 2^64 - 1`);
}
