/** Messages and control frames to bytes (RFC 6455 section 5). It does not know what may be sent when. */
import type { Bytes } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { FIN, headLengthFor, MAX_HEAD, writeHead } from './frame-head.ts';
import { reserveRegion, takeRegion, takeWritten } from './frame-slab.ts';
import { mask } from './mask.ts';
import type { Outbox } from './outbox.ts';

/** A payload up to this many bytes is copied behind its head, so that both leave in one piece. Precedent: `JOIN_LIMIT` of the framings. */
const JOIN_LIMIT = 16 * 1024;

const encoder = new TextEncoder();

/** Up to this many code units text is encoded before its length is known: room for three bytes each is little then. */
const SHORT_TEXT = 4096;

/**
 * Puts a frame into `out`.
 * @param first FIN, reserved bits and opcode
 * @param payload copied when it is small or masked, else handed over
 * @param key of the mask; left out by servers
 */
export function writeFrame(out: Outbox, first: number, payload: Bytes, key?: number): void {
  const { length } = payload;
  if (key === undefined && length > JOIN_LIMIT) {
    const head = takeRegion(headLengthFor(length, false));
    writeHead(head, 0, first, length);
    out.add(head);
    out.add(payload);
    return;
  }
  const frame = takeRegion(headLengthFor(length, key !== undefined) + length);
  const at = writeHead(frame, 0, first, length, key);
  frame.set(payload, at);
  if (key !== undefined) mask(frame.subarray(at), key);
  out.add(frame);
}

/** The same for text, which becomes UTF-8 where it is written. The text must be well-formed: see `checkText`. */
export function writeText(out: Outbox, first: number, text: string, key?: number): void {
  out.add(text.length > SHORT_TEXT ? longText(first, text, key) : shortText(first, text, key));
}

function longText(first: number, text: string, key: number | undefined): Bytes {
  const length = Buffer.byteLength(text);
  const frame = takeRegion(headLengthFor(length, key !== undefined) + length);
  const payload = frame.subarray(writeHead(frame, 0, first, length, key));
  encoder.encodeInto(text, payload);
  if (key !== undefined) mask(payload, key);
  return frame;
}

function shortText(first: number, text: string, key: number | undefined): Bytes {
  const isMasked = key !== undefined;
  const region = reserveRegion(MAX_HEAD + 3 * text.length);
  // Mostly a code unit is one byte; where it is not, the head may turn out longer and the payload moves.
  const guess = headLengthFor(text.length, isMasked);
  const length = encoder.encodeInto(text, region.subarray(guess)).written;
  const headLength = headLengthFor(length, isMasked);
  if (headLength !== guess) region.copyWithin(headLength, guess, guess + length);
  writeHead(region, 0, first, length, key);
  const frame = takeWritten(headLength + length);
  if (isMasked) mask(frame.subarray(headLength), key);
  return frame;
}

/** One frame of a server, in one piece. */
export function encodeFrame(opcode: number, payload: Bytes, flags = 0): Bytes {
  const frame = takeRegion(headLengthFor(payload.length, false) + payload.length);
  frame.set(payload, writeHead(frame, 0, FIN | flags | opcode, payload.length));
  return frame;
}

/** @throws NetError `protocol` (fault `local`) for half a surrogate pair, which has no UTF-8 */
export function checkText(text: string): void {
  if (text.isWellFormed()) return;
  const words =
    'This text cannot be sent: it contains half a surrogate pair, which has no UTF-8; see String.toWellFormed';
  throw new NetError('protocol', words, { fault: 'local' });
}

/** The UTF-8 of text that is well-formed. */
export function encodeText(text: string): Bytes {
  return encoder.encode(text);
}
