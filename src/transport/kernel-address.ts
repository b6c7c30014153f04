/** Between the addresses of `core` and those of the kernel. */
import {
  type Address,
  type InetAddress,
  inetAddress,
  type UnixAddress,
  unixAddress,
} from '../core/address.ts';
import type { SocketAddress } from '../kernel/index.ts';

/** An IP address as text, with its `%scope` if it has one, for the kernel. */
export function toIpSocketAddress(host: string, port: number): SocketAddress {
  if (!host.includes(':')) return { family: 'ipv4', host, port };
  const percent = host.indexOf('%');
  if (percent < 0) return { family: 'ipv6', host, port };
  return { family: 'ipv6', host: host.slice(0, percent), port, scope: host.slice(percent + 1) };
}

export function fromSocketAddress(scheme: string, address: SocketAddress): InetAddress | UnixAddress {
  if (address.family === 'unix') return unixAddress(address.path, { abstract: address.abstract });
  const { host, port, scope } = address;
  return inetAddress(scheme, scope === undefined ? plain(host) : `${host}%${scope}`, port);
}

export function toUnixSocketAddress(address: UnixAddress): SocketAddress {
  return { family: 'unix', path: address.path, abstract: address.abstract };
}

/** Whether a socket bound to it gets packets for more than one address. */
export function isWildcard(address: Address): boolean {
  return address.kind === 'inet' && (address.host === '0.0.0.0' || address.host === '::');
}

/** IPv4 that reached a dual-stack socket is shown as IPv4 (RFC 4291 section 2.5.5.2). */
function plain(host: string): string {
  return host.replace(/^::ffff:(?=[\d.]+$)/, '');
}
