/** UDP on system calls; Linux. */
import { type Address, type InetAddress, inetAddress, withPort } from '../../core/address.ts';
import type { Bytes } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import {
  bind,
  close,
  connect,
  droppedPackets,
  errnoName,
  getsockname,
  joinGroup,
  kernelError,
  leaveGroup,
  SOCK_DGRAM,
  Sockaddr,
} from '../../kernel/index.ts';
import {
  type DatagramCounts,
  type DatagramWire,
  type Engine,
  RemoteCache,
  SocketRemote,
} from '../../loop/index.ts';
import { fromSocketAddress, toIpSocketAddress } from '../kernel-address.ts';
import { openSocket } from '../kernel-socket.ts';
import { listenError } from '../listen-error.ts';
import type { DatagramReceiver, PortRequest, UdpPort } from './port.ts';

/** @throws NetError */
export function openKernelPort(engine: Engine, request: PortRequest): UdpPort {
  const { asked, isConnected } = request;
  const what = isConnected ? `Cannot connect to ${asked}` : `Cannot listen on ${asked}`;
  const fd = openSocket(`ipv${request.family}`, SOCK_DGRAM, what, request.socket);
  try {
    const at = Sockaddr.from(toIpSocketAddress(request.host, asked.port));
    const result = isConnected ? connect(fd, at) : bind(fd, at);
    if (result < 0) throw isConnected ? kernelError(result, what) : listenError(errnoName(result), asked);
    return new KernelPort(fd, engine, request);
  } catch (error) {
    close(fd);
    throw error;
  }
}

class KernelPort implements UdpPort {
  readonly local: InetAddress;
  readonly remote: InetAddress | undefined;
  readonly #fd: number;
  #droppedBySystem = 0;
  readonly #family: 4 | 6;
  readonly #wire: DatagramWire;
  readonly #remotes = new RemoteCache('udp');
  /** Encoded addresses of those that did not come with a datagram. */
  readonly #encoded = new WeakMap<Address, Uint8Array>();

  constructor(fd: number, engine: Engine, request: PortRequest) {
    this.#fd = fd;
    this.#family = request.family;
    const name = new Sockaddr();
    getsockname(fd, name);
    const { asked, host, isConnected } = request;
    this.local = isConnected
      ? (fromSocketAddress('udp', name.decode()) as InetAddress)
      : withPort(asked, name.port);
    this.remote = isConnected ? inetAddress('udp', host, asked.port) : undefined;
    this.#wire = engine.datagrams(fd, request.maxDatagram, String(isConnected ? asked : this.local));
  }

  get dropped(): DatagramCounts {
    return this.#wire.dropped;
  }

  get droppedBySystem(): number {
    if (this.#wire.fd !== undefined) this.#droppedBySystem = Math.max(0, droppedPackets(this.#fd));
    return this.#droppedBySystem;
  }

  start(receiver: Omit<DatagramReceiver, 'onClose'>): void {
    const { remote } = this;
    const remotes = this.#remotes;
    this.#wire.start({
      onDatagram: (data, name, truncated) =>
        receiver.onDatagram(data, remote ?? remotes.get(name), truncated),
      onError: (error) => receiver.onError(error),
      onDrain: () => receiver.onDrain?.(),
    });
  }

  push(data: Bytes, remote?: Address): boolean {
    if (this.remote !== undefined) return this.#wire.push(data, null);
    if (remote instanceof SocketRemote) return this.#wire.push(data, remote.raw);
    return this.#wire.push(data, this.#encode(remote!));
  }

  join(group: string, on?: string): void {
    const result = joinGroup(this.#fd, group, on);
    if (result < 0) throw kernelError(result, `Cannot join the group ${group} on ${this.local}`);
  }

  leave(group: string, on?: string): void {
    const result = leaveGroup(this.#fd, group, on);
    if (result < 0) throw kernelError(result, `Cannot leave the group ${group} on ${this.local}`);
  }

  async close(): Promise<void> {
    // The last look: the count goes with the descriptor.
    void this.droppedBySystem;
    this.#wire.close();
  }

  #encode(remote: Address): Uint8Array {
    const known = this.#encoded.get(remote);
    if (known !== undefined) return known;
    if (remote.kind !== 'inet' || remote.family === 0) {
      throw new NetError(
        'unsupported',
        `Cannot send to ${remote}: datagrams go to IP addresses; resolve the name first`,
      );
    }
    // An IPv6 socket reaches IPv4 by mapped addresses (RFC 4291 section 2.5.5.2).
    const host = this.#family === 6 && remote.family === 4 ? `::ffff:${remote.host}` : remote.host;
    const encoded = Sockaddr.from(toIpSocketAddress(host, remote.port)).copy();
    this.#encoded.set(remote, encoded);
    return encoded;
  }
}
