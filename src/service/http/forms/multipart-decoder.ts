/**
 * multipart/form-data without I/O (RFC 7578, RFC 2046, section 5.1): bytes in, parts out, as they come. It holds no more than the
 * headers of one part and what could be the beginning of a boundary.
 */
import { type FormLimits, malformed, tooMuch } from './form-limits.ts';
import { type PartHead, parsePartHead } from './part-head.ts';

export type MultipartEvent =
  | { readonly type: 'part'; readonly head: PartHead }
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** Of the part. */
  | { readonly type: 'end' };

/** RFC 2046, section 5.1.1: up to 70 characters. */
const BOUNDARY = /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/;

/** Spaces and tabs that may follow a boundary in its line. */
const MAX_PADDING = 64;

/** Bytes before the first boundary, which mean nothing. */
const MAX_PREAMBLE = 1024;

const HEAD_END = Buffer.from('\r\n\r\n');
const [TAB, LF, CR, SPACE, HYPHEN] = [9, 10, 13, 32, 45];
const NOTHING: Buffer = Buffer.alloc(0);
const END: MultipartEvent = { type: 'end' };

export class MultipartDecoder {
  readonly #delimiter: Buffer;
  readonly #limits: FormLimits;
  /** Begins with the line end that the first boundary need not have. */
  #buffer: Buffer = Buffer.from('\r\n');
  #state: 'preamble' | 'head' | 'body' | 'done' = 'preamble';
  #skipped = 0;
  #parts = 0;
  /** The delimiter has been found, and the part is over: told before its next. */
  #pending: MultipartEvent | undefined;

  /** @throws FormError for a boundary that is none */
  constructor(boundary: string, limits: FormLimits) {
    if (!BOUNDARY.test(boundary)) throw malformed('The form has no boundary, or one that is none');
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#limits = limits;
  }

  /** Whether the last boundary has come; what comes after it means nothing. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  receive(chunk: Uint8Array): void {
    if (this.#state === 'done') return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
  }

  /**
   * The next event, or `null` when more bytes are needed.
   * @throws FormError; the decoder is unusable afterwards
   */
  next(): MultipartEvent | null {
    if (this.#pending !== undefined) {
      const event = this.#pending;
      this.#pending = undefined;
      return event;
    }
    if (this.#state === 'preamble') this.#skipPreamble();
    if (this.#state === 'head') return this.#readHead();
    return this.#state === 'body' ? this.#readBody() : null;
  }

  #skipPreamble(): void {
    const { before, found } = this.#search();
    this.#skipped += before.length;
    if (this.#skipped > MAX_PREAMBLE) throw malformed('The form does not begin with its boundary');
    if (found === 'last') this.#state = 'done';
    if (found === 'next') this.#state = 'head';
  }

  #readHead(): MultipartEvent | null {
    // The line end of the boundary is still there: a part without headers has an empty line at once.
    const end = this.#buffer.indexOf(HEAD_END);
    const { headBytes, parts } = this.#limits;
    if ((end < 0 ? this.#buffer.length : end) > headBytes + HEAD_END.length)
      throw tooMuch('The headers of a part of the form are too long', 'headBytes', headBytes);
    if (end < 0) return null;
    this.#parts++;
    if (this.#parts > parts) throw tooMuch('The form has too many parts', 'parts', parts);
    const text = this.#buffer.toString('utf8', 2, Math.max(2, end));
    this.#buffer = this.#buffer.subarray(end + HEAD_END.length);
    this.#state = 'body';
    return { type: 'part', head: parsePartHead(text, this.#limits) };
  }

  #readBody(): MultipartEvent | null {
    const { before, found } = this.#search();
    if (found !== undefined) this.#state = found === 'last' ? 'done' : 'head';
    if (before.length === 0) return found === undefined ? null : END;
    if (found !== undefined) this.#pending = END;
    return { type: 'data', data: before };
  }

  /** Takes all up to the next boundary, or up to where one could begin. */
  #search(): { readonly before: Buffer; readonly found: 'next' | 'last' | undefined } {
    const buffer = this.#buffer;
    for (let at = buffer.indexOf(this.#delimiter); at >= 0; at = buffer.indexOf(this.#delimiter, at + 1)) {
      const after = this.#after(at + this.#delimiter.length);
      if (after === 'other') continue;
      const before = buffer.subarray(0, at);
      this.#buffer = after === 'last' ? NOTHING : buffer.subarray(typeof after === 'number' ? after : at);
      return { before, found: after === 'last' ? 'last' : after === 'unknown' ? undefined : 'next' };
    }
    const possible = this.#possibleStart();
    this.#buffer = buffer.subarray(possible);
    return { before: buffer.subarray(0, possible), found: undefined };
  }

  /** What stands behind a delimiter: the place of the line end, when it is one. Longer text is another boundary's. */
  #after(from: number): number | 'last' | 'unknown' | 'other' {
    const buffer = this.#buffer;
    if (buffer[from] === HYPHEN && buffer[from + 1] === HYPHEN) return 'last';
    if (buffer[from] === HYPHEN && from + 1 === buffer.length) return 'unknown';
    let at = from;
    while (buffer[at] === SPACE || buffer[at] === TAB) at++;
    if (at - from > MAX_PADDING) return 'other';
    if (at >= buffer.length || (buffer[at] === CR && at + 1 === buffer.length)) return 'unknown';
    return buffer[at] === CR && buffer[at + 1] === LF ? at : 'other';
  }

  /** A boundary has no CR in it, so only the last one can be where it begins. */
  #possibleStart(): number {
    const start = this.#buffer.lastIndexOf(CR);
    if (start < 0) return this.#buffer.length;
    const rest = this.#buffer.subarray(start);
    const isPrefix =
      rest.length < this.#delimiter.length && this.#delimiter.subarray(0, rest.length).equals(rest);
    return isPrefix ? start : this.#buffer.length;
  }
}
