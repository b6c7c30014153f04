/**
 * Objects of OpenSSL from DER and to it: `d2i_…` and `i2d_…` take the address of the address of the bytes, and move it on.
 * The bytes lie behind that cell, in memory of ours.
 */
import { hold, Memory } from './memory.ts';

const CELL = 8;

/** @returns the object, or 0 when OpenSSL cannot read it */
export function decodeDer(
  der: Uint8Array,
  decode: (out: number, from: number, length: number) => number,
): number {
  const from = new Memory(CELL + der.length);
  from.bytes.set(der, CELL);
  from.setUint64(0, from.address + CELL);
  const object = decode(0, from.address, der.length);
  hold(from);
  return object;
}

export function encodeDer(
  object: number,
  encode: (object: number, to: number) => number,
): Uint8Array | undefined {
  const length = encode(object, 0);
  if (length <= 0) return undefined;
  const to = new Memory(CELL + length);
  to.setUint64(0, to.address + CELL);
  const written = encode(object, to.address);
  hold(to);
  return written === length ? to.bytes.subarray(CELL) : undefined;
}
