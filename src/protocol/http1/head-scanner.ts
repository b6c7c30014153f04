/**
 * What the heads of requests and of responses share: the fields that frame the message (RFC 9112 section 6) and those that
 * decide over the connection (sections 9.3 and 9.6; RFC 9110 section 7.8). Whatever two programs in a row could read
 * differently is refused.
 */
import type { Bytes } from '../../core/contract.ts';
import { CR, isWord, LF, latin1, trimBlanks } from './characters.ts';
import { bad } from './error.ts';
import type { Version } from './event.ts';
import type { Fields } from './fields.ts';
import type { Http1Limits } from './limits.ts';
import { CONNECTION, CONTENT_LENGTH, SectionScanner, TRANSFER_ENCODING, UPGRADE } from './section-scanner.ts';

const TOKEN_TEXT = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Bytes of `HTTP/1.1`, and with the line's end. */
const VERSION_LENGTH = 8;
const ZERO = 0x30;
const NINE = 0x39;

export abstract class HeadScanner extends SectionScanner {
  protected readonly lineLimit: number;
  version: Version = '1.1';
  /** -1: not said. */
  contentLength = -1;
  chunked = false;
  protected closes = false;
  protected keeps = false;
  protected upgrades = false;
  #offers = false;
  #major = 0;

  constructor(limits: Http1Limits) {
    super({
      what: 'head',
      bytes: limits.headerBytes,
      bytesName: 'headerBytes',
      fields: limits.headers,
    });
    this.lineLimit = limits.requestLine;
  }

  override reset(phase: number): void {
    super.reset(phase);
    this.contentLength = -1;
    this.chunked = false;
    this.closes = false;
    this.keeps = false;
    this.upgrades = false;
    this.#offers = false;
  }

  get keepAlive(): boolean {
    return !this.closes && (this.version === '1.1' || this.keeps);
  }

  /** Of Upgrade, unless it must be ignored (RFC 9110 section 7.8). */
  protected upgradeOf(fields: Fields): string | undefined {
    if (!this.upgrades || !this.#offers || this.version !== '1.1') return undefined;
    return fields.get('upgrade') || undefined;
  }

  protected override onField(kind: number, bytes: Bytes, from: number, to: number, _base: number): void {
    if (kind === CONNECTION) this.#onConnection(bytes, from, to);
    else if (kind === CONTENT_LENGTH) this.#onContentLength(bytes, from, to);
    else if (kind === TRANSFER_ENCODING) this.#onTransferEncoding(bytes, from, to);
    else if (kind === UPGRADE) this.#offers = true;
  }

  /** Content-Length = 1*DIGIT */
  #onContentLength(bytes: Bytes, from: number, to: number): void {
    if (this.contentLength >= 0) throw bad('Content-Length is there twice');
    if (this.chunked) throw bothLengths();
    if (from === to) throw bad('Content-Length is empty');
    let length = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (byte < ZERO || byte > NINE)
        throw bad(`Content-Length must be digits, not ${quote(bytes, from, to)}`);
      length = length * 10 + (byte - ZERO);
      if (length > Number.MAX_SAFE_INTEGER) throw bad(`Content-Length is above ${Number.MAX_SAFE_INTEGER}`);
    }
    this.contentLength = length;
  }

  #onTransferEncoding(bytes: Bytes, from: number, to: number): void {
    if (this.chunked) throw bad('Transfer-Encoding is there twice');
    if (this.contentLength >= 0) throw bothLengths();
    if (this.version === '1.0') throw bad('Transfer-Encoding stands in a message of HTTP/1.0');
    if (to - from !== 7 || !isWord(bytes, from, 'chunked')) throw badCoding(bytes, from, to);
    this.chunked = true;
  }

  #onConnection(bytes: Bytes, from: number, to: number): void {
    if (to - from === 10 && isWord(bytes, from, 'keep-alive')) this.keeps = true;
    else if (to - from === 5 && isWord(bytes, from, 'close')) this.closes = true;
    else if (to - from === 7 && isWord(bytes, from, 'upgrade')) this.upgrades = true;
    else this.#onConnectionList(latin1(bytes, from, to));
  }

  #onConnectionList(text: string): void {
    for (const item of text.split(',')) {
      const option = trimBlanks(item).toLowerCase();
      // Empty elements of a list are read over (RFC 9110 section 5.6.1.2).
      if (option === '') continue;
      if (!TOKEN_TEXT.test(option)) throw bad('Connection is not a list of names');
      if (option === 'close') this.closes = true;
      else if (option === 'keep-alive') this.keeps = true;
      else if (option === 'upgrade') this.upgrades = true;
    }
  }

  /**
   * Checks `HTTP/1.1` byte by byte and notes it; `at` lies `done` bytes behind its start. Returns where it stopped.
   * Only 1.0 and 1.1 are read: a higher minor version may be anything by now (RFC 9110 section 2.5 lets us refuse it).
   */
  protected scanVersion(bytes: Bytes, at: number, done: number, stop: number): number {
    while (at < stop && done < VERSION_LENGTH) {
      const byte = bytes[at]!;
      if (!isVersionByte(byte, done)) throw bad('The version of HTTP is malformed; HTTP/1.1 is understood');
      if (done === 5) this.#major = byte - ZERO;
      if (done === 7) this.#noteVersion(byte - ZERO);
      at++;
      done++;
    }
    return at;
  }

  #noteVersion(minor: number): void {
    if (this.#major !== 1 || minor > 1)
      throw bad(`HTTP/${this.#major}.${minor} is not understood here; use HTTP/1.1`, 505);
    this.version = minor === 1 ? '1.1' : '1.0';
  }
}

function isVersionByte(byte: number, index: number): boolean {
  if (index === 5 || index === 7) return byte >= ZERO && byte <= NINE;
  return byte === 'HTTP/ .'.charCodeAt(index);
}

/** Whether `HTTP/1.1\r\n` stands at `at`: nearly always, so it is looked for first. */
export function isHttp11Line(bytes: Bytes, at: number): boolean {
  return (
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f &&
    bytes[at + 5] === 0x31 &&
    bytes[at + 6] === 0x2e &&
    bytes[at + 7] === 0x31 &&
    bytes[at + 8] === CR &&
    bytes[at + 9] === LF
  );
}

function bothLengths(): Error {
  return bad('Content-Length and Transfer-Encoding are both there');
}

/**
 * A coding that we do not have, with chunked last, is 501; without chunked last nobody knows where a request ends, which
 * is 400 (RFC 9112 sections 6.1 and 6.3).
 */
function badCoding(bytes: Bytes, from: number, to: number): Error {
  const codings = latin1(bytes, from, to).toLowerCase().split(',').map(trimBlanks);
  const known = codings.every((coding) => TOKEN_TEXT.test(coding));
  const chunkedLast = codings.length > 1 && codings.indexOf('chunked') === codings.length - 1;
  return bad(
    `Transfer-Encoding must be chunked, not ${quote(bytes, from, to)}`,
    known && chunkedLast ? 501 : 400,
  );
}

/** A value in a message, cut. */
function quote(bytes: Bytes, from: number, to: number): string {
  return JSON.stringify(latin1(bytes, from, Math.min(to, from + 40)));
}
