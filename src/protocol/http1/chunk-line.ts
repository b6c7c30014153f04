/**
 * The line before each chunk, byte by byte:
 *
 *     chunk          = chunk-size [ chunk-ext ] CRLF                                     RFC 9112 section 7.1
 *     chunk-size     = 1*HEXDIG
 *     chunk-ext      = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
 *     chunk-ext-val  = token / quoted-string
 *
 * Extensions are checked and forgotten.
 */
import type { Bytes } from '../../core/contract.ts';
import { CR, LF, SP, TAB, TOKEN } from './characters.ts';
import { bad, byteName, tooMuch } from './error.ts';
import type { Http1Limits } from './limits.ts';

/** Digits of a size, with leading zeros; 2^53 needs 14. nginx and HAProxy bound the value alone. */
const MAX_DIGITS = 16;

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What may come next. */
const SIZE = 0;
const BEFORE_SEMICOLON = 1;
const BEFORE_NAME = 2;
const IN_NAME = 3;
const BEFORE_EQUALS = 4;
const BEFORE_VALUE = 5;
const IN_VALUE = 6;
const IN_QUOTES = 7;
const ESCAPED = 8;
const BEHIND_QUOTES = 9;
const LINE_LF = 10;

export class ChunkLine {
  /** Of the chunk, once its line is complete. */
  size = 0;
  readonly #maxExtensions: number;
  #digits = 0;
  #phase = SIZE;
  /** Bytes of extensions in this message. */
  #extensions = 0;

  constructor(limits: Http1Limits) {
    this.#maxExtensions = limits.chunkExtensions;
  }

  beginMessage(): void {
    this.#extensions = 0;
    this.begin();
  }

  begin(): void {
    this.size = 0;
    this.#digits = 0;
    this.#phase = SIZE;
  }

  /** Reads from `at`. Returns the index behind the line, or -1 when all was read and the line goes on. */
  scan(bytes: Bytes, at: number): number {
    for (let index = at; index < bytes.length; index++) {
      const byte = bytes[index]!;
      if (this.#phase === SIZE) this.#onSize(byte);
      else if (this.#phase !== LINE_LF) this.#onExtension(byte);
      else if (byte === LF) return index + 1;
      else throw bad('A CR behind the size of a chunk is not followed by LF');
    }
    return -1;
  }

  #onSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.size = this.size * 16 + digit;
      if (++this.#digits > MAX_DIGITS || this.size > Number.MAX_SAFE_INTEGER)
        throw bad(`The size of a chunk is above ${Number.MAX_SAFE_INTEGER}, or has too many digits`);
      return;
    }
    if (this.#digits === 0) throw bad(`The size of a chunk begins with the byte ${byteName(byte)}`);
    if (byte === CR) this.#phase = LINE_LF;
    else this.#onExtension(byte);
  }

  #onExtension(byte: number): void {
    if (++this.#extensions > this.#maxExtensions)
      throw tooMuch(
        413,
        `The chunk extensions of a message are longer than ${this.#maxExtensions} bytes`,
        'chunkExtensions',
        this.#maxExtensions,
      );
    const next = afterByte(this.#phase, byte);
    if (next < 0) throw bad(`The byte ${byteName(byte)} is not allowed there in the line before a chunk`);
    this.#phase = next;
  }
}

/** The next phase, or -1. A line may end only where something is complete: never behind blanks that nothing follows. */
function afterByte(phase: number, byte: number): number {
  if (phase === IN_QUOTES) return afterQuoted(byte);
  if (phase === ESCAPED) return isQuotable(byte) ? IN_QUOTES : -1;
  const mayEnd = phase === IN_NAME || phase === IN_VALUE || phase === BEHIND_QUOTES;
  if (byte === CR) return mayEnd ? LINE_LF : -1;
  if (byte === SEMICOLON) return phase === BEFORE_NAME || phase === BEFORE_VALUE ? -1 : BEFORE_NAME;
  if (byte === SP || byte === TAB) return afterBlank(phase);
  if (byte === EQUALS) return phase === IN_NAME || phase === BEFORE_EQUALS ? BEFORE_VALUE : -1;
  if (byte === QUOTE) return phase === BEFORE_VALUE ? IN_QUOTES : -1;
  if (TOKEN[byte] !== 1) return -1;
  if (phase === BEFORE_NAME || phase === IN_NAME) return IN_NAME;
  return phase === BEFORE_VALUE || phase === IN_VALUE ? IN_VALUE : -1;
}

function afterBlank(phase: number): number {
  if (phase === IN_NAME) return BEFORE_EQUALS;
  if (phase === SIZE || phase === IN_VALUE || phase === BEHIND_QUOTES) return BEFORE_SEMICOLON;
  return phase;
}

function afterQuoted(byte: number): number {
  if (byte === QUOTE) return BEHIND_QUOTES;
  if (byte === BACKSLASH) return ESCAPED;
  return isQuotable(byte) ? IN_QUOTES : -1;
}

/** qdtext and quoted-pair of RFC 9110 section 5.6.4: no controls but HTAB. */
function isQuotable(byte: number): boolean {
  return byte >= SP ? byte !== 0x7f : byte === TAB;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1;
}
