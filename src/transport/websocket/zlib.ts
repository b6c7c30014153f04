/**
 * permessage-deflate (RFC 7692) on `node:zlib`, by its synchronous functions alone. A message that may refer to those before it
 * is given them as a dictionary: the window of DEFLATE is nothing else. So a silent socket holds no state of zlib, of which one
 * pair takes some 300 KiB, but the last bytes of each direction. It does not know frames.
 *
 * Measured with messages of 1 KiB: the streams of `node:zlib`, which work in other threads, took 77 µs a message; these take 16,
 * and 33 with a full dictionary.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Bytes } from '../../core/contract.ts';
import type { DeflateParameters, Deflater, Deflation, Inflater } from '../../protocol/websocket/index.ts';

export interface ZlibOptions {
  /** 1 (fast) to 9 (small); default zlib's own, 6. */
  readonly level?: number | undefined;
  /** 1 (little) to 9 (fast); default 8. */
  readonly memLevel?: number | undefined;
  /** Messages of fewer bytes are sent as they are; default `DEFLATE_FROM`. */
  readonly from?: number | undefined;
}

/** Both directions of one connection. */
export function deflationOf(
  agreed: DeflateParameters,
  role: 'client' | 'server',
  options: ZlibOptions = {},
): Deflation {
  const isServer = role === 'server';
  const ownBits = isServer ? agreed.serverWindowBits : agreed.clientWindowBits;
  const peerBits = isServer ? agreed.clientWindowBits : agreed.serverWindowBits;
  const ownForgets = isServer ? agreed.serverNoContextTakeover : agreed.clientNoContextTakeover;
  const peerForgets = isServer ? agreed.clientNoContextTakeover : agreed.serverNoContextTakeover;
  return {
    deflater: new ZlibDeflater(ownBits, ownForgets, options),
    inflater: new ZlibInflater(peerForgets ? undefined : new Window(peerBits)),
    from: options.from,
  };
}

/** What every message that was flushed ends with, and what is left out on the wire: an empty block (RFC 7692 section 7.2.1). */
const TAIL_LENGTH = 4;

class ZlibDeflater implements Deflater {
  readonly windowBits: number;
  readonly isStateless: boolean;
  readonly #window: Window | undefined;
  readonly #options: ZlibOptions;

  constructor(windowBits: number, isStateless: boolean, options: ZlibOptions) {
    this.windowBits = windowBits;
    this.isStateless = isStateless;
    this.#window = isStateless ? undefined : new Window(windowBits);
    this.#options = options;
  }

  deflate(payload: Bytes): Bytes {
    const { level, memLevel } = this.#options;
    const deflated = deflateRawSync(payload, {
      // Node makes 9 of 8, whose window zlib uses only half of: the result fits a window of 8 bits.
      windowBits: this.windowBits,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(level === undefined ? {} : { level }),
      ...(memLevel === undefined ? {} : { memLevel }),
      ...this.#window?.dictionary,
    });
    this.#window?.add(payload);
    return deflated.subarray(0, deflated.length - TAIL_LENGTH);
  }
}

class ZlibInflater implements Inflater {
  readonly #window: Window | undefined;

  constructor(window: Window | undefined) {
    this.#window = window;
  }

  inflate(payload: Bytes, max: number): Bytes | null {
    // The bytes that were left out hold nothing: flushing gives out all there is without them.
    const inflated = inflateUpTo(payload, max, this.#window);
    if (inflated !== null) this.#window?.add(inflated);
    return inflated;
  }
}

function inflateUpTo(payload: Bytes, max: number, window: Window | undefined): Bytes | null {
  try {
    return inflateRawSync(payload, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.max(1, max),
      ...window?.dictionary,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw error;
  }
}

/** The last bytes of all messages so far. */
class Window {
  readonly #size: number;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(bits: number) {
    this.#size = 2 ** bits;
  }

  get dictionary(): { readonly dictionary?: Uint8Array } {
    return this.#bytes.length === 0 ? {} : { dictionary: this.#bytes };
  }

  add(data: Uint8Array): void {
    if (data.length === 0) return;
    const kept = this.#bytes.subarray(-Math.max(0, this.#size - data.length));
    const added = data.subarray(-this.#size);
    const next = new Uint8Array((data.length >= this.#size ? 0 : kept.length) + added.length);
    if (data.length < this.#size) next.set(kept);
    next.set(added, next.length - added.length);
    this.#bytes = next;
  }
}
