/** Messages that end with a sequence of bytes which does not occur in them. */
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

/** Bytes of the longest delimiter. Precedent: a MIME boundary has up to 70 characters (RFC 2046 section 5.1.1). */
const MAX_DELIMITER = 256;

export interface DelimiterOptions {
  /** At least one byte, at most 256; a string stands for its UTF-8. */
  readonly delimiter: Bytes | string;
  /** Bytes of a message without its delimiter, both ways. Default `MAX_MESSAGE`. */
  readonly max?: number | undefined;
}

/** Each message ends with the delimiter, which is not part of it. A message that contains it cannot be sent. */
export function delimiter(options: DelimiterOptions): Protocol<Bytes> {
  return new Delimiter(options);
}

class Delimiter extends Framing<Bytes> {
  readonly #delimiter: Bytes;
  readonly #max: number;
  readonly #search: Search;
  /** Bytes of the input that have been searched. */
  #searched = 0;

  constructor(options: DelimiterOptions) {
    super();
    const { delimiter } = options;
    this.#delimiter = typeof delimiter === 'string' ? new TextEncoder().encode(delimiter) : delimiter.slice();
    const { length } = this.#delimiter;
    if (length < 1 || length > MAX_DELIMITER)
      throw unsendable(`The delimiter has ${length} bytes; it must have 1 to ${MAX_DELIMITER}`);
    this.#max = wholeOption('max', options.max ?? MAX_MESSAGE, 1);
    this.#search = new Search(this.#delimiter);
  }

  protected decode(): Bytes | null {
    while (this.#searched < this.input.length) {
      const segment = this.input.segment(this.#searched);
      const end = this.#search.find(segment);
      if (end >= 0) return this.#takeMessage(this.#searched + end);
      this.#searched += segment.length;
    }
    // What may be the beginning of the delimiter does not count yet.
    const length = this.#searched - this.#search.matched;
    if (length > this.#max) throw tooLong('A message', `${length} or more`, this.#max);
    return null;
  }

  /** @param end index behind the delimiter */
  #takeMessage(end: number): Bytes {
    this.#searched = 0;
    const length = end - this.#delimiter.length;
    if (length > this.#max) throw tooLong('A message', length, this.#max);
    const message = this.input.take(length);
    this.input.skip(this.#delimiter.length);
    return message;
  }

  protected finish(): null {
    if (this.input.length > 0) throw truncated('a message, before its delimiter', this.input.length);
    return null;
  }

  send(message: Bytes): void {
    if (message.length > this.#max) throw tooLongToSend('A message', message.length, this.#max);
    // The end of the message and the beginning of the delimiter may make a delimiter too: "a" before "aa".
    const search = new Search(this.#delimiter);
    if (search.find(message) >= 0 || search.find(this.#delimiter) !== this.#delimiter.length)
      throw unsendable('A message that contains the delimiter, or ends with a part of it, cannot be sent');
    this.writeJoined(NOTHING, message, this.#delimiter);
  }
}

/** Finds a sequence in bytes that come in pieces and looks at each byte once (Knuth, Morris and Pratt, 1977). */
class Search {
  readonly #sequence: Bytes;
  /** For each length matched so far, the longest shorter beginning of the sequence that is also its end. */
  readonly #fallback: Uint16Array;
  #matched = 0;

  constructor(sequence: Bytes) {
    this.#sequence = sequence;
    this.#fallback = fallbacks(sequence);
  }

  /** Bytes at the end of what was searched that may be the beginning of the sequence. */
  get matched(): number {
    return this.#matched;
  }

  /** Index in `bytes` behind the first sequence that ends there, or -1; after a find the search begins anew. */
  find(bytes: Bytes): number {
    const sequence = this.#sequence;
    let matched = this.#matched;
    for (let index = 0; index < bytes.length; index++) {
      if (matched === 0) {
        index = bytes.indexOf(sequence[0]!, index);
        if (index < 0) break;
      }
      while (matched > 0 && bytes[index] !== sequence[matched]) matched = this.#fallback[matched]!;
      if (bytes[index] === sequence[matched]) matched++;
      if (matched < sequence.length) continue;
      this.#matched = 0;
      return index + 1;
    }
    this.#matched = matched;
    return -1;
  }
}

function fallbacks(sequence: Bytes): Uint16Array {
  const table = new Uint16Array(sequence.length + 1);
  let matched = 0;
  for (let index = 1; index < sequence.length; index++) {
    while (matched > 0 && sequence[index] !== sequence[matched]) matched = table[matched]!;
    if (sequence[index] === sequence[matched]) matched++;
    table[index + 1] = matched;
  }
  return table;
}
