/** Lines of text, or of bytes. It does not know what is said in them. */
import type { Bytes, Protocol } from '../core/contract.ts';
import {
  Framing,
  malformed,
  NOTHING,
  tooLong,
  tooLongToSend,
  truncated,
  unsendable,
  wholeOption,
} from './framing.ts';

/** Bytes of a line, without its ending, unless `max` says otherwise. Precedent: `bufio.MaxScanTokenSize` of Go. */
export const MAX_LINE = 64 * 1024;

const LF = 0x0a;
const CR = 0x0d;

export interface LinesOptions {
  /**
   * What ends a line: `lf` (a CR before it belongs to the line), `crlf` (a lone LF belongs to the line), or `any`,
   * which takes both and sends LF. Default `any`.
   */
  readonly ending?: 'lf' | 'crlf' | 'any' | undefined;
  /** Lines as strings, or as the bytes that they are. Default `utf-8`. */
  readonly encoding?: 'utf-8' | 'bytes' | undefined;
  /** Bytes of a line without its ending, both ways. Default `MAX_LINE`. */
  readonly max?: number | undefined;
  /** A line that is not UTF-8: an error, or its wrong bytes replaced by U+FFFD. Default `error`. */
  readonly invalid?: 'error' | 'replace' | undefined;
  /** A line that arrives longer than `max`: an error, or dropped up to its end and counted in `skipped`. Default `error`. */
  readonly overlong?: 'error' | 'skip' | undefined;
  /** Called by `next`, once for each skipped line and as soon as it is too long; `next` goes on behind it. */
  readonly onSkip?: (() => void) | undefined;
  /** Bytes behind the last ending when the stream ends: an error, or a line. Default `error`. */
  readonly unterminated?: 'error' | 'accept' | undefined;
}

/** A framing of lines, which counts those that it dropped. */
export interface Lines<T extends {}> extends Protocol<T> {
  /** Lines that were dropped because they were longer than `max`. */
  readonly skipped: number;
}

/** Each line is a message, without its ending. A line that contains its own ending cannot be sent. */
export function lines(options: LinesOptions & { readonly encoding: 'bytes' }): Lines<Bytes>;
export function lines(options?: LinesOptions & { readonly encoding?: 'utf-8' | undefined }): Lines<string>;
export function lines(options: LinesOptions = {}): Lines<Bytes> | Lines<string> {
  return options.encoding === 'bytes' ? new ByteLines(options) : new TextLines(options);
}

abstract class LineFraming<T extends {}> extends Framing<T> implements Lines<T> {
  readonly #options: LinesOptions;
  readonly #max: number;
  readonly #crlf: boolean;
  readonly #stripsCr: boolean;
  readonly #ending: Bytes;
  /** Bytes of the input that hold no ending. */
  #searched = 0;
  /** Within a line that is too long. */
  #skipping = false;
  #skipped = 0;

  constructor(options: LinesOptions) {
    super();
    this.#options = options;
    this.#max = wholeOption('max', options.max ?? MAX_LINE, 1);
    this.#crlf = options.ending === 'crlf';
    this.#stripsCr = options.ending !== 'lf';
    this.#ending = this.#crlf ? Uint8Array.of(CR, LF) : Uint8Array.of(LF);
  }

  get skipped(): number {
    return this.#skipped;
  }

  protected abstract toLine(bytes: Bytes): T;

  protected decode(): T | null {
    for (;;) {
      const end = this.#findEnd();
      if (end < 0) {
        this.#limitRest();
        return null;
      }
      const endsWithCr = this.#stripsCr && end > 0 && this.input.at(end - 1) === CR;
      const line = this.#takeLine(endsWithCr ? end - 1 : end, end + 1);
      if (line !== null) return this.toLine(line);
    }
  }

  protected finish(): T | null {
    const left = this.input.length;
    if (left === 0 || this.#skipping) return null;
    if (this.#options.unterminated !== 'accept') throw truncated('a line', left);
    this.#searched = 0;
    return this.toLine(this.input.takeAll());
  }

  protected sendLine(line: Bytes): void {
    if (line.length > this.#max) throw tooLongToSend('A line', line.length, this.#max);
    if (this.#hasEnding(line))
      throw unsendable(`A line that contains its own ending (${this.#endingName()}) cannot be sent`);
    this.writeJoined(NOTHING, line, this.#ending);
  }

  /** Index of the LF that ends the first line, or -1. Bytes are looked at once, however they come. */
  #findEnd(): number {
    for (;;) {
      const found = this.input.indexOf(LF, this.#searched);
      if (found < 0) {
        this.#searched = this.input.length;
        return -1;
      }
      if (!this.#crlf || (found > 0 && this.input.at(found - 1) === CR)) return found;
      this.#searched = found + 1;
    }
  }

  /** The line, or `null` when it is too long or the end of one that was. */
  #takeLine(length: number, lengthWithEnding: number): Bytes | null {
    this.#searched = 0;
    if (length > this.#max) this.#overlong(length);
    if (this.#skipping) {
      this.#skipping = false;
      this.input.skip(lengthWithEnding);
      return null;
    }
    const line = this.input.take(length);
    this.input.skip(lengthWithEnding - length);
    return line;
  }

  /** Holds what has no ending yet to the maximum. A CR at its end may be the beginning of the ending. */
  #limitRest(): void {
    const length = this.input.length;
    if (length === 0) return;
    const kept = this.#stripsCr && this.input.at(length - 1) === CR ? 1 : 0;
    if (length - kept > this.#max) this.#overlong(`${length - kept} or more`);
    if (!this.#skipping) return;
    this.input.skip(length - kept);
    this.#searched = kept;
  }

  #overlong(length: number | string): void {
    if (this.#skipping) return;
    if (this.#options.overlong !== 'skip') throw tooLong('A line', length, this.#max);
    this.#skipping = true;
    this.#skipped++;
    this.#options.onSkip?.();
  }

  #hasEnding(line: Bytes): boolean {
    if (!this.#crlf) return line.includes(LF) || (this.#stripsCr && line.at(-1) === CR);
    for (let at = line.indexOf(LF); at >= 0; at = line.indexOf(LF, at + 1))
      if (line[at - 1] === CR) return true;
    return false;
  }

  #endingName(): string {
    return { lf: 'LF', crlf: 'CRLF', any: 'LF, or CR at the end' }[this.#options.ending ?? 'any'];
  }
}

class ByteLines extends LineFraming<Bytes> {
  protected toLine(bytes: Bytes): Bytes {
    return bytes;
  }

  send(line: Bytes): void {
    this.sendLine(line);
  }
}

class TextLines extends LineFraming<string> {
  readonly #decoder: TextDecoder;

  constructor(options: LinesOptions) {
    super(options);
    // A byte order mark is a part of the text: no line is to change on its way.
    this.#decoder = options.invalid === 'replace' ? LENIENT : STRICT;
  }

  protected toLine(bytes: Bytes): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      throw malformed(`A line of ${bytes.length} bytes is not UTF-8`, cause);
    }
  }

  send(line: string): void {
    if (!line.isWellFormed()) throw unsendable('A line with half a surrogate pair cannot be sent as UTF-8');
    this.sendLine(encodeLine(line));
  }
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();

/** UTF-16 units of a line that is encoded in memory used again; five times as fast as `encode`, which allocates outside. */
const SHORT = 1024;
/** A unit takes three bytes at most. What is encoded here is below `JOIN_LIMIT`, so that it is copied at once. */
const SCRATCH = new Uint8Array(3 * SHORT);

function encodeLine(line: string): Bytes {
  if (line.length > SHORT) return ENCODER.encode(line);
  return SCRATCH.subarray(0, ENCODER.encodeInto(line, SCRATCH).written);
}
