/**
 * Looks at each byte of a head once, checks it, and notes where the parts lie. It can stop behind any byte and go on with
 * the next, so a head that trickles in costs no more than one that comes at once, and a fault is found at its first byte,
 * however the bytes are split. It keeps no bytes and makes no strings.
 *
 * This is the part that heads and trailers share, the field lines:
 *
 *     field-line = field-name ":" OWS field-value OWS          RFC 9112 section 5
 */
import type { Bytes } from '../../core/contract.ts';
import { COLON, CR, isBlank, isWord, LF, SP, skipText, skipToken, TAB } from './characters.ts';
import { bad, byteName, tooMuch } from './error.ts';

/** The fields that decide where a message ends, where it goes, and what becomes of the connection. */
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const EXPECT = 5;
export const UPGRADE = 6;
/** Any other. */
const PLAIN = 0;

/** What is expected next. A scanner with a line before the fields counts it below `NAME`. */
export const NAME = 10;
const VALUE = 11;
const LINE_END = 12;
const LAST_LINE_END = 13;
const COMPLETE = 14;

/** What stands where a limit is passed. */
export interface SectionLimits {
  /** For messages: `head` or `trailers`. */
  readonly what: string;
  readonly bytes: number;
  readonly bytesName: string;
  readonly fields: number;
}

export abstract class SectionScanner {
  /** Bytes scanned, from the start of the section. All offsets are from there. */
  length = 0;
  /** Field lines so far. */
  count = 0;
  /** Where the first field line starts. */
  fieldsAt = 0;
  protected phase = NAME;
  readonly #limits: SectionLimits;
  #nameAt = 0;
  #kind = PLAIN;
  /** Behind the colon. */
  #valueAt = 0;

  constructor(limits: SectionLimits) {
    this.#limits = limits;
  }

  /** Scans the line before the fields from `at`; returns where it stopped, and calls `beginFields` behind the line. */
  protected abstract scanStart(bytes: Bytes, base: number, at: number, stop: number): number;

  /** A field that decides something; its value lies from `from` to `to`, without the white space around it. */
  protected abstract onField(kind: number, bytes: Bytes, from: number, to: number, base: number): void;

  /** Back to the first line. */
  reset(phase: number): void {
    this.length = 0;
    this.count = 0;
    this.beginFields(0);
    this.phase = phase;
  }

  protected beginFields(offset: number): void {
    this.fieldsAt = offset;
    this.#nameAt = offset;
    this.phase = NAME;
  }

  /**
   * Goes on with the bytes of a section that starts at `base`. Returns whether it is complete.
   * @throws Http1Error
   */
  scan(bytes: Bytes, base: number, end: number): boolean {
    const stop = Math.min(end, base + this.#limits.bytes);
    let at = base + this.length;
    if (this.phase < NAME) at = this.scanStart(bytes, base, at, stop);
    if (this.phase === NAME && at === base + this.#nameAt) at = this.#scanLines(bytes, base, at, stop);
    if (this.phase >= NAME) at = this.#scanFields(bytes, base, at, stop);
    this.length = at - base;
    if (this.phase === COMPLETE) return true;
    if (this.length >= this.#limits.bytes) throw this.#tooLong();
    return false;
  }

  /**
   * The quick way over lines that are complete and sound, which nearly all are; returns the start of the first that is not.
   * It is gone once from the start of a line, so a line is looked at twice at most.
   */
  #scanLines(bytes: Bytes, base: number, from: number, stop: number): number {
    let at = from;
    for (; this.count < this.#limits.fields; this.count++) {
      const colon = skipToken(bytes, at, stop);
      if (colon === at || colon === stop || bytes[colon] !== COLON) break;
      const end = skipText(bytes, colon + 1, stop);
      if (stop - end < 2 || bytes[end] !== CR || bytes[end + 1] !== LF) break;
      const kind = kindOf(bytes, at, colon);
      at = end + 2;
      if (kind !== PLAIN) this.#giveField(kind, bytes, colon + 1, end, base);
    }
    this.#nameAt = at - base;
    return at;
  }

  #scanFields(bytes: Bytes, base: number, at: number, stop: number): number {
    while (at < stop) {
      if (this.phase === NAME) {
        at = skipToken(bytes, at, stop);
        if (at === stop) break;
        this.#endName(bytes, base, at++);
        if (at === stop) break;
      }
      if (this.phase === VALUE) {
        at = skipText(bytes, at, stop);
        if (at === stop) break;
        if (bytes[at] !== CR) throw this.#badValue(bytes[at]!);
        this.phase = LINE_END;
        if (++at === stop) break;
      }
      if (bytes[at] !== LF) throw bad('A CR in the head is not followed by LF');
      at++;
      if (this.phase === LAST_LINE_END) {
        this.phase = COMPLETE;
        break;
      }
      this.#endLine(bytes, base, at);
    }
    return at;
  }

  /** At the byte behind a name, or at the first byte of a line that is none. */
  #endName(bytes: Bytes, base: number, at: number): void {
    const start = base + this.#nameAt;
    const byte = bytes[at]!;
    if (byte === COLON && at > start) {
      if (this.count === this.#limits.fields) throw this.#tooMany();
      this.#kind = kindOf(bytes, start, at);
      this.#valueAt = at + 1 - base;
      this.phase = VALUE;
    } else if (byte === CR && at === start) {
      this.phase = LAST_LINE_END;
    } else {
      throw badName(byte, at === start);
    }
  }

  /** Behind the LF of a field line. */
  #endLine(bytes: Bytes, base: number, at: number): void {
    this.count++;
    this.#nameAt = at - base;
    this.phase = NAME;
    if (this.#kind === PLAIN) return;
    this.#giveField(this.#kind, bytes, base + this.#valueAt, at - 2, base);
  }

  #giveField(kind: number, bytes: Bytes, start: number, end: number, base: number): void {
    let from = start;
    let to = end;
    // nginx takes a tab for a part of the value: where messages end, nobody may read it otherwise than another.
    const tab = kind === CONTENT_LENGTH || kind === TRANSFER_ENCODING ? SP : TAB;
    while (from < to && (bytes[from] === SP || bytes[from] === tab)) from++;
    while (to > from && (bytes[to - 1] === SP || bytes[to - 1] === tab)) to--;
    this.onField(kind, bytes, from, to, base);
  }

  #badValue(byte: number): Error {
    if (byte === LF) return bad('A line of the head ends with LF alone; CR LF is required');
    return bad(`The byte ${byteName(byte)} is not allowed in the value of a field`);
  }

  #tooLong(): Error {
    const { what, bytes, bytesName } = this.#limits;
    return tooMuch(431, `The ${what} is longer than ${bytes} bytes`, bytesName, bytes);
  }

  #tooMany(): Error {
    const { what, fields } = this.#limits;
    return tooMuch(431, `The ${what} has more than ${fields} fields`, 'headers', fields);
  }
}

function badName(byte: number, isFirst: boolean): Error {
  if (byte === LF) return bad('A line of the head ends with LF alone; CR LF is required');
  if (isFirst && byte === COLON) return bad('A field has no name');
  if (isFirst && isBlank(byte))
    return bad('A line of the head begins with white space; folded lines are not taken');
  if (isBlank(byte)) return bad('White space stands in or behind the name of a field');
  return bad(`The byte ${byteName(byte)} is not allowed in the name of a field`);
}

/** Tells the few that count from the others by length and letters. */
function kindOf(bytes: Bytes, start: number, end: number): number {
  switch (end - start) {
    case 4:
      return isWord(bytes, start, 'host') ? HOST : PLAIN;
    case 6:
      return isWord(bytes, start, 'expect') ? EXPECT : PLAIN;
    case 7:
      return isWord(bytes, start, 'upgrade') ? UPGRADE : PLAIN;
    case 10:
      return isWord(bytes, start, 'connection') ? CONNECTION : PLAIN;
    case 14:
      return isWord(bytes, start, 'content-length') ? CONTENT_LENGTH : PLAIN;
    case 17:
      return isWord(bytes, start, 'transfer-encoding') ? TRANSFER_ENCODING : PLAIN;
    default:
      return PLAIN;
  }
}
