/** Messages that all have the same size. */
import type { Bytes, Protocol } from '../core/contract.ts';
import { Framing, truncated, unsendable, wholeOption } from './framing.ts';

export interface FixedOptions {
  /** Bytes of each message, at least 1; it is the maximum as well. */
  readonly size: number;
}

/** Each `size` bytes are one message. */
export function fixed(options: FixedOptions): Protocol<Bytes> {
  return new Fixed(wholeOption('size', options.size, 1));
}

class Fixed extends Framing<Bytes> {
  readonly #size: number;

  constructor(size: number) {
    super();
    this.#size = size;
  }

  protected decode(): Bytes | null {
    return this.input.length < this.#size ? null : this.input.take(this.#size);
  }

  protected finish(): null {
    if (this.input.length > 0) throw truncated('a message', this.input.length, this.#size);
    return null;
  }

  send(message: Bytes): void {
    if (message.length !== this.#size)
      throw unsendable(`A message of ${message.length} bytes cannot be sent; each has ${this.#size}`);
    this.write(message);
  }
}
