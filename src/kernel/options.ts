/**
 * The options of a socket: what they are called, what they take, and where the kernel keeps them. Pure data;
 * setting them is `setSocketOptions`, reading them from an address is `parseSocketOptions`.
 */
import * as c from './constants.ts';

export interface SocketOptions {
  /** SO_REUSEADDR: bind although old connections of the address are in TIME_WAIT (socket(7)). */
  readonly reuseAddress?: boolean | undefined;
  /**
   * SO_REUSEPORT: several sockets of one user bind to the address, and the kernel spreads connections over
   * them.
   */
  readonly reusePort?: boolean | undefined;
  /** SO_KEEPALIVE: probe an idle peer. */
  readonly keepAlive?: boolean | undefined;
  /** TCP_KEEPIDLE: seconds without traffic before the first probe, 1 to 32767; 7200 by default (tcp(7)). */
  readonly keepAliveIdle?: number | undefined;
  /** TCP_KEEPINTVL: seconds between probes, 1 to 32767; 75 by default. */
  readonly keepAliveInterval?: number | undefined;
  /** TCP_KEEPCNT: unanswered probes until the connection is dropped, 1 to 127; 9 by default. */
  readonly keepAliveCount?: number | undefined;
  /** TCP_NODELAY: send small segments at once (no Nagle). */
  readonly noDelay?: boolean | undefined;
  /** TCP_CORK: send full segments only, until it is taken off; at most 200 ms. */
  readonly cork?: boolean | undefined;
  /** TCP_QUICKACK: acknowledge at once. The kernel leaves the mode by itself. */
  readonly quickAck?: boolean | undefined;
  /**
   * SO_LINGER: seconds that close(2) of a blocking socket waits for data to leave; 0 resets; false is the
   * default.
   */
  readonly linger?: number | false | undefined;
  /**
   * TCP_USER_TIMEOUT: milliseconds that sent data may stay unacknowledged (RFC 5482); 0 is the system's
   * default.
   */
  readonly userTimeout?: number | undefined;
  /** TCP_FASTOPEN of a listener: handshakes with data that may be pending (RFC 7413); 0 is off. */
  readonly fastOpen?: number | undefined;
  /** TCP_FASTOPEN_CONNECT: connect(2) defers the handshake to the first write, which goes with it. */
  readonly fastOpenConnect?: boolean | undefined;
  /**
   * SO_RCVBUF: bytes. The kernel doubles it for its bookkeeping, caps it at net.core.rmem_max, and reads back
   * the double.
   */
  readonly receiveBuffer?: number | undefined;
  /** SO_SNDBUF: bytes. Doubled and capped (net.core.wmem_max) in the same way. */
  readonly sendBuffer?: number | undefined;
  /**
   * The second argument of listen(2): connections that wait to be accepted. Not of setsockopt(2): pass it to
   * `listen`.
   */
  readonly backlog?: number | undefined;
  /** IP_TTL, IPV6_UNICAST_HOPS: hops that a packet may take, 1 to 255; 64 by default. */
  readonly ttl?: number | undefined;
  /** IP_TOS, IPV6_TCLASS: the traffic class byte (DSCP and ECN), 0 to 255. */
  readonly tos?: number | undefined;
  /** IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS: 0 to 255; 1 by default, which stays on the link. */
  readonly multicastTtl?: number | undefined;
  /** IP_MULTICAST_LOOP: whether this machine receives its own multicast; true by default. */
  readonly multicastLoop?: boolean | undefined;
  /**
   * IP_MULTICAST_IF: the interface that multicast leaves by, by name or index. Cannot be read back for IPv4.
   */
  readonly multicastInterface?: string | undefined;
  /** SO_BROADCAST: allow sending to broadcast addresses. */
  readonly broadcast?: boolean | undefined;
  /**
   * IPV6_V6ONLY: an IPv6 socket takes no IPv4. Before bind(2); the default is net.ipv6.bindv6only, normally
   * false.
   */
  readonly ipv6Only?: boolean | undefined;
  /** SO_OOBINLINE: urgent data stays in the stream. */
  readonly oobInline?: boolean | undefined;
  /** Multipath TCP. Chosen when the socket is created: see `streamProtocol`. */
  readonly mptcp?: boolean | undefined;
  /** SO_BUSY_POLL: microseconds to poll the device while a receive waits. Raising it needs CAP_NET_ADMIN. */
  readonly busyPoll?: number | undefined;
}

export type SocketOptionName = keyof SocketOptions;
export type SocketFamily = 'ipv4' | 'ipv6' | 'unix';

/** Level and name for setsockopt(2). */
export type OptionPlace = readonly [level: number, name: number];

export interface OptionRow {
  readonly kind: 'flag' | 'number' | 'linger' | 'interface';
  /** Of a number, both inclusive. */
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  /**
   * Where to set it, per family; the first place is the one that is read. Nowhere: the option does not apply.
   */
  readonly places: Readonly<Record<SocketFamily, readonly OptionPlace[]>>;
}

const INT_MAX = 0x7fffffff;
const NOWHERE = { ipv4: [], ipv6: [], unix: [] };

export const SOCKET_OPTIONS: Readonly<Record<SocketOptionName, OptionRow>> = {
  reuseAddress: flag(anySocket(c.SO_REUSEADDR)),
  reusePort: flag(anySocket(c.SO_REUSEPORT)),
  keepAlive: flag(anySocket(c.SO_KEEPALIVE)),
  // The bounds are MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL and MAX_TCP_KEEPCNT of the kernel's net/tcp.h.
  keepAliveIdle: number(tcp(c.TCP_KEEPIDLE), 1, 32767, 'seconds'),
  keepAliveInterval: number(tcp(c.TCP_KEEPINTVL), 1, 32767, 'seconds'),
  keepAliveCount: number(tcp(c.TCP_KEEPCNT), 1, 127, 'probes'),
  noDelay: flag(tcp(c.TCP_NODELAY)),
  cork: flag(tcp(c.TCP_CORK)),
  quickAck: flag(tcp(c.TCP_QUICKACK)),
  linger: { kind: 'linger', min: 0, max: 65535, unit: 'seconds', places: anySocket(c.SO_LINGER) },
  userTimeout: number(tcp(c.TCP_USER_TIMEOUT), 0, INT_MAX, 'milliseconds'),
  fastOpen: number(tcp(c.TCP_FASTOPEN), 0, 65535, 'pending handshakes'),
  fastOpenConnect: flag(tcp(c.TCP_FASTOPEN_CONNECT)),
  receiveBuffer: number(anySocket(c.SO_RCVBUF), 1, INT_MAX / 2, 'bytes'),
  sendBuffer: number(anySocket(c.SO_SNDBUF), 1, INT_MAX / 2, 'bytes'),
  backlog: number(NOWHERE, 0, INT_MAX, 'connections'),
  // A dual-stack socket sends IPv4 as well, by the options of IPv4.
  ttl: number(ip([ipv4(c.IP_TTL)], [ipv6(c.IPV6_UNICAST_HOPS), ipv4(c.IP_TTL)]), 1, 255, 'hops'),
  tos: number(ip([ipv4(c.IP_TOS)], [ipv6(c.IPV6_TCLASS), ipv4(c.IP_TOS)]), 0, 255),
  multicastTtl: number(ip([ipv4(c.IP_MULTICAST_TTL)], [ipv6(c.IPV6_MULTICAST_HOPS)]), 0, 255, 'hops'),
  multicastLoop: flag(ip([ipv4(c.IP_MULTICAST_LOOP)], [ipv6(c.IPV6_MULTICAST_LOOP)])),
  multicastInterface: {
    kind: 'interface',
    places: ip([ipv4(c.IP_MULTICAST_IF)], [ipv6(c.IPV6_MULTICAST_IF)]),
  },
  broadcast: flag(anySocket(c.SO_BROADCAST)),
  ipv6Only: flag({ ipv4: [], ipv6: [ipv6(c.IPV6_V6ONLY)], unix: [] }),
  oobInline: flag(anySocket(c.SO_OOBINLINE)),
  mptcp: flag(NOWHERE),
  busyPoll: number(anySocket(c.SO_BUSY_POLL), 0, INT_MAX, 'microseconds'),
};

export const SOCKET_OPTION_NAMES = Object.keys(SOCKET_OPTIONS) as readonly SocketOptionName[];

/** The protocol for socket(2) of a stream: IPPROTO_MPTCP where `mptcp` is asked for. */
export function streamProtocol(options: SocketOptions): number {
  return options.mptcp === true ? c.IPPROTO_MPTCP : 0;
}

function flag(places: OptionRow['places']): OptionRow {
  return { kind: 'flag', places };
}

function number(places: OptionRow['places'], min: number, max: number, unit?: string): OptionRow {
  return { kind: 'number', min, max: Math.floor(max), ...(unit === undefined ? {} : { unit }), places };
}

function anySocket(name: number): OptionRow['places'] {
  const place: OptionPlace = [c.SOL_SOCKET, name];
  return { ipv4: [place], ipv6: [place], unix: [place] };
}

function tcp(name: number): OptionRow['places'] {
  const place: OptionPlace = [c.IPPROTO_TCP, name];
  return { ipv4: [place], ipv6: [place], unix: [] };
}

function ip(onIpv4: readonly OptionPlace[], onIpv6: readonly OptionPlace[]): OptionRow['places'] {
  return { ipv4: onIpv4, ipv6: onIpv6, unix: [] };
}

function ipv4(name: number): OptionPlace {
  return [c.IPPROTO_IP, name];
}

function ipv6(name: number): OptionPlace {
  return [c.IPPROTO_IPV6, name];
}
