/** Which certificate is for which name. It knows the names that certificates bear, and not the certificates. */

/** The names of servers in a certificate, as Node prints them: `DNS:example.net, DNS:*.example.net, IP Address:127.0.0.1`. */
export function dnsNames(subjectAltName: string | undefined): string[] {
  const names = (subjectAltName ?? '').split(', ').filter((entry) => entry.startsWith('DNS:'));
  return names.map((entry) => entry.slice(4).toLowerCase());
}

/** Finds by the name that a client asks for: one that bears exactly it, one with a wildcard for it, the first of all. */
export class ByName<T> {
  readonly #exact = new Map<string, T>();
  readonly #wild = new Map<string, T>();
  readonly #default: T;

  /** @param entries the first is for all names that nobody bears; of two that bear a name the first has it */
  constructor(entries: readonly { readonly names: readonly string[]; readonly value: T }[]) {
    this.#default = entries[0]!.value;
    for (const { names, value } of entries)
      for (const name of names) {
        const [names, key] = name.startsWith('*.') ? [this.#wild, name.slice(2)] : [this.#exact, name];
        if (!names.has(key)) names.set(key, value);
      }
  }

  /** A wildcard stands for one label (RFC 9525 section 6.3). */
  find(name: string | undefined): T {
    if (name === undefined) return this.#default;
    const parent = name.slice(name.indexOf('.') + 1);
    return this.#exact.get(name) ?? this.#wild.get(parent) ?? this.#default;
  }
}
