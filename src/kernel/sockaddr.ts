/**
 * Socket addresses as the kernel lays them out: sockaddr_in (ip(7)), sockaddr_in6 (ipv6(7)), sockaddr_un
 * (unix(7)). It resolves no names. Text is built only on request.
 */
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../bytes/ip.ts';
import { NetError } from '../core/error.ts';
import { AF_INET, AF_INET6, AF_UNIX } from './constants.ts';
import { interfaceIndex, interfaceName } from './interface.ts';
import { Memory } from './memory.ts';

export interface IpSocketAddress {
  readonly family: 'ipv4' | 'ipv6';
  readonly host: string;
  readonly port: number;
  /** The interface of a link-local IPv6 address, by name or decimal index (RFC 4007 section 11). */
  readonly scope?: string | undefined;
  /** IPv6 flow label and traffic class, 32 bits. */
  readonly flowinfo?: number | undefined;
}

export interface UnixSocketAddress {
  readonly family: 'unix';
  /** The path; or the abstract name without its leading NUL. '' and not abstract is unnamed. */
  readonly path: string;
  readonly abstract: boolean;
}

export type SocketAddress = IpSocketAddress | UnixSocketAddress;

/**
 * Bytes of `sockaddr_un.sun_path` (unix(7)): a path of 107 and its NUL, or an abstract name of 107 after its
 * NUL.
 */
export const UNIX_PATH_MAX = 108;
/** Bytes of `struct sockaddr_storage`: room for any address. */
export const SOCKADDR_STORAGE = 128;

const encoder = new TextEncoder();
/** In a name, a byte order mark is a character like any other. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const FAMILY_SIZE = 2;
const IN_SIZE = 16;
const IN6_SIZE = 28;

/** An address in native memory, reusable: passed to a call, or filled by one. */
export class Sockaddr {
  readonly #memory = new Memory(SOCKADDR_STORAGE + 4);

  /** @throws NetError `limit` or `unsupported` for an address that the kernel cannot hold. */
  static from(address: SocketAddress): Sockaddr {
    return new Sockaddr().set(address);
  }

  /** Replaces what it holds. */
  set(address: SocketAddress): this {
    this.length = encodeSockaddr(address, this.bytes);
    return this;
  }

  /** Takes over encoded bytes, such as `copy` gave. */
  setBytes(encoded: Uint8Array): this {
    this.bytes.set(encoded);
    this.length = encoded.length;
    return this;
  }

  get address(): number {
    return this.#memory.address;
  }

  /** Of the `socklen_t` that the kernel reads and writes. */
  get lengthAddress(): number {
    return this.#memory.address + SOCKADDR_STORAGE;
  }

  /**
   * Bytes in use; longer than the room when the kernel cut the address off, which `sockaddr_storage`
   * precludes.
   */
  get length(): number {
    return this.#memory.view.getUint32(SOCKADDR_STORAGE, true);
  }

  set length(value: number) {
    this.#memory.view.setUint32(SOCKADDR_STORAGE, value, true);
  }

  /** Makes room for a call to fill. */
  reset(): this {
    this.length = SOCKADDR_STORAGE;
    return this;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.bytes.subarray(0, SOCKADDR_STORAGE);
  }

  /** `AF_INET`, `AF_INET6`, `AF_UNIX`. */
  get domain(): number {
    return this.#memory.view.getUint16(0, true);
  }

  /** 0 where there is none. */
  get port(): number {
    return sockaddrPort(this.#memory.bytes);
  }

  decode(): SocketAddress {
    return decodeSockaddr(this.#memory.bytes, 0, this.length);
  }

  /** The encoded bytes, to keep. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.#memory.bytes.slice(0, this.length);
  }
}

/**
 * Writes `address` at `offset`, where `SOCKADDR_STORAGE` bytes must be free, and returns its length.
 * @throws NetError `limit` or `unsupported` for an address that the kernel cannot hold.
 */
export function encodeSockaddr(address: SocketAddress, into: Uint8Array, offset = 0): number {
  into.fill(0, offset, offset + SOCKADDR_STORAGE);
  if (address.family === 'unix') return encodeUnix(address, into, offset);
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > 65535) {
    throw new NetError('unsupported', `Port ${address.port} is not between 0 and 65535`);
  }
  into[offset + 2] = address.port >> 8;
  into[offset + 3] = address.port & 0xff;
  return address.family === 'ipv4' ? encodeIpv4(address, into, offset) : encodeIpv6(address, into, offset);
}

/** Reads the address of `length` bytes at `offset`. */
export function decodeSockaddr(from: Uint8Array, offset = 0, length = from.length - offset): SocketAddress {
  // The kernel reports a peer without a name with no address at all (unix(7), recvfrom on an unbound peer).
  if (length < FAMILY_SIZE) return { family: 'unix', path: '', abstract: false };
  const domain = from[offset]! | (from[offset + 1]! << 8);
  if (domain === AF_INET)
    return { family: 'ipv4', host: formatIpv4(from, offset + 4), port: sockaddrPort(from, offset) };
  if (domain === AF_INET6) return decodeIpv6(from, offset);
  if (domain === AF_UNIX) return decodeUnix(from, offset, length);
  throw new NetError('unsupported', `Socket address of family ${domain}; IPv4, IPv6 and Unix are known`);
}

/** The port alone, without building text; 0 where there is none. */
export function sockaddrPort(from: Uint8Array, offset = 0): number {
  if (from[offset] !== AF_INET && from[offset] !== AF_INET6) return 0;
  return (from[offset + 2]! << 8) | from[offset + 3]!;
}

function encodeIpv4(address: IpSocketAddress, into: Uint8Array, offset: number): number {
  const host = parseIpv4(address.host);
  if (host === null) throw new NetError('unsupported', `${quote(address.host)} is not an IPv4 address`);
  into[offset] = AF_INET;
  into.set(host, offset + 4);
  return IN_SIZE;
}

function encodeIpv6(address: IpSocketAddress, into: Uint8Array, offset: number): number {
  const host = parseIpv6(address.host);
  if (host === null) throw new NetError('unsupported', `${quote(address.host)} is not an IPv6 address`);
  const view = new DataView(into.buffer, into.byteOffset + offset, IN6_SIZE);
  into[offset] = AF_INET6;
  view.setUint32(4, address.flowinfo ?? 0);
  into.set(host, offset + 8);
  view.setUint32(24, address.scope === undefined ? 0 : interfaceIndex(address.scope), true);
  return IN6_SIZE;
}

function decodeIpv6(from: Uint8Array, offset: number): SocketAddress {
  const view = new DataView(from.buffer, from.byteOffset + offset, IN6_SIZE);
  const flowinfo = view.getUint32(4);
  const scope = view.getUint32(24, true);
  return {
    family: 'ipv6',
    host: formatIpv6(from, offset + 8),
    port: sockaddrPort(from, offset),
    ...(scope === 0 ? {} : { scope: interfaceName(scope) }),
    ...(flowinfo === 0 ? {} : { flowinfo }),
  };
}

function encodeUnix(address: UnixSocketAddress, into: Uint8Array, offset: number): number {
  const name = encoder.encode(address.path);
  const kind = address.abstract ? 'Abstract name' : 'Path';
  // Both spend one byte on a NUL: an abstract name before it, a path after it.
  if (name.length >= UNIX_PATH_MAX) {
    throw new NetError(
      'limit',
      `${kind} ${quote(address.path)} has ${name.length} bytes; a Unix socket takes ${UNIX_PATH_MAX - 1}`,
    );
  }
  if (!address.abstract && name.includes(0)) {
    throw new NetError('unsupported', `Path ${quote(address.path)} contains a NUL byte`);
  }
  into[offset] = AF_UNIX;
  if (name.length === 0 && !address.abstract) return FAMILY_SIZE;
  into.set(name, offset + FAMILY_SIZE + (address.abstract ? 1 : 0));
  // Of an abstract name the length is all that ends it, so no byte more may be counted.
  return FAMILY_SIZE + name.length + 1;
}

function decodeUnix(from: Uint8Array, offset: number, length: number): SocketAddress {
  const name = from.subarray(offset + FAMILY_SIZE, offset + length);
  if (name.length > 0 && name[0] === 0)
    return { family: 'unix', path: text(name.subarray(1)), abstract: true };
  const nul = name.indexOf(0);
  return { family: 'unix', path: text(nul < 0 ? name : name.subarray(0, nul)), abstract: false };
}

function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function quote(value: string): string {
  return JSON.stringify(value);
}
