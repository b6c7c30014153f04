/**
 * The fields of one head, or of trailers. They are read out of the text of the head when somebody asks, and not before:
 * most requests are answered without a look at most fields. It relies on the text having been checked by a scanner.
 */
import { COLON, LOWER, SP, trimBlanks } from './characters.ts';

const LINE_END = '\n';

export class Fields implements Iterable<[name: string, value: string]> {
  /** Field lines. */
  readonly size: number;
  readonly #text: string;
  readonly #start: number;

  /**
   * @param text holds `size` field lines from `start`, each `name: value\r\n`, checked
   */
  constructor(text: string, start: number, size: number) {
    this.#text = text;
    this.#start = start;
    this.size = size;
  }

  /** Fields that did not come over a network, as in tests. They are not checked. */
  static of(fields: Iterable<readonly [name: string, value: string]>): Fields {
    const lines = Array.from(fields, ([name, value]) => `${name}: ${value}\r\n`);
    return new Fields(lines.join(''), 0, lines.length);
  }

  /** The value of the field, in whatever letters its name is; several are joined by `, ` (RFC 9110 section 5.3). */
  get(name: string): string | undefined {
    const small = name.toLowerCase();
    let value: string | undefined;
    for (let at = this.#find(small, 0); at >= 0; at = this.#find(small, this.#after(at))) {
      const next = this.#value(at + small.length + 1);
      value = value === undefined ? next : `${value}, ${next}`;
    }
    return value;
  }

  /** Each value by itself, in order; `set-cookie` cannot be joined. */
  getAll(name: string): string[] {
    const small = name.toLowerCase();
    const values: string[] = [];
    for (let at = this.#find(small, 0); at >= 0; at = this.#find(small, this.#after(at)))
      values.push(this.#value(at + small.length + 1));
    return values;
  }

  has(name: string): boolean {
    return this.#find(name.toLowerCase(), 0) >= 0;
  }

  /** In the order they came; names in small letters. */
  *[Symbol.iterator](): Generator<[name: string, value: string], undefined> {
    let at = this.#start;
    for (let line = 0; line < this.size; line++) {
      const colon = this.#text.indexOf(':', at);
      yield [this.#text.slice(at, colon).toLowerCase(), this.#value(colon + 1)];
      at = this.#text.indexOf(LINE_END, colon) + 1;
    }
  }

  /** Start of the first line with this name at or after `from`, which is the start of a line, or 0; else -1. */
  #find(small: string, from: number): number {
    const text = this.#text;
    const length = small.length;
    if (length === 0 || this.size === 0) return -1;
    let at = Math.max(from, this.#start);
    while (at + length < text.length) {
      if (text.charCodeAt(at + length) === COLON && isName(text, at, small)) return at;
      const end = text.indexOf(LINE_END, at);
      if (end < 0) return -1;
      at = end + 1;
    }
    return -1;
  }

  /** Start of the line behind the one that starts at `at`. */
  #after(at: number): number {
    return this.#text.indexOf(LINE_END, at) + 1;
  }

  /** What lies between `from` and the end of its line, without the white space around it. */
  #value(from: number): string {
    const text = this.#text;
    // Nearly always one blank, and none behind.
    const start = text.charCodeAt(from) === SP ? from + 1 : from;
    return trimBlanks(text.slice(start, text.indexOf(LINE_END, from) - 1));
  }
}

/** A constant: no fields. */
export const NO_FIELDS: Fields = new Fields('', 0, 0);

function isName(text: string, at: number, small: string): boolean {
  for (let index = 0; index < small.length; index++) {
    if (LOWER[text.charCodeAt(at + index)] !== small.charCodeAt(index)) return false;
  }
  return true;
}
