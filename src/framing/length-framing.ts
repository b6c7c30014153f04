/**
 * A length and then so many bytes: what the framings with a length in front have in common. How the length is
 * written is for them to say. Nothing is allocated for a length that was announced; bytes are kept as they arrive.
 */
import type { Bytes } from '../core/contract.ts';
import { Framing, MAX_MESSAGE, NOTHING, tooLong, tooLongToSend, truncated, wholeOption } from './framing.ts';

export interface MaxOption {
  /** Payload bytes of a message, both ways. Default `MAX_MESSAGE`. */
  readonly max?: number | undefined;
}

export abstract class LengthFraming extends Framing<Bytes> {
  readonly #max: number;
  /** Of the payload that is under way; -1 when its length has not been read. */
  #length = -1;

  /** @param most what the format can express */
  constructor(options: MaxOption, most = Number.MAX_SAFE_INTEGER) {
    super();
    this.#max = Math.min(wholeOption('max', options.max ?? MAX_MESSAGE, 1), most);
  }

  protected get max(): number {
    return this.#max;
  }

  /** Reads the length of the next payload from `input`, or gives `null` when it is not complete. */
  protected abstract readLength(): number | null;

  /** Bytes of a header that has begun, and of how many if that is known; `null` between messages. */
  protected abstract partialHeader(): { have: number; want?: number } | null;

  /** The header that announces `length`. */
  protected abstract header(length: number): Bytes;

  /** What follows each payload. */
  protected get trailer(): Bytes {
    return NOTHING;
  }

  /** Takes the trailer off `input`, where it is complete. */
  protected readTrailer(): void {}

  protected decode(): Bytes | null {
    if (this.#length < 0) {
      const length = this.readLength();
      if (length === null) return null;
      if (length > this.#max) throw tooLong('A message', length, this.#max);
      this.#length = length;
    }
    if (this.input.length < this.#length + this.trailer.length) return null;
    const payload = this.input.take(this.#length);
    this.readTrailer();
    this.#length = -1;
    return payload;
  }

  protected finish(): null {
    if (this.#length >= 0)
      throw truncated('a message', this.input.length, this.#length + this.trailer.length);
    const header = this.partialHeader();
    if (header !== null) throw truncated('the length of a message', header.have, header.want);
    return null;
  }

  send(payload: Bytes): void {
    if (payload.length > this.#max) throw tooLongToSend('A message', payload.length, this.#max);
    this.writeJoined(this.header(payload.length), payload, this.trailer);
  }
}
