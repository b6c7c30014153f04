/**
 * The head of a frame (RFC 6455 section 5.2):
 *
 *     bit   0    1-3   4-7      8     9-15     then 0, 16 or 64 bits      then 0 or 32 bits
 *           FIN  RSV   opcode   MASK  length   length above 125           masking key
 */
import type { Bytes } from '../../core/contract.ts';

/** Bytes of the longest head: two, a length of eight, a key of four. */
export const MAX_HEAD = 14;

export const FIN = 0x80;
/** Set on the first frame of a compressed message (RFC 7692 section 6). */
export const RSV1 = 0x40;
export const RSV = 0x70;
export const MASK = 0x80;

/** The longest payload of a control frame, and the largest length that stands in the second byte. */
export const SHORT = 125;
const LONG = 126;
const HUGE = 127;

export interface FrameHead {
  /** FIN, the reserved bits and the opcode, as they stand in the first byte. */
  readonly first: number;
  readonly isMasked: boolean;
  /** Of the payload, in bytes. Infinity when the highest of the 64 bits is set, which it must not be. */
  readonly length: number;
  /** The four bytes as one number, the first in its lowest eight bits. */
  readonly key: number;
  /** Whether the length was written with as few bytes as it needs, which is a rule. */
  readonly isMinimal: boolean;
}

/** How long a head is that has this second byte. */
export function headLength(second: number): number {
  const length = second & 0x7f;
  return 2 + (length === LONG ? 2 : length === HUGE ? 8 : 0) + ((second & MASK) === 0 ? 0 : 4);
}

/** The head at `at`, which must be there whole: see `headLength`. */
export function readHead(bytes: Bytes, at: number): FrameHead {
  const second = bytes[at + 1]!;
  const short = second & 0x7f;
  const isMasked = (second & MASK) !== 0;
  let after = at + 2;
  let length = short;
  let isMinimal = true;
  if (short === LONG) {
    length = (bytes[after]! << 8) | bytes[after + 1]!;
    isMinimal = length > SHORT;
    after += 2;
  } else if (short === HUGE) {
    const high = readUint32(bytes, after);
    length = high >= 2 ** 31 ? Number.POSITIVE_INFINITY : high * 2 ** 32 + readUint32(bytes, after + 4);
    isMinimal = length > 0xffff;
    after += 8;
  }
  return { first: bytes[at]!, isMasked, length, key: isMasked ? readKey(bytes, after) : 0, isMinimal };
}

/** How long the head of a payload of `length` bytes is. */
export function headLengthFor(length: number, isMasked: boolean): number {
  return (length <= SHORT ? 2 : length <= 0xffff ? 4 : 10) + (isMasked ? 4 : 0);
}

/**
 * Writes a head at `at`, where there is room for it.
 * @param key left out for a frame without a mask
 * @returns where the payload begins
 */
export function writeHead(into: Bytes, at: number, first: number, length: number, key?: number): number {
  const bit = key === undefined ? 0 : MASK;
  let after = at + 2;
  into[at] = first;
  if (length <= SHORT) {
    into[at + 1] = bit | length;
  } else if (length <= 0xffff) {
    into[at + 1] = bit | LONG;
    into[after++] = length >>> 8;
    into[after++] = length;
  } else {
    into[at + 1] = bit | HUGE;
    after = writeUint32(into, after, Math.floor(length / 2 ** 32));
    after = writeUint32(into, after, length);
  }
  if (key === undefined) return after;
  for (let shift = 0; shift < 32; shift += 8) into[after++] = key >>> shift;
  return after;
}

function readUint32(bytes: Bytes, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function writeUint32(into: Bytes, at: number, value: number): number {
  for (let shift = 24, to = at; shift >= 0; shift -= 8) into[to++] = value >>> shift;
  return at + 4;
}

function readKey(bytes: Bytes, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
