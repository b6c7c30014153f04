/** The bytes that clients send. It does not know when. */
import type { Bytes } from '../../../core/index.ts';
import { parseFraming } from '../../../framing/index.ts';
import type { LoadPlan } from './options.ts';

/** Payloads that differ, so that an answer to somebody else is seen as wrong. */
const VARIANTS = 4096;
/** Printable, so that any framing can carry it and a dump can be read; none is a line end or a colon. */
const ALPHABET = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_');
/** Odd and no neighbour of a power of two, so that clients next to each other are far apart in the pattern. */
const STRIDE = 1031;

/** The request of each client: views of one pattern, or the same for all. */
export class Requests {
  readonly #pattern: Bytes;
  readonly #payload: number;
  readonly #common: Bytes | undefined;

  /** @throws NetError when the framing cannot carry the request */
  constructor({ request, answer, payload }: LoadPlan) {
    this.#payload = payload;
    this.#pattern = request === undefined ? pattern(payload + VARIANTS) : request;
    // Only an echo is compared with what was sent.
    if (answer.kind === 'frame') this.#common = framed(answer.spec, this.#pattern.subarray(0, payload));
    else this.#common = request;
  }

  of(client: number): Bytes {
    if (this.#common !== undefined) return this.#common;
    const at = (client * STRIDE) % VARIANTS;
    return this.#pattern.subarray(at, at + this.#payload);
  }
}

function framed(spec: string, message: Bytes): Bytes {
  const framing = parseFraming(spec)();
  framing.send(message, 0);
  const parts: Bytes[] = [];
  for (let part = framing.take(); part !== null; part = framing.take()) parts.push(part);
  return Buffer.concat(parts);
}

/** The same in each run (xorshift32, Marsaglia 2003), without a period within any payload. */
function pattern(length: number): Bytes {
  const bytes = new Uint8Array(length);
  let state = 0x9e3779b9;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = ALPHABET[(state >>> 8) & 63]!;
  }
  return bytes;
}
