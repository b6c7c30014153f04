/** Frames made and read by hand, for tests: nothing of it is shared with what it tests. */
import { Buffer } from 'node:buffer';

export interface FrameOptions {
  readonly fin?: boolean;
  /** Three bits. */
  readonly rsv?: number;
  /** Four bytes; `null` for no mask. Default: one that is not zero. */
  readonly key?: readonly number[] | null;
}

const KEY = [0x37, 0xfa, 0x21, 0x3d];

/** One frame as a client sends it. */
export function frame(opcode: number, payload: string | Uint8Array = '', options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, key = KEY } = options;
  const body = Buffer.from(payload as string);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const masked = key === null ? 0 : 0x80;
  if (body.length <= 125) head.push(masked | body.length);
  else if (body.length <= 0xffff) head.push(masked | 126, body.length >> 8, body.length & 0xff);
  else head.push(masked | 127, 0, 0, 0, 0, ...uint32(body.length));
  return Buffer.concat([
    Buffer.from([...head, ...(key ?? [])]),
    Buffer.from(body.map((byte, at) => byte ^ (key?.[at & 3] ?? 0))),
  ]);
}

/** The payload of a Close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as string)]);
}

export interface Read {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly isMasked: boolean;
  readonly payload: Buffer;
}

/** The frames in `bytes`, which must be whole. */
export function readFrames(bytes: Buffer): Read[] {
  const frames: Read[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [first, second] = [bytes[at]!, bytes[at + 1]!];
    at += 2;
    let length = second & 0x7f;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at));
      at += 8;
    }
    const isMasked = (second & 0x80) !== 0;
    const key = isMasked ? bytes.subarray(at, at + 4) : Buffer.alloc(4);
    if (isMasked) at += 4;
    const payload = Buffer.from(bytes.subarray(at, at + length).map((byte, index) => byte ^ key[index & 3]!));
    if (payload.length < length) throw new Error(`The last frame has ${payload.length} of ${length} bytes`);
    at += length;
    frames.push({
      opcode: first & 0x0f,
      fin: (first & 0x80) !== 0,
      rsv: (first >> 4) & 7,
      isMasked,
      payload,
    });
  }
  return frames;
}

/** Bytes in pieces of `size`. */
export function chop(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
