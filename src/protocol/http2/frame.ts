/** Frames of HTTP/2 by their heads (RFC 9113, section 4.1). It knows no payload, and no rule of who may send what. */
import type { Bytes } from '../../core/contract.ts';

/** Bytes of the head of a frame. */
export const FRAME_HEAD = 9;

export interface FrameHead {
  readonly type: number;
  readonly flags: number;
  /** 0: of the connection. */
  readonly stream: number;
  /** Bytes of the payload. */
  readonly length: number;
}

/** RFC 9113, section 6, and RFC 9218, section 7.1. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  priorityUpdate: 16,
} as const;

/** What a flag means depends on the type; the same bit is END_STREAM of DATA and ACK of SETTINGS. */
export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** RFC 9113, section 7. */
export const ERROR_CODE = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

const ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

const NAMES: Readonly<Record<number, string>> = {
  0: 'DATA',
  1: 'HEADERS',
  2: 'PRIORITY',
  3: 'RST_STREAM',
  4: 'SETTINGS',
  5: 'PUSH_PROMISE',
  6: 'PING',
  7: 'GOAWAY',
  8: 'WINDOW_UPDATE',
  9: 'CONTINUATION',
  10: 'ALTSVC',
  12: 'ORIGIN',
  16: 'PRIORITY_UPDATE',
};

/** Bits of flags, by type, the lowest first. */
const FLAGS: Readonly<Record<number, readonly (readonly [bit: number, name: string])[]>> = {
  0: [
    [0x1, 'END_STREAM'],
    [0x8, 'PADDED'],
  ],
  1: [
    [0x1, 'END_STREAM'],
    [0x4, 'END_HEADERS'],
    [0x8, 'PADDED'],
    [0x20, 'PRIORITY'],
  ],
  4: [[0x1, 'ACK']],
  5: [
    [0x4, 'END_HEADERS'],
    [0x8, 'PADDED'],
  ],
  6: [[0x1, 'ACK']],
  9: [[0x4, 'END_HEADERS']],
};

/** `DATA` and the like; of others `type 42`. */
export function frameName(type: number): string {
  return NAMES[type] ?? `type ${type}`;
}

/** `CANCEL` and the like, of RST_STREAM and GOAWAY; of others `code 42`. */
export function errorName(code: number): string {
  return ERROR_NAMES[code] ?? `code ${code}`;
}

/** The flags that the type defines, `['END_STREAM', 'END_HEADERS']`; bits without a meaning are left out. */
export function flagNames(type: number, flags: number): string[] {
  return (FLAGS[type] ?? []).filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}

/** One line: `HEADERS stream 1, 38 bytes, END_STREAM END_HEADERS`. */
export function describeFrame({ type, flags, stream, length }: FrameHead): string {
  const where = stream === 0 ? 'connection' : `stream ${stream}`;
  return [`${frameName(type)} ${where}`, `${length} bytes`, flagNames(type, flags).join(' ')]
    .filter((part) => part !== '')
    .join(', ');
}

/**
 * GOAWAY with the highest number of a stream and NO_ERROR: requests that are on their way will still be answered, but no
 * more should be begun (RFC 9113, section 6.8). A second one with the last number that was taken follows it.
 */
export const SHUTDOWN_NOTICE: Bytes = Uint8Array.of(
  0,
  0,
  8,
  7,
  0,
  0,
  0,
  0,
  0,
  0x7f,
  0xff,
  0xff,
  0xff,
  0,
  0,
  0,
  0,
);
