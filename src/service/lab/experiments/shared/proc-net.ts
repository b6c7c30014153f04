/** What Linux tells of its network in files: sockets, counters, settings (proc(5), tcp(7)). It changes nothing. */
import { readFileSync } from 'node:fs';
import { type TcpState, tcpState } from '../../../../kernel/index.ts';

/** A line of /proc/net/tcp: a socket, with or without a descriptor. */
export interface TcpSocket {
  readonly localPort: number;
  readonly remotePort: number;
  readonly state: TcpState;
  /** Bytes that the peer has not acknowledged. */
  readonly sendQueued: number;
  /** Bytes that nobody has read; of a listening socket, connections that nobody has accepted. */
  readonly receiveQueued: number;
}

/** All sockets of TCP over IPv4 in this network namespace. */
export function tcpSockets(): TcpSocket[] {
  return parseTcpSockets(readFileSync('/proc/net/tcp', 'utf8'));
}

/** The text of /proc/net/tcp or /proc/net/tcp6. */
export function parseTcpSockets(text: string): TcpSocket[] {
  const line =
    /^\s*\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) ([\dA-F]{2}) ([\dA-F]{8}):([\dA-F]{8})/gm;
  return Array.from(text.matchAll(line), (match) => {
    const [localPort, remotePort, state, sendQueued, receiveQueued] = match
      .slice(1)
      .map((digits) => Number.parseInt(digits, 16)) as [number, number, number, number, number];
    return { localPort, remotePort, state: tcpState(state), sendQueued, receiveQueued };
  });
}

export type Counters = Readonly<Record<string, number>>;

/** The counters of /proc/net/netstat by name, such as `ListenOverflows`. They are those of the whole network namespace. */
export function netCounters(): Counters {
  return parseNetCounters(readFileSync('/proc/net/netstat', 'utf8'));
}

/** Pairs of lines: the names, then their values. */
export function parseNetCounters(text: string): Counters {
  const lines = text.split('\n').map((line) => line.split(' ').slice(1));
  const counters: Record<string, number> = {};
  for (let index = 0; index + 1 < lines.length; index += 2) {
    lines[index]!.forEach((name, column) => {
      counters[name] = Number(lines[index + 1]![column]);
    });
  }
  return counters;
}

/** A setting by its path, such as `net/core/somaxconn`; `null` where it cannot be read. Of several numbers the first. */
export function setting(path: string): number | null {
  try {
    return Number.parseInt(readFileSync(`/proc/sys/${path}`, 'utf8'), 10);
  } catch {
    return null;
  }
}
