/** No framing: bytes as they come. For programs that let a framing be chosen. */
import type { Bytes, Protocol } from '../core/contract.ts';
import { Framing } from './framing.ts';

/** Each chunk that arrives is a message; where it is cut means nothing. There is no maximum, as nothing waits. */
export function raw(): Protocol<Bytes> {
  return new Raw();
}

class Raw extends Framing<Bytes> {
  protected decode(): Bytes | null {
    return this.input.shift();
  }

  protected finish(): null {
    return null;
  }

  send(bytes: Bytes): void {
    this.write(bytes);
  }
}
