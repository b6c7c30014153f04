/** When each step of a request was done. It reads no clock: whoever takes the steps does. */
import type { RequestStep } from './errors.ts';

/**
 * Milliseconds, monotonic, from the call of `request` to the end of each step, as those of curl's `--write-out`: steps that
 * did not happen are `undefined`. Of a request that was redirected or repeated they are the last one's.
 */
export interface RequestTiming {
  /** To the beginning of this hop: what redirects and a repetition took. */
  readonly redirect: number;
  /** A connection could be used or made: what waiting for the pool took is until here. */
  readonly queue: number | undefined;
  /** The name was resolved. */
  readonly name: number | undefined;
  /** The connection was there; with a proxy, to it. */
  readonly connect: number | undefined;
  /** The proxy had connected on. */
  readonly proxy: number | undefined;
  /** The TLS handshake was over. */
  readonly tls: number | undefined;
  /** The last byte of the request was taken by the system. */
  readonly sent: number | undefined;
  /** The first byte of the answer, also of an interim one, was here. */
  readonly firstByte: number | undefined;
  /** The last byte of the answer was here; `undefined` until then. */
  readonly total: number | undefined;
  /** Whether the connection had served before: then there is no name, no connect and no TLS. */
  readonly reused: boolean;
}

type Mark = Exclude<keyof RequestTiming, 'redirect' | 'reused'>;

/** Writes down the steps of one hop. */
export class Stopwatch {
  /** What is under way, for errors. */
  step: RequestStep = 'request';
  reused = false;
  readonly #now: () => number;
  readonly #start: number;
  readonly #redirect: number;
  readonly #marks: Partial<Record<Mark, number>> = {};

  /** @param start of the first hop; default now */
  constructor(now: () => number, start: number = now()) {
    this.#now = now;
    this.#start = start;
    this.#redirect = now() - start;
  }

  /** For the next hop, or the next attempt. */
  next(): Stopwatch {
    return new Stopwatch(this.#now, this.#start);
  }

  /** The end of a step; the first time counts. */
  mark(step: Mark): void {
    this.#marks[step] ??= this.#now() - this.#start;
  }

  timing(): RequestTiming {
    const { queue, name, connect, proxy, tls, sent, firstByte, total } = this.#marks;
    const { reused } = this;
    return { redirect: this.#redirect, queue, name, connect, proxy, tls, sent, firstByte, total, reused };
  }
}
