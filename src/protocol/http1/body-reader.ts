/** The body of one message, of either role (RFC 9112 sections 6 and 7). It does not know the head that announced it. */
import { CR, LF } from './characters.ts';
import { ChunkLine } from './chunk-line.ts';
import { bad } from './error.ts';
import { CHUNKED, type Data, END, type End, UNTIL_CLOSE } from './event.ts';
import { HeldSection } from './held-section.ts';
import type { Input } from './input.ts';
import type { Http1Limits } from './limits.ts';
import { TrailerScanner } from './trailer-scanner.ts';

/** What comes next. */
const EXACT = 0;
const TO_CLOSE = 1;
const CHUNK_LINE = 2;
const CHUNK = 3;
const CHUNK_CR = 4;
const CHUNK_LF = 5;
const TRAILERS = 6;

export class BodyReader {
  readonly #input: Input;
  readonly #limits: Http1Limits;
  #phase = EXACT;
  /** Bytes to come, of the body or of the chunk. */
  #left = 0;
  /** Those that have no use before the first body in chunks comes. */
  #line: ChunkLine | undefined;
  #trailers: { readonly section: HeldSection; readonly scanner: TrailerScanner } | undefined;

  constructor(input: Input, limits: Http1Limits) {
    this.#input = input;
    this.#limits = limits;
  }

  /** @param length as `bodyLength` of a head */
  begin(length: number): void {
    this.#left = Math.max(length, 0);
    this.#phase = length === UNTIL_CLOSE ? TO_CLOSE : EXACT;
    if (length === CHUNKED) this.#beginChunks();
  }

  #beginChunks(): void {
    this.#phase = CHUNK_LINE;
    this.#line ??= new ChunkLine(this.#limits);
    this.#line.beginMessage();
  }

  /**
   * The next part, or the end of the body, or `null` when more bytes are needed.
   * @throws Http1Error
   */
  next(): Data | End | null {
    if (this.#phase === EXACT && this.#left === 0) return END;
    while (this.#input.more()) {
      if (this.#phase <= TO_CLOSE || this.#phase === CHUNK) return this.#takeData();
      if (this.#phase !== TRAILERS) this.#readFrame(this.#line!);
      else {
        const end = this.#readTrailers();
        if (end !== null) return end;
      }
    }
    if (!this.#input.ended) return null;
    if (this.#phase === TO_CLOSE) return END;
    throw this.#cutShort();
  }

  #takeData(): Data {
    const { bytes, at } = this.#input;
    const end = this.#phase === TO_CLOSE ? bytes.length : Math.min(bytes.length, at + this.#left);
    this.#input.at = end;
    if (this.#phase !== TO_CLOSE) this.#left -= end - at;
    if (this.#phase === CHUNK && this.#left === 0) this.#phase = CHUNK_CR;
    return { type: 'data', data: at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end) };
  }

  /** What stands around chunks. */
  #readFrame(line: ChunkLine): void {
    const { bytes, at } = this.#input;
    if (this.#phase === CHUNK_LINE) {
      const end = line.scan(bytes, at);
      this.#input.at = end < 0 ? bytes.length : end;
      if (end >= 0) this.#endLine(line);
      return;
    }
    const isCr = this.#phase === CHUNK_CR;
    if (bytes[at] !== (isCr ? CR : LF))
      throw bad('A chunk is longer than its size says, or has no CR LF behind it');
    this.#input.at = at + 1;
    this.#phase = isCr ? CHUNK_LF : CHUNK_LINE;
    if (!isCr) line.begin();
  }

  #endLine(line: ChunkLine): void {
    this.#left = line.size;
    if (line.size > 0) {
      this.#phase = CHUNK;
      return;
    }
    this.#phase = TRAILERS;
    this.#trailers ??= {
      section: new HeldSection(),
      scanner: new TrailerScanner(this.#limits),
    };
    this.#trailers.scanner.begin();
  }

  #readTrailers(): End | null {
    const { section, scanner } = this.#trailers!;
    if (!section.read(this.#input, scanner)) return null;
    const trailers = scanner.take(section.bytes, section.base);
    section.release();
    return trailers === undefined ? END : { type: 'end', trailers };
  }

  #cutShort(): Error {
    if (this.#phase === EXACT)
      return bad(`The stream ended within a body, ${this.#left} bytes before its end`);
    return bad('The stream ended within a body in chunks');
  }
}
