/** Fields as Node's HTTP/2 hands them over: names in lower case and values, in turns. It does not know whose they are. */
import type { HeaderSource } from '../headers.ts';

export class FieldList implements HeaderSource {
  readonly #list: string[];

  constructor(list: string[] = []) {
    this.#list = list;
  }

  /**
   * Without the pseudo-header fields. The crumbs of a cookie become one field, as handlers know it (RFC 9113, section 8.2.3).
   * @param onPseudo gets those with a colon
   */
  static of(raw: readonly string[], onPseudo: (name: string, value: string) => void): FieldList {
    const list: string[] = [];
    let cookie = -1;
    for (let at = 0; at < raw.length; at += 2) {
      const name = raw[at]!;
      const value = raw[at + 1]!;
      if (name.charCodeAt(0) === 0x3a) onPseudo(name, value);
      else if (name === 'cookie' && cookie >= 0) list[cookie] += `; ${value}`;
      else {
        if (name === 'cookie') cookie = list.length + 1;
        list.push(name, value);
      }
    }
    return new FieldList(list);
  }

  add(name: string, value: string): void {
    this.#list.push(name, value);
  }

  get(name: string): string | undefined {
    const small = name.toLowerCase();
    const list = this.#list;
    let found: string | undefined;
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] === small) found = found === undefined ? list[at + 1]! : `${found}, ${list[at + 1]}`;
    }
    return found;
  }

  getAll(name: string): string[] {
    const small = name.toLowerCase();
    return this.#list.filter((_, at, list) => at % 2 === 1 && list[at - 1] === small);
  }

  has(name: string): boolean {
    const small = name.toLowerCase();
    for (let at = 0; at < this.#list.length; at += 2) if (this.#list[at] === small) return true;
    return false;
  }

  *[Symbol.iterator](): Generator<[name: string, value: string], undefined> {
    for (let at = 0; at < this.#list.length; at += 2) yield [this.#list[at]!, this.#list[at + 1]!];
  }
}
