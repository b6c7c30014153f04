/**
 * Where frames are written: one slab after the other, shared by all sockets of the thread. Frames that are written one after
 * another lie one after another, so that several leave in one piece without being joined.
 */
import { Slab } from '../../bytes/slab.ts';
import type { Bytes } from '../../core/contract.ts';

/** A frame that waits for its peer holds all of its slab: no larger than what a wire asks to wait for (`PENDING_HIGH`). */
export const SLAB_SIZE = 64 * 1024;

let slab = new Slab(SLAB_SIZE);
let whole = new Uint8Array(slab.buffer);

/** At least `length` bytes, at most `SLAB_SIZE`, to be written to and then taken with `takeWritten`. */
export function reserveRegion(length: number): Bytes {
  if (slab.free < length) {
    slab = new Slab(SLAB_SIZE);
    whole = new Uint8Array(slab.buffer);
  }
  return whole.subarray(slab.used);
}

/** The first `length` bytes of what was reserved. */
export function takeWritten(length: number): Bytes {
  return slab.take(length);
}

/** `length` bytes to write to, which may be more than a slab has. */
export function takeRegion(length: number): Bytes {
  if (length > SLAB_SIZE / 2) return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  if (slab.free < length) reserveRegion(length);
  return slab.take(length);
}
