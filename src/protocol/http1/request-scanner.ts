/**
 * The head of a request:
 *
 *     request-line = method SP request-target SP HTTP-version      RFC 9112 section 3
 *
 * with exactly one Host in 1.1 (section 3.2).
 */
import type { Bytes } from '../../core/contract.ts';
import { CR, isWord, LF, latin1, SP, skipToken, tableOf } from './characters.ts';
import { bad, byteName, tooMuch } from './error.ts';
import { CHUNKED, type RequestHead } from './event.ts';
import { Fields } from './fields.ts';
import { HeadScanner, isHttp11Line } from './head-scanner.ts';
import { methodOf } from './method.ts';
import { EXPECT, HOST, NAME } from './section-scanner.ts';
import { checkTarget, isHost } from './target.ts';

export const METHOD = 0;
const TARGET = 1;
const VERSION = 2;
const LINE_CR = 3;
const LINE_LF = 4;

/** Visible ASCII. No grammar of a target has more, and a fragment is not sent (RFC 9112 section 3.2). */
const IN_TARGET = tableOf(
  Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x21 + index))
    .join('')
    .replace('#', ''),
);

export class RequestScanner extends HeadScanner {
  #methodEnd = 0;
  #targetEnd = 0;
  /** Of the value of Host; -1: there was none. */
  #hostAt = -1;
  #hostEnd = 0;
  #expects = false;

  begin(): void {
    this.reset(METHOD);
    this.#hostAt = -1;
    this.#expects = false;
  }

  protected override scanStart(bytes: Bytes, base: number, from: number, stop: number): number {
    const lineStop = Math.min(stop, base + this.lineLimit);
    let at = from;
    if (this.phase === METHOD) at = this.#scanMethod(bytes, base, at, lineStop);
    if (this.phase === TARGET) at = this.#scanTarget(bytes, base, at, lineStop);
    if (this.phase >= VERSION && this.phase < NAME) at = this.#scanVersion(bytes, base, at, lineStop);
    if (this.phase < NAME && at === base + this.lineLimit)
      throw tooMuch(
        414,
        `The request line is longer than ${this.lineLimit} bytes`,
        'requestLine',
        this.lineLimit,
      );
    return at;
  }

  #scanMethod(bytes: Bytes, base: number, from: number, stop: number): number {
    const at = skipToken(bytes, from, stop);
    if (at === stop) return at;
    if (bytes[at] !== SP || at === base) throw badMethod(bytes[at]!, at === base);
    this.#methodEnd = at - base;
    this.phase = TARGET;
    return at + 1;
  }

  #scanTarget(bytes: Bytes, base: number, from: number, stop: number): number {
    let at = from;
    while (at < stop && IN_TARGET[bytes[at]!] === 1) at++;
    if (at === stop) return at;
    if (bytes[at] !== SP) throw badTarget(bytes[at]!);
    this.#targetEnd = at - base;
    if (this.#targetEnd === this.#methodEnd + 1) throw bad('The request line has no target');
    this.phase = VERSION;
    return at + 1;
  }

  #scanVersion(bytes: Bytes, base: number, from: number, stop: number): number {
    const start = base + this.#targetEnd + 1;
    let at = from;
    if (at === start && stop - at >= 10 && isHttp11Line(bytes, at)) {
      this.version = '1.1';
      this.beginFields(at + 10 - base);
      return at + 10;
    }
    if (this.phase === VERSION) {
      at = this.scanVersion(bytes, at, at - start, stop);
      if (at === start + 8) this.phase = LINE_CR;
    }
    for (; at < stop && (this.phase === LINE_CR || this.phase === LINE_LF); at++) {
      if (bytes[at] !== (this.phase === LINE_CR ? CR : LF)) throw badLineEnd(bytes[at]!);
      if (this.phase === LINE_CR) this.phase = LINE_LF;
      else this.beginFields(at + 1 - base);
    }
    return at;
  }

  protected override onField(kind: number, bytes: Bytes, from: number, to: number, base: number): void {
    if (kind === HOST) this.#onHost(bytes, from, to, base);
    else if (kind === EXPECT) this.#expects ||= to - from === 12 && isWord(bytes, from, '100-continue');
    else super.onField(kind, bytes, from, to, base);
  }

  #onHost(bytes: Bytes, from: number, to: number, base: number): void {
    if (this.#hostAt >= 0) throw bad('Host is there twice');
    if (!isHost(bytes, from, to))
      throw bad('Host is malformed; it must be a name or an address, and may have a port');
    this.#hostAt = from - base;
    this.#hostEnd = to - base;
  }

  /** @throws Http1Error when the parts of the head do not fit together */
  take(bytes: Bytes, base: number): RequestHead {
    const text = latin1(bytes, base, base + this.length);
    const method = methodOf(text, this.#methodEnd);
    const target = text.slice(this.#methodEnd + 1, this.#targetEnd);
    const isTunnel = method === 'CONNECT';
    if (this.#hostAt < 0 && this.version === '1.1') throw bad('Host is missing');
    if (isTunnel && (this.chunked || this.contentLength > 0)) throw bad('A request with CONNECT has no body');
    const named = this.#hostAt < 0 ? undefined : text.slice(this.#hostAt, this.#hostEnd);
    const host = target.charCodeAt(0) === 0x2f && !isTunnel ? named : checkTarget(method, target, named);
    const bodyLength = this.chunked ? CHUNKED : Math.max(this.contentLength, 0);
    const fields = new Fields(text, this.fieldsAt, this.count);
    return {
      type: 'request',
      method,
      target,
      version: this.version,
      fields,
      host,
      keepAlive: this.keepAlive,
      // There is nothing to wait for without a body, and 1.0 does not know it (RFC 9110 section 10.1.1).
      expectsContinue: this.#expects && bodyLength !== 0 && this.version === '1.1',
      upgrade: this.upgradeOf(fields),
      bodyLength,
    };
  }
}

function badMethod(byte: number, isFirst: boolean): Error {
  if (byte === 0x16 && isFirst) return bad('The request begins as TLS does; this port takes plain HTTP');
  if (byte === LF || byte === CR) return bad('The request line ends behind the method');
  if (isFirst) return bad(`A request cannot begin with the byte ${byteName(byte)}`);
  return bad(`The byte ${byteName(byte)} is not allowed in a method`);
}

function badTarget(byte: number): Error {
  if (byte === LF || byte === CR) return bad('The request line has no version; HTTP/0.9 is not taken');
  return bad(`The byte ${byteName(byte)} is not allowed in the target of a request`);
}

function badLineEnd(byte: number): Error {
  if (byte === LF) return bad('The request line ends with LF alone; CR LF is required');
  return bad(`The byte ${byteName(byte)} stands behind the version of the request line`);
}
