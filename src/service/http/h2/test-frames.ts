/** Frames of HTTP/2 as a client sends them that keeps to no rule, and what comes back taken apart. */
import type { Bytes } from '../../../core/index.ts';
import { ERROR_CODE, FLAG, FRAME, PREFACE } from '../../../protocol/http2/index.ts';

export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Bytes = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** With the name and value of each field as they are: neither indexed nor compressed (RFC 7541, section 6.2.2). */
export function fieldBlock(fields: Iterable<readonly [string, string]>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of fields) parts.push(Buffer.of(0), text(name), text(value));
  return Buffer.concat(parts);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([length(bytes.length), bytes]);
}

/** An integer with a prefix of seven bits (RFC 7541, section 5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.of(...bytes, rest);
}

export const GET_FIELDS: readonly (readonly [string, string])[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'a'],
  [':path', '/'],
];

export function headers(
  stream: number,
  fields: Iterable<readonly [string, string]> = GET_FIELDS,
  flags: number = FLAG.endHeaders | FLAG.endStream,
): Buffer {
  return frame(FRAME.headers, flags, stream, fieldBlock(fields));
}

export function post(stream: number, ...more: (readonly [string, string])[]): Buffer {
  const [, ...others] = GET_FIELDS;
  return headers(stream, [[':method', 'POST'], ...others, ...more], FLAG.endHeaders);
}

export function data(stream: number, payload: string | Bytes, flags = 0): Buffer {
  return frame(FRAME.data, flags, stream, typeof payload === 'string' ? Buffer.from(payload) : payload);
}

export function settings(...pairs: (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  pairs.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame(FRAME.settings, 0, 0, payload);
}

export const SETTINGS_ACK: Buffer = frame(FRAME.settings, FLAG.ack, 0);
export const PING: Buffer = frame(FRAME.ping, 0, 0, Buffer.alloc(8, 7));

export function reset(stream: number, code: number = ERROR_CODE.cancel): Buffer {
  return frame(FRAME.rstStream, 0, stream, number(code));
}

export function windowUpdate(stream: number, bytes: number): Buffer {
  return frame(FRAME.windowUpdate, 0, stream, number(bytes));
}

/** With which a client begins. */
export function greeting(...pairs: (readonly [id: number, value: number])[]): Buffer {
  return Buffer.concat([PREFACE, settings(...pairs), SETTINGS_ACK]);
}

/** The frames of what a server sent; what is not whole is left out. */
export function framesOf(bytes: Buffer): SeenFrame[] {
  const seen: SeenFrame[] = [];
  let at = 0;
  while (at + 9 <= bytes.length) {
    const size = bytes.readUIntBE(at, 3);
    if (at + 9 + size > bytes.length) break;
    const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    const payload = bytes.subarray(at + 9, at + 9 + size);
    seen.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload });
    at += 9 + size;
  }
  return seen;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
