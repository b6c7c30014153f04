/**
 * Header fields as handlers see them: what `Headers` of Fetch is, without its cost. The fields of a request stay as they
 * came until somebody needs a list. It knows no version of HTTP.
 */

/** Where the fields of a request come from: a head that was parsed. */
export interface HeaderSource extends Iterable<readonly [name: string, value: string]> {
  /** The values of all fields of that name, joined with `, `. The name in any case. */
  get(name: string): string | undefined;
  getAll(name: string): readonly string[];
  has(name: string): boolean;
}

export type HttpHeadersInit =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | undefined>>
  | Headers;

/** As `Headers` gives them, which TypeScript's own libraries have no name for. */
type HeadersIterator<T> = T extends string ? ReturnType<Headers['keys']> : ReturnType<Headers['entries']>;

/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** NUL, CR, LF (Fetch, "header value"), and what has no byte of its own. */
const UNSENDABLE = /[\0\r\n\u0100-\uffff]/;

const EDGE_SPACE = /^[\t ]+|[\t ]+$/g;
const SPACE = 0x20;

/** Names that were checked, as they were given, in lower case. A program has few; a limit, for those that make them up. */
const KNOWN_NAMES = new Map<string, string>();
const MAX_KNOWN_NAMES = 256;

let listOf: (headers: HttpHeaders) => readonly string[];

/** Accepted as a `Headers`. Names and values are checked when they are set: what is in here can be sent as it is. */
export class HttpHeaders implements Headers {
  readonly #source: HeaderSource | undefined;
  /** Names in lower case and their values, in turns, in the order in which they were set. */
  #list: string[] | undefined;

  static {
    listOf = (headers) => headers.#entries();
  }

  /** @throws TypeError for a name that is no token and a value that cannot be sent */
  constructor(init?: HttpHeadersInit, source?: HeaderSource) {
    this.#source = source;
    this.#list = source === undefined ? [] : undefined;
    if (init !== undefined) this.#fill(init);
  }

  /** Those of a request, which are read where they lie. */
  static of(source: HeaderSource): HttpHeaders {
    return new HttpHeaders(undefined, source);
  }

  get(name: string): string | null {
    if (this.#list === undefined) return this.#source!.get(name) ?? null;
    const key = name.toLowerCase();
    let found: string | null = null;
    for (let at = 0; at < this.#list.length; at += 2) {
      if (this.#list[at] === key)
        found = found === null ? this.#list[at + 1]! : `${found}, ${this.#list[at + 1]}`;
    }
    return found;
  }

  has(name: string): boolean {
    if (this.#list === undefined) return this.#source!.has(name);
    const key = name.toLowerCase();
    for (let at = 0; at < this.#list.length; at += 2) if (this.#list[at] === key) return true;
    return false;
  }

  /** The values of all fields of that name, each by itself. */
  getAll(name: string): string[] {
    if (this.#list === undefined) return [...this.#source!.getAll(name)];
    const key = name.toLowerCase();
    return this.#list.filter((_, at, list) => at % 2 === 1 && list[at - 1] === key);
  }

  getSetCookie(): string[] {
    return this.getAll('set-cookie');
  }

  set(name: string, value: string): void {
    const key = checkedName(name);
    const text = checkedValue(key, value);
    const list = this.#entries();
    const first = indexOf(list, key);
    if (first < 0) {
      list.push(key, text);
      return;
    }
    list[first + 1] = text;
    this.#list = list.filter((_, at) => at < first + 2 || list[at & ~1] !== key);
  }

  append(name: string, value: string): void {
    const key = checkedName(name);
    this.#entries().push(key, checkedValue(key, value));
  }

  delete(name: string): void {
    const key = checkedName(name);
    const list = this.#entries();
    if (indexOf(list, key) < 0) return;
    this.#list = list.filter((_, at) => list[at & ~1] !== key);
  }

  forEach(callback: (value: string, key: string, parent: Headers) => void, self?: unknown): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  /** As in Fetch: by name, the fields of one name joined, but for `set-cookie`. */
  entries(): HeadersIterator<[string, string]> {
    return iterate(sorted(this.#entries()));
  }

  keys(): HeadersIterator<string> {
    return iterate(sorted(this.#entries()).map(([name]) => name));
  }

  values(): HeadersIterator<string> {
    return iterate(sorted(this.#entries()).map(([, value]) => value));
  }

  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { HttpHeaders: Object.fromEntries(this) };
  }

  #fill(init: HttpHeadersInit): void {
    if (init instanceof HttpHeaders) {
      this.#list = [...init.#entries()];
    } else if (Symbol.iterator in init) {
      for (const [name, value] of init as Iterable<readonly [string, string]>) this.append(name, value);
    } else {
      for (const name in init) {
        const value = (init as Record<string, string | undefined>)[name];
        if (value !== undefined) this.append(name, value);
      }
    }
  }

  #entries(): string[] {
    if (this.#list !== undefined) return this.#list;
    const list: string[] = [];
    for (const [name, value] of this.#source!) list.push(name, value);
    this.#list = list;
    return list;
  }
}

Object.setPrototypeOf(HttpHeaders.prototype, Headers.prototype);

/** Names in lower case and values in turns, as they were set: what a server writes. Not to be changed. */
export function headerList(headers: Headers): readonly string[] {
  if (headers instanceof HttpHeaders) return listOf(headers);
  // Those of another implementation may not have been checked.
  if (!(headers instanceof Headers)) return listOf(new HttpHeaders(headers));
  const list: string[] = [];
  for (const [name, value] of headers) list.push(name, value);
  return list;
}

function sorted(list: readonly string[]): [string, string][] {
  const joined = new Map<string, string>();
  const all: [string, string][] = [];
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at]!;
    const value = list[at + 1]!;
    if (name === 'set-cookie') all.push([name, value]);
    else joined.set(name, joined.has(name) ? `${joined.get(name)}, ${value}` : value);
  }
  return [...all, ...joined].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function iterate<T>(list: T[]): HeadersIterator<T> {
  return list[Symbol.iterator]() as unknown as HeadersIterator<T>;
}

function indexOf(list: readonly string[], name: string): number {
  for (let at = 0; at < list.length; at += 2) if (list[at] === name) return at;
  return -1;
}

function checkedName(name: string): string {
  const known = KNOWN_NAMES.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name))
    throw new TypeError(
      `"${String(name).slice(0, 100)}" is no name of a header field (RFC 9110, section 5.1)`,
    );
  const lower = name.toLowerCase();
  if (KNOWN_NAMES.size < MAX_KNOWN_NAMES) KNOWN_NAMES.set(name, lower);
  return lower;
}

function checkedValue(name: string, value: string): string {
  const text = trimmed(typeof value === 'string' ? value : String(value));
  if (!UNSENDABLE.test(text)) return text;
  throw new TypeError(
    `The value of the header field ${name} contains a line break, a NUL or a character beyond Latin-1; encode it first`,
  );
}

/** Mostly there is no white space around it, and nothing to be made. */
function trimmed(text: string): string {
  const isTrim = text.charCodeAt(0) > SPACE && text.charCodeAt(text.length - 1) > SPACE;
  return isTrim ? text : text.replace(EDGE_SPACE, '');
}
