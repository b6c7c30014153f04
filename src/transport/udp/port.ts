/** A bound UDP socket as the drivers give it; and what every member of this folder calls its parts. */
import type { Address, InetAddress } from '../../core/address.ts';
import type { Bytes } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import type { SocketOptions } from '../../kernel/index.ts';
import type { DatagramCounts } from '../../loop/index.ts';

/** Longest payload over IPv4: 65,535 less the headers of IP and UDP (RFC 791, RFC 768). */
export const MAX_PAYLOAD_IPV4 = 65_507;
/** Over IPv6, whose length does not count its header (RFC 8200 section 3). */
export const MAX_PAYLOAD_IPV6 = 65_527;

/** The push level of datagrams. */
export interface DatagramReceiver {
  /** @param truncated the datagram was longer than `maxDatagram` and its rest is lost */
  onDatagram(data: Bytes, remote: Address, truncated: boolean): void;
  /** The system reported a failure, such as a refusal (ICMP) of something sent earlier. The socket goes on. */
  onError(error: NetError): void;
  /** After a `push` that returned `false`: there is room again. */
  onDrain?(): void;
  /** Last, once. */
  onClose(reason?: Error): void;
}

export interface UdpPort {
  readonly local: InetAddress;
  /** Where a connected socket leads. */
  readonly remote: InetAddress | undefined;
  readonly dropped: DatagramCounts;
  /** Datagrams that the system dropped because its receive buffer was full. Node does not tell. */
  readonly droppedBySystem?: number;
  start(receiver: Omit<DatagramReceiver, 'onClose'>): void;
  /** `false` asks to wait for `onDrain`. Unchecked: `wrong` says what cannot be sent. */
  push(data: Bytes, remote?: Address): boolean;
  join(group: string, on?: string): void;
  leave(group: string, on?: string): void;
  /** Resolves when the descriptor is gone. */
  close(): Promise<void>;
}

/** What a driver opens. */
export interface PortRequest {
  readonly asked: InetAddress;
  /** An address, not a name, in `host`. For a connected socket, the peer's. */
  readonly host: string;
  readonly family: 4 | 6;
  readonly isConnected: boolean;
  readonly socket: SocketOptions;
  readonly maxDatagram: number;
}

/** Why the datagram cannot be sent, or `undefined`. */
export function wrong(port: UdpPort, data: Bytes, remote: Address | undefined): NetError | undefined {
  const to = remote ?? port.remote;
  const connected = port.remote !== undefined;
  if (to === undefined) {
    return new NetError(
      'busy',
      `Cannot send on ${port.local}: the socket is not connected and no remote is given`,
    );
  }
  if (connected && remote !== undefined && remote.toString() !== port.remote?.toString()) {
    return new NetError('busy', `Cannot send to ${remote}: the socket is connected to ${port.remote}`);
  }
  // Only a long datagram is worth finding out the family for.
  if (data.length <= MAX_PAYLOAD_IPV4) return undefined;
  const family = to.kind === 'inet' ? to.family : 0;
  const limit = family === 6 ? MAX_PAYLOAD_IPV6 : MAX_PAYLOAD_IPV4;
  return data.length <= limit ? undefined : tooLarge(data.length, to, limit);
}

export function tooLarge(length: number, to: Address, limit: number): NetError {
  return new NetError(
    'limit',
    `Cannot send ${length} bytes to ${to}: a datagram takes at most ${limit} bytes; split the message`,
    { errno: 'EMSGSIZE' },
  );
}
