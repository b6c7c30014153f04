/**
 * The first message of a client (RFC 8446 section 4.1.2), as far as a server must know it before it can choose a certificate:
 * the name that is asked for and the protocols offered. It knows neither sockets nor keys, and leaves the judging to OpenSSL: what
 * it cannot read it hands on.
 */

import type { Bytes } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { foreignProtocol } from './foreign.ts';

/** Precedent: the most that OpenSSL takes for this message (SSL3_RT_MAX_PLAIN_LENGTH for each record, 2^17 in all). */
export const MAX_CLIENT_HELLO = 64 * 1024;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
const SERVER_NAME = 0;
const ALPN = 16;

export interface ClientHello {
  /** Lower case (RFC 6066 section 3). */
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  /** All that arrived, from the first byte on. */
  readonly bytes: Bytes;
}

export class HelloReader {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /**
   * Takes what arrived.
   * @returns the message once it is whole, `null` before
   * @throws NetError `protocol` (fault `remote`) when the peer speaks something else, or `limit`
   */
  receive(chunk: Bytes): ClientHello | null {
    this.#append(chunk);
    const bytes = this.#bytes.subarray(0, this.#length);
    if (bytes[0] !== HANDSHAKE_RECORD) {
      const foreign = foreignProtocol(bytes);
      if (foreign === 'unknown yet') return null;
      throw new NetError('protocol', foreign, { fault: 'remote' });
    }
    const message = joinRecords(bytes);
    if (message === null) return null;
    return { ...parse(message), bytes };
  }

  #append(chunk: Bytes): void {
    const length = this.#length + chunk.length;
    // One read of a socket may bring more than the message.
    if (this.#length > MAX_CLIENT_HELLO)
      throw new NetError('limit', `its first message is longer than ${MAX_CLIENT_HELLO} bytes`);
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }
}

/** The body of the message, which may lie in several records; `null` when some of it is missing, empty when it is another message. */
function joinRecords(bytes: Bytes): Bytes | null {
  const view = viewOf(bytes);
  const parts: Bytes[] = [];
  let have = 0;
  for (let at = 0; at + RECORD_HEADER <= bytes.length; ) {
    if (bytes[at] !== HANDSHAKE_RECORD) return new Uint8Array(0);
    const end = at + RECORD_HEADER + view.getUint16(at + 3);
    if (end > bytes.length) break;
    parts.push(bytes.subarray(at + RECORD_HEADER, end));
    have += end - at - RECORD_HEADER;
    at = end;
    const whole = wholeMessage(parts, have);
    if (whole !== null) return whole;
  }
  return null;
}

function wholeMessage(parts: readonly Bytes[], have: number): Bytes | null {
  if (have < MESSAGE_HEADER) return null;
  const joined = parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts));
  if (joined[0] !== CLIENT_HELLO) return new Uint8Array(0);
  const end = MESSAGE_HEADER + (viewOf(joined).getUint32(0) & 0xffffff);
  return joined.length < end ? null : joined.subarray(MESSAGE_HEADER, end);
}

/** What is there; a message that is malformed has nothing, and OpenSSL says what is wrong with it. */
function parse(body: Bytes): Omit<ClientHello, 'bytes'> {
  const found = { serverName: undefined as string | undefined, alpn: [] as string[] };
  try {
    const reader = new Reader(body);
    reader.skip(2 + 32);
    reader.skip(reader.uint8());
    reader.skip(reader.uint16());
    reader.skip(reader.uint8());
    const extensions = reader.part(reader.uint16());
    while (extensions.left > 0) {
      const type = extensions.uint16();
      const content = extensions.part(extensions.uint16());
      if (type === SERVER_NAME) found.serverName = serverName(content);
      if (type === ALPN) found.alpn = protocols(content);
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return found;
}

/** RFC 6066 section 3: a list of names, of which only host_name (0) was ever defined. */
function serverName(content: Reader): string | undefined {
  const list = content.part(content.uint16());
  if (list.uint8() !== 0) return undefined;
  const name = list.text(list.uint16()).toLowerCase();
  return /^[\x21-\x7e]{1,255}$/.test(name) ? name.replace(/\.$/, '') : undefined;
}

/** RFC 7301 section 3.1. */
function protocols(content: Reader): string[] {
  const names: string[] = [];
  const list = content.part(content.uint16());
  while (list.left > 0) names.push(list.text(list.uint8()));
  return names;
}

/** Reads front to back. @throws RangeError past the end */
class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    this.skip(1);
    return this.#bytes[this.#at - 1]!;
  }

  uint16(): number {
    return this.uint8() * 256 + this.uint8();
  }

  text(length: number): string {
    this.skip(length);
    return String.fromCharCode(...this.#bytes.subarray(this.#at - length, this.#at));
  }

  part(length: number): Reader {
    this.skip(length);
    return new Reader(this.#bytes.subarray(this.#at - length, this.#at));
  }

  skip(length: number): void {
    if (length > this.left) throw new RangeError('past the end');
    this.#at += length;
  }
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
