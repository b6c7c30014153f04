/** Bodies to be written, of either role. It knows no head and no socket: whoever pushes decides when. */
import type { Bytes } from '../../core/contract.ts';
import { unsendable } from './error.ts';
import { CHUNKED } from './event.ts';
import { formatFields } from './format-head.ts';
import { CLIENT, follow, type State } from './state.ts';

/** Behind the last chunk of a body without trailers. */
export const LAST_CHUNK = '0\r\n\r\n';

/** Chunks up to this, in bytes, are copied between their head and end, to leave in one write; as framings do. */
const JOIN_LIMIT = 16 * 1024;

const CRLF: Bytes = Uint8Array.of(0x0d, 0x0a);
const NONE: readonly Bytes[] = [];

/** Trailers that would change how the message is read (RFC 9110 section 6.5.1); our parser refuses them too. */
const NOT_IN_TRAILERS = /^(content-length|transfer-encoding|host|connection|expect|upgrade)$/i;

/** What stands before a chunk of `length` bytes, which must be above 0; behind it stands CR LF. */
export function chunkHead(length: number): string {
  if (!Number.isSafeInteger(length) || length < 1)
    throw unsendable(`A chunk of ${length} bytes cannot be sent; it must have 1 at least`);
  return `${length.toString(16)}\r\n`;
}

/**
 * Frames one body. What a method returns is to be written in this order, at once or before the next call's:
 *
 *     const body = new BodyWriter(CHUNKED);
 *     for (const piece of body.send(data)) wire.push(piece);
 *     for (const piece of body.end()) wire.push(piece);
 */
export class BodyWriter {
  readonly #length: number;
  #left: number;
  #state: State = 'send-body';

  /** @param length as `bodyLength` of the head that was written: bytes, -1 in chunks, -2 until the connection is closed */
  constructor(length: number) {
    if (!Number.isSafeInteger(length) || length < -2)
      throw unsendable(`A body of ${length} bytes cannot be sent`);
    this.#length = length;
    this.#left = length;
  }

  /** Bytes that are still owed; 0 where no length was promised. */
  get left(): number {
    return Math.max(this.#left, 0);
  }

  /** Whether `end` was called. */
  get isDone(): boolean {
    return this.#state !== 'send-body';
  }

  /**
   * Takes a part of the body, which may be empty.
   * @throws NetError `protocol` (fault `local`) when it is more than the length that was promised; `busy` after `end`
   */
  send(data: Bytes): readonly Bytes[] {
    this.#state = follow(CLIENT, this.#state, 'data');
    if (data.length === 0) return NONE;
    if (this.#length === CHUNKED) return chunk(data);
    if (this.#length >= 0) {
      if (data.length > this.#left)
        throw unsendable(
          `A body has ${data.length - this.#left} bytes more than the ${this.#length} that its head promises`,
        );
      this.#left -= data.length;
    }
    return [data];
  }

  /**
   * Ends the body.
   * @param trailers only in chunks
   * @throws NetError `protocol` (fault `local`) when bytes are missing, and the connection must be closed then, or when
   * trailers cannot be sent
   */
  end(trailers?: Iterable<readonly [name: string, value: string]>): readonly Bytes[] {
    if (this.#left > 0)
      throw unsendable(`A body lacks ${this.#left} bytes of the ${this.#length} that its head promises`);
    const last = this.#length === CHUNKED ? [Buffer.from(lastChunk(trailers), 'latin1')] : NONE;
    if (this.#length !== CHUNKED && trailers !== undefined)
      throw unsendable('Trailers can be sent behind a body in chunks only');
    this.#state = follow(CLIENT, this.#state, 'end');
    return last;
  }
}

function lastChunk(trailers: Iterable<readonly [name: string, value: string]> | undefined): string {
  if (trailers === undefined) return LAST_CHUNK;
  const fields = [...trailers];
  const refused = fields.find(([name]) => NOT_IN_TRAILERS.test(name));
  if (refused !== undefined) throw unsendable(`${refused[0]} is not allowed in trailers`);
  return `0\r\n${formatFields(fields)}\r\n`;
}

function chunk(data: Bytes): readonly Bytes[] {
  const head = chunkHead(data.length);
  if (data.length > JOIN_LIMIT) return [Buffer.from(head, 'latin1'), data, CRLF];
  const joined = Buffer.allocUnsafe(head.length + data.length + 2);
  joined.write(head, 0, 'latin1');
  joined.set(data, head.length);
  joined.set(CRLF, head.length + data.length);
  return [joined];
}
