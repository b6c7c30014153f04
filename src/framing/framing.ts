/**
 * What every framing does alike: keep what arrived until a message is complete, keep what is to be written until it
 * is taken, and turn a stream that ends within a message into an error. It knows no format, no socket and no clock.
 */
import { ByteQueue } from '../bytes/byte-queue.ts';
import type { Bytes, Protocol } from '../core/contract.ts';
import { NetError } from '../core/error.ts';

/** Payload bytes of a message unless `max` says otherwise. Precedent: 16,384,000 of Thrift's `DEFAULT_MAX_FRAME_SIZE`. */
export const MAX_MESSAGE = 16 * 1024 * 1024;

/**
 * Payloads up to this, in bytes, are copied behind their header, so that both leave in one write; larger ones are
 * written as they are. Precedent: a TLS record (RFC 8446 section 5.1) holds as much.
 */
export const JOIN_LIMIT = 16 * 1024;

/**
 * A message that breaks the format throws from `next`, once the messages before it have been handed out; from then
 * on the framing throws the same error.
 */
export abstract class Framing<In extends {}, Out extends {} = In> implements Protocol<In, Out> {
  protected readonly input = new ByteQueue();
  #ended = false;
  #error: unknown;
  #output: Bytes[] = [];

  /** The next message of `input`, or `null` when it is not complete. */
  protected abstract decode(): In | null;

  /** What to give for an input that ended after the last complete message: an error, unless nothing is left. */
  protected abstract finish(): In | null;

  abstract send(value: Out): void;

  /** Bytes that arrived and were not handed out: at most the maximum and a chunk, when `next` is called until `null`. */
  get buffered(): number {
    return this.input.length;
  }

  receive(data: Bytes | null): void {
    if (data === null) this.#ended = true;
    else if (this.#error === undefined) this.input.push(data);
  }

  next(): In | null {
    if (this.#error !== undefined) throw this.#error;
    try {
      const value = this.decode();
      if (value !== null) return value;
      if (this.#ended) return this.finish();
    } catch (error) {
      this.#error = error;
      this.input.clear();
      throw error;
    }
    this.input.release();
    return null;
  }

  take(): Bytes | null {
    return this.#output.shift() ?? null;
  }

  deadline(): null {
    return null;
  }

  timeout(): void {}

  /** Queues bytes to be written. */
  protected write(bytes: Bytes): void {
    if (bytes.length > 0) this.#output.push(bytes);
  }

  /** Queues `head`, `payload` and `tail`: as one array when the payload is small, else without a copy. */
  protected writeJoined(head: Bytes, payload: Bytes, tail: Bytes): void {
    if (payload.length > JOIN_LIMIT) {
      this.write(head);
      this.write(payload);
      this.write(tail);
      return;
    }
    const joined = new Uint8Array(head.length + payload.length + tail.length);
    joined.set(head);
    joined.set(payload, head.length);
    joined.set(tail, head.length + payload.length);
    this.write(joined);
  }
}

export const NOTHING: Bytes = new Uint8Array(0);

/** Bytes of a short ASCII text; `TextEncoder` costs ten times as much for so little. */
export function asciiBytes(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** The peer broke the format. */
export function malformed(message: string, cause?: unknown): NetError {
  return new NetError('protocol', message, { fault: 'remote', ...(cause === undefined ? {} : { cause }) });
}

/** The value cannot be sent in this format. */
export function unsendable(message: string): NetError {
  return new NetError('protocol', message, { fault: 'local' });
}

/** The input ended where more was to come; how much more is not always known. */
export function truncated(what: string, have: number, want?: number): NetError {
  const count = want === undefined ? `${have}` : `${have} of ${want}`;
  return malformed(`The stream ended within ${what}, after ${count} bytes of it`);
}

/** A message that arrived, or was announced, is too long. */
export function tooLong(what: string, length: number | bigint | string, max: number): NetError {
  return new NetError('limit', `${what} of ${length} bytes arrived; at most ${max} are taken (max)`);
}

/** A message to be sent is too long. */
export function tooLongToSend(what: string, length: number, max: number): NetError {
  return new NetError('limit', `${what} of ${length} bytes cannot be sent; at most ${max} are allowed (max)`);
}

/**
 * A limit or a size that was given as an option.
 * @throws NetError `protocol` (fault `local`) unless it is a whole number from `least` up
 */
export function wholeOption(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw unsendable(`The option ${name} is ${value}; it must be a whole number from ${least} up`);
}
