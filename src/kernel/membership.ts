/** Multicast groups: joining and leaving (ip(7), ipv6(7)). */
import { parseIpv4, parseIpv6 } from '../bytes/ip.ts';
import { NetError } from '../core/error.ts';
import {
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_JOIN_GROUP,
  IPV6_LEAVE_GROUP,
} from './constants.ts';
import { interfaceIndex } from './interface.ts';
import { setsockopt } from './sockopt.ts';

/**
 * Receives what is sent to `group`. 0 or `-errno` (`-EADDRINUSE` when it is a member, `-ENODEV` without a
 * route).
 * @param on the interface by name or index; the one of the default route otherwise
 * @throws NetError `unsupported` when `group` is not an address, `refused` when there is no such interface
 */
export function joinGroup(fd: number, group: string, on?: string): number {
  return changeMembership(fd, group, on, IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP);
}

/** The opposite, with the same arguments. `-EADDRNOTAVAIL` when it is not a member. */
export function leaveGroup(fd: number, group: string, on?: string): number {
  return changeMembership(fd, group, on, IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP);
}

function changeMembership(
  fd: number,
  group: string,
  on: string | undefined,
  ipv4: number,
  ipv6: number,
): number {
  const index = on === undefined ? 0 : interfaceIndex(on);
  const address4 = parseIpv4(group);
  if (address4 !== null) return setsockopt(fd, IPPROTO_IP, ipv4, membership(address4, 4, index));
  const address6 = parseIpv6(group);
  if (address6 !== null) return setsockopt(fd, IPPROTO_IPV6, ipv6, membership(address6, 0, index));
  throw new NetError(
    'unsupported',
    `${JSON.stringify(group)} is not an IPv4 or IPv6 address of a multicast group`,
  );
}

/** `struct ip_mreqn` (group, local address, index) and `struct ipv6_mreq` (group, index). */
function membership(group: Uint8Array, gap: number, index: number): Uint8Array {
  const bytes = new Uint8Array(group.length + gap + 4);
  bytes.set(group);
  new DataView(bytes.buffer).setUint32(group.length + gap, index, true);
  return bytes;
}
