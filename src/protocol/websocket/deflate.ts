/**
 * What an endpoint needs of zlib for permessage-deflate (RFC 7692). It is given, because whoever does without I/O does without
 * `node:zlib` too. Both are synchronous: a message that is deflated later than the next would need a queue of its own.
 */
import type { Bytes } from '../../core/contract.ts';

export interface Inflater {
  /**
   * The message of which `payload` is the compressed form, without its last four bytes (section 7.2.2).
   * @param max bytes of the result from which on it is given up
   * @returns `null` when it would be longer than `max`
   * @throws anything when the bytes are not such a form
   */
  inflate(payload: Bytes, max: number): Bytes | null;
}

export interface Deflater {
  /** The compressed form without its last four bytes (section 7.2.1). */
  deflate(payload: Bytes): Bytes;
  /** Whether each message is compressed by itself, so that what one socket compressed another can send. */
  readonly isStateless: boolean;
  /** The base-2 logarithm of the window, 8 to 15. */
  readonly windowBits: number;
}

/** Of one connection, as it was agreed on. */
export interface Deflation {
  readonly inflater: Inflater;
  readonly deflater: Deflater;
  /** Messages of fewer bytes are sent as they are; default `DEFLATE_FROM`. */
  readonly from?: number | undefined;
}

/** Precedent: the `threshold` of `ws`. Less hardly becomes smaller, and costs as many calls. */
export const DEFLATE_FROM = 1024;
