/**
 * Messages behind a header in JSON:
 *
 *     length of the header   2 bytes, big-endian
 *     header                 UTF-8 JSON: {"byteorder", "content-type", "content-encoding", "content-length"}
 *     content                as many bytes as content-length says
 *
 * The format is the one that the socket tutorial of Real Python made known. Fields beyond the four are kept.
 */
import type { Bytes, Protocol } from '../core/contract.ts';
import {
  Framing,
  MAX_MESSAGE,
  NOTHING,
  tooLong,
  tooLongToSend,
  truncated,
  unsendable,
  wholeOption,
} from './framing.ts';
import { decodeContent, encodeHeader, type JsonHeader, parseHeader } from './json-header-fields.ts';

/** Bytes of a header unless `maxHeader` says otherwise; the format allows 65,535. Precedent: Node's `--max-http-header-size`. */
export const MAX_JSON_HEADER = 16 * 1024;

/** Bytes of the length in front. */
const PREFIX = 2;

export interface JsonHeaderOptions {
  /** Bytes of the JSON header, both ways. Default `MAX_JSON_HEADER`. */
  readonly maxHeader?: number | undefined;
  /** Bytes of the content, both ways. Default `MAX_MESSAGE`. */
  readonly max?: number | undefined;
}

/** A message as it arrived. */
export interface JsonMessage {
  readonly header: JsonHeader;
  readonly content: Bytes;
  /** The content of the types `text/json` and `application/json`, decoded and parsed. */
  readonly value?: unknown;
}

/**
 * A message to send: `content` as it is, or else `value` as JSON in UTF-8. Fields of the header that are not given
 * are filled in, and `content-length` always is. A message that arrived can be sent again.
 */
export interface JsonOutgoing {
  readonly header?: Partial<JsonHeader> | undefined;
  readonly content?: Bytes | undefined;
  readonly value?: unknown;
}

/** A header in JSON, and then the content that it describes. */
export function jsonHeader(options: JsonHeaderOptions = {}): Protocol<JsonMessage, JsonOutgoing> {
  return new JsonHeaderFraming(options);
}

class JsonHeaderFraming extends Framing<JsonMessage, JsonOutgoing> {
  readonly #maxHeader: number;
  readonly #max: number;
  /** Length of the header that is under way, or -1. */
  #headerLength = -1;
  #header: JsonHeader | undefined;

  constructor(options: JsonHeaderOptions) {
    super();
    this.#maxHeader = Math.min(wholeOption('maxHeader', options.maxHeader ?? MAX_JSON_HEADER, 1), 0xffff);
    this.#max = wholeOption('max', options.max ?? MAX_MESSAGE, 1);
  }

  protected decode(): JsonMessage | null {
    this.#header ??= this.#readHeader();
    const header = this.#header;
    if (header === undefined) return null;
    const length = header['content-length'];
    if (this.input.length < length) return null;
    const content = this.input.take(length);
    this.#header = undefined;
    const value = decodeContent(header, content);
    return value === undefined ? { header, content } : { header, content, value };
  }

  #readHeader(): JsonHeader | undefined {
    if (this.#headerLength < 0) {
      if (this.input.length < PREFIX) return undefined;
      this.#headerLength = this.input.at(0) * 256 + this.input.at(1);
      this.input.skip(PREFIX);
      if (this.#headerLength > this.#maxHeader)
        throw tooLong('A header', this.#headerLength, this.#maxHeader);
    }
    if (this.input.length < this.#headerLength) return undefined;
    const header = parseHeader(this.input.take(this.#headerLength));
    this.#headerLength = -1;
    if (header['content-length'] > this.#max) throw tooLong('A content', header['content-length'], this.#max);
    return header;
  }

  protected finish(): null {
    const have = this.input.length;
    if (this.#header !== undefined) throw truncated('a content', have, this.#header['content-length']);
    if (this.#headerLength >= 0) throw truncated('a header', have, this.#headerLength);
    if (have > 0) throw truncated('the length of a header', have, PREFIX);
    return null;
  }

  send(message: JsonOutgoing): void {
    const content = message.content ?? encodeValue(message.value);
    if (content.length > this.#max) throw tooLongToSend('A content', content.length, this.#max);
    const header = encodeHeader(message.header ?? {}, content, message.content === undefined);
    if (header.length > this.#maxHeader) throw tooLongToSend('A header', header.length, this.#maxHeader);
    const head = new Uint8Array(PREFIX + header.length);
    head[0] = header.length >> 8;
    head[1] = header.length & 0xff;
    head.set(header, PREFIX);
    this.writeJoined(head, content, NOTHING);
  }
}

function encodeValue(value: unknown): Bytes {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw unsendable(`The value cannot be written as JSON: ${(error as Error).message}`);
  }
  if (text === undefined)
    throw unsendable('The message has neither a content nor a value that JSON can write');
  return new TextEncoder().encode(text);
}
