/** What a parser of HTTP/1.1 takes at most. */
import { unsendable } from './error.ts';

export interface Http1Limits {
  /** Bytes of a request line or status line, with its end. 8192, as one of nginx's `large_client_header_buffers`; else 414. */
  readonly requestLine: number;
  /**
   * Bytes of a whole head, with all line ends. 65536: between the four buffers of 8 KiB of nginx and the 1 MiB of Go, and
   * about the 60 KiB of Envoy; else 431.
   */
  readonly headerBytes: number;
  /** Field lines of a head, and of the trailers. 100, as Apache's `LimitRequestFields`; else 431. */
  readonly headers: number;
  /** Bytes of all chunk extensions of one message. 16384, as Node takes since CVE-2024-22019; else 413. */
  readonly chunkExtensions: number;
  /** Bytes of the trailers, with all line ends. 8192, as Apache's `LimitRequestFieldSize`; else 431. */
  readonly trailerBytes: number;
}

export const HTTP1_LIMITS: Http1Limits = {
  requestLine: 8192,
  headerBytes: 65_536,
  headers: 100,
  chunkExtensions: 16_384,
  trailerBytes: 8192,
};

/** @throws NetError `protocol` (fault `local`) unless each is a whole number from 1 up */
export function limitsOf(limits: Partial<Http1Limits> | undefined): Http1Limits {
  if (limits === undefined) return HTTP1_LIMITS;
  const all = { ...HTTP1_LIMITS, ...limits };
  for (const [name, value] of Object.entries(all)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw unsendable(`The limit ${name} is ${value}; it must be a whole number from 1 up`);
  }
  return all;
}
