/** The peers of datagram sockets: addresses that stay bytes until somebody asks, each made once while it is remembered. */
import type { AddressOptions, InetAddress } from '../core/address.ts';
import { inetAddress } from '../core/address.ts';
import { AF_INET, decodeSockaddr } from '../kernel/index.ts';

/** Peers remembered per socket; one that was forgotten is made anew. Precedent: a table of connections of `conntrack` is bounded the same way. */
const MAX_REMOTES = 1024;

const NO_OPTIONS: AddressOptions = Object.freeze({});

/** An address that came with a datagram. Answering to it needs no text at all. */
export class SocketRemote implements InetAddress {
  readonly kind = 'inet';
  readonly scheme: string;
  /** As the kernel encodes it. */
  readonly raw: Uint8Array;
  readonly path = '';
  readonly options = NO_OPTIONS;
  #decoded: InetAddress | undefined;
  #text: string | undefined;

  constructor(scheme: string, raw: Uint8Array) {
    this.scheme = scheme;
    this.raw = raw;
  }

  get host(): string {
    return this.#address().host;
  }

  get family(): 0 | 4 | 6 {
    return this.#address().family;
  }

  get port(): number {
    return this.#address().port;
  }

  toString(): string {
    this.#text ??= this.#address().toString();
    return this.#text;
  }

  #address(): InetAddress {
    this.#decoded ??= decode(this.scheme, this.raw);
    return this.#decoded;
  }
}

/** The peers seen last. */
export class RemoteCache {
  readonly #scheme: string;
  /** By a number made of the address: exact for IPv4, a hash for IPv6, so each find is compared. */
  readonly #known = new Map<number, SocketRemote>();
  #last: SocketRemote | undefined;

  constructor(scheme: string) {
    this.#scheme = scheme;
  }

  /** @param name an encoded address, which is copied when it is new */
  get(name: Uint8Array): SocketRemote {
    if (this.#last !== undefined && isSame(this.#last.raw, name)) return this.#last;
    const key = keyOf(name);
    let remote = this.#known.get(key);
    if (remote === undefined || !isSame(remote.raw, name)) remote = this.#add(key, name);
    this.#last = remote;
    return remote;
  }

  #add(key: number, name: Uint8Array): SocketRemote {
    if (this.#known.size >= MAX_REMOTES) this.#known.delete(this.#known.keys().next().value!);
    const remote = new SocketRemote(this.#scheme, name.slice());
    this.#known.set(key, remote);
    return remote;
  }
}

function decode(scheme: string, raw: Uint8Array): InetAddress {
  const address = decodeSockaddr(raw);
  if (address.family === 'unix') return inetAddress(scheme, '0.0.0.0', 0);
  const { host, scope, port } = address;
  // IPv4 that reached a dual-stack socket is shown as IPv4 (RFC 4291 section 2.5.5.2).
  const plain = host.replace(/^::ffff:(?=[\d.]+$)/, '');
  return inetAddress(scheme, scope === undefined ? plain : `${host}%${scope}`, port);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function keyOf(name: Uint8Array): number {
  const port = (name[2]! << 8) | name[3]!;
  if (name[0] === AF_INET) {
    return ((name[4]! << 24) | (name[5]! << 16) | (name[6]! << 8) | name[7]!) * 65536 + port;
  }
  // FNV-1a over the rest of sockaddr_in6. Below every key of IPv4, so that the two never meet.
  let hash = 0x811c9dc5;
  for (let at = 4; at < name.length; at++) hash = Math.imul(hash ^ name[at]!, 0x01000193);
  return -(2 ** 49) - ((hash >>> 0) * 65536 + port);
}
