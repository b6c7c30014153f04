/** Messages behind their length as a varint: how Protocol Buffers are written one after another. */
import { encodeVarint, VarintDecoder } from '../bytes/varint.ts';
import type { Bytes, Protocol } from '../core/contract.ts';
import { malformed } from './framing.ts';
import { LengthFraming, type MaxOption } from './length-framing.ts';

/** An unsigned LEB128 length, and then the message. Overlong lengths are refused. */
export function varintPrefix(options: MaxOption = {}): Protocol<Bytes> {
  return new VarintPrefix(options);
}

class VarintPrefix extends LengthFraming {
  readonly #length = new VarintDecoder();

  protected readLength(): number | null {
    while (this.input.length > 0) {
      const byte = this.input.at(0);
      this.input.skip(1);
      if (this.#push(byte)) return this.#length.value;
    }
    return null;
  }

  #push(byte: number): boolean {
    try {
      return this.#length.push(byte);
    } catch (error) {
      throw malformed(`The length of a message is wrong: ${(error as RangeError).message}`);
    }
  }

  protected partialHeader(): { have: number } | null {
    return this.#length.pending ? { have: this.#length.length } : null;
  }

  protected header(length: number): Bytes {
    return encodeVarint(length);
  }
}
