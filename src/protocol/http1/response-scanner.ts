/**
 * The head of a response:
 *
 *     status-line = HTTP-version SP status-code SP [ reason-phrase ]      RFC 9112 section 4
 *
 * A missing space behind the code is let pass: servers send it, and nobody can read it otherwise.
 */
import type { Bytes } from '../../core/contract.ts';
import { CR, LF, latin1, SP, skipText } from './characters.ts';
import { bad, byteName, tooMuch } from './error.ts';
import { CHUNKED, type ResponseHead, UNTIL_CLOSE } from './event.ts';
import { Fields } from './fields.ts';
import { HeadScanner } from './head-scanner.ts';
import { NAME } from './section-scanner.ts';

const VERSION = 0;
const STATUS = 1;
const REASON = 2;
const LINE_LF = 3;

const VERSION_LENGTH = 8;
/** Of the byte behind `HTTP/1.1 200`. */
const STATUS_END = 12;

export class ResponseScanner extends HeadScanner {
  #status = 0;
  #reasonEnd = 0;

  begin(): void {
    this.reset(VERSION);
    this.#status = 0;
  }

  protected override scanStart(bytes: Bytes, base: number, from: number, stop: number): number {
    const lineStop = Math.min(stop, base + this.lineLimit);
    let at = from;
    if (this.phase === VERSION) {
      at = this.scanVersion(bytes, at, at - base, lineStop);
      if (at === base + VERSION_LENGTH) this.phase = STATUS;
    }
    if (this.phase === STATUS) at = this.#scanStatus(bytes, base, at, lineStop);
    if (this.phase === REASON) at = this.#scanReason(bytes, base, at, lineStop);
    if (this.phase === LINE_LF && at < lineStop) {
      if (bytes[at] !== LF) throw bad('A CR in the status line is not followed by LF');
      at++;
      this.beginFields(at - base);
    }
    if (this.phase < NAME && at === base + this.lineLimit)
      throw tooMuch(
        502,
        `The status line is longer than ${this.lineLimit} bytes`,
        'requestLine',
        this.lineLimit,
      );
    return at;
  }

  #scanStatus(bytes: Bytes, base: number, from: number, stop: number): number {
    let at = from;
    for (; at < stop && this.phase === STATUS; at++) {
      const index = at - base;
      const byte = bytes[at]!;
      if (index === VERSION_LENGTH) {
        if (byte !== SP) throw bad('A space is missing behind the version of the status line');
      } else if (index < STATUS_END) {
        const digit = byte - 0x30;
        const isFirst = index === VERSION_LENGTH + 1;
        if (digit < (isFirst ? 1 : 0) || digit > 9) throw bad('The status must be three digits, from 100 up');
        this.#status = this.#status * 10 + digit;
      } else if (byte === SP) {
        this.phase = REASON;
      } else if (byte === CR) {
        this.#reasonEnd = index;
        this.phase = LINE_LF;
      } else throw bad(`The byte ${byteName(byte)} stands behind the status`);
    }
    return at;
  }

  #scanReason(bytes: Bytes, base: number, from: number, stop: number): number {
    const at = skipText(bytes, from, stop);
    if (at === stop) return at;
    if (bytes[at] !== CR) throw bad(`The byte ${byteName(bytes[at]!)} is not allowed in the status line`);
    this.#reasonEnd = at - base;
    this.phase = LINE_LF;
    return at + 1;
  }

  /** @param method of the request that is answered */
  take(bytes: Bytes, base: number, method: string): ResponseHead {
    const text = latin1(bytes, base, base + this.length);
    const bodyLength = this.#bodyLength(method);
    const fields = new Fields(text, this.fieldsAt, this.count);
    return {
      type: 'response',
      status: this.#status,
      reason: text.slice(STATUS_END + 1, this.#reasonEnd),
      version: this.version,
      fields,
      keepAlive: this.keepAlive && bodyLength !== UNTIL_CLOSE,
      upgrade: this.upgradeOf(fields),
      bodyLength,
    };
  }

  /** RFC 9112 section 6.3. */
  #bodyLength(method: string): number {
    const status = this.#status;
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
    if (method === 'CONNECT' && status < 300) return 0;
    if (this.chunked) return CHUNKED;
    return this.contentLength < 0 ? UNTIL_CLOSE : this.contentLength;
  }
}
