/** TCP on system calls; Linux. */
import { type InetAddress, inetAddress, withPort } from '../../core/address.ts';
import type { Endpoints } from '../../core/connection.ts';
import type { Wire } from '../../core/contract.ts';
import {
  decodeSockaddr,
  getsockname,
  SOCK_STREAM,
  Sockaddr,
  type SocketOptions,
  streamProtocol,
} from '../../kernel/index.ts';
import type { Engine } from '../../loop/index.ts';
import { fromSocketAddress, isWildcard, toIpSocketAddress } from '../kernel-address.ts';
import { listenAt, openSocket } from '../kernel-socket.ts';
import type { Candidate } from '../resolve.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';
import { type Listening, NO_DELAY, type TcpDriver } from './driver.ts';

export class KernelTcp implements TcpDriver {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async connect(
    candidate: Candidate,
    asked: InetAddress,
    options: SocketOptions,
    signal: AbortSignal,
  ): Promise<Opened> {
    const { host, port } = candidate;
    const to = Sockaddr.from(toIpSocketAddress(host, port));
    const fd = openStream(candidate, `Cannot connect to ${asked}`, options);
    await this.#engine.connect(fd, to, host, signal);
    const endpoints = new KernelEndpoints(inetAddress('tcp', host, port), undefined);
    endpoints.wire = this.#engine.wire(fd, endpoints, true);
    return { wire: endpoints.wire, endpoints };
  }

  async listen(
    candidate: Candidate,
    asked: InetAddress,
    options: SocketOptions,
    events: ListenEvents,
  ): Promise<Listening> {
    const { fd, port } = openListener(candidate, asked, options);
    const address = withPort(asked, port);
    const local = boundAddress(inetAddress('tcp', candidate.host, port));
    const acceptor = this.#engine.accept(fd, {
      onAccept: (accepted, peer) => events.onAccept(this.adopt(accepted, peer.copy(), local)),
      onTrouble: (error) => events.onTrouble(error),
      onClose: (error) => events.onClose(error),
    });
    return { address, acceptor };
  }

  /**
   * The wire of a socket that was accepted.
   * @param local where it was accepted, when that is one address
   */
  adopt(fd: number, peer: Uint8Array, local: InetAddress | undefined): Opened {
    const endpoints = new KernelEndpoints(peer, local);
    endpoints.wire = this.#engine.wire(fd, endpoints, true);
    return { wire: endpoints.wire, endpoints };
  }
}

/** The address of every connection accepted there; `undefined` when each has its own. */
export function boundAddress(listening: InetAddress): InetAddress | undefined {
  return isWildcard(listening) ? undefined : listening;
}

/**
 * Options are set on the listening socket, because on Linux an accepted socket inherits them (accept(2) leaves it to
 * the system; tcp_v4_syn_recv_sock clones the listener's): no call per connection. SO_REUSEADDR, so that a server can
 * be restarted while connections of its predecessor are in TIME_WAIT.
 */
export function openListener(
  candidate: Candidate,
  asked: InetAddress,
  options: SocketOptions,
): { fd: number; port: number } {
  const at = Sockaddr.from(toIpSocketAddress(candidate.host, candidate.port));
  const fd = openStream(candidate, `Cannot listen on ${asked}`, { reuseAddress: true, ...options });
  listenAt(fd, at, asked, options);
  getsockname(fd, at);
  return { fd, port: at.port };
}

function openStream(candidate: Candidate, what: string, options: SocketOptions): number {
  const all = { noDelay: NO_DELAY, ...options };
  return openSocket(`ipv${candidate.family}`, SOCK_STREAM, what, all, streamProtocol(options));
}

/** Kept as bytes until somebody asks: most connections are never asked for their addresses. */
class KernelEndpoints implements Endpoints {
  wire: Wire | undefined;
  #remote: InetAddress | Uint8Array;
  #local: InetAddress | undefined;

  constructor(remote: InetAddress | Uint8Array, local: InetAddress | undefined) {
    this.#remote = remote;
    this.#local = local;
  }

  get remote(): InetAddress {
    if (this.#remote instanceof Uint8Array) {
      this.#remote = fromSocketAddress('tcp', decodeSockaddr(this.#remote)) as InetAddress;
    }
    return this.#remote;
  }

  /** Unknown, as `0.0.0.0:0`, when nobody asked before the connection closed. */
  get local(): InetAddress {
    const fd = this.wire?.fd;
    if (this.#local === undefined && fd !== undefined) {
      const name = new Sockaddr();
      if (getsockname(fd, name) >= 0) this.#local = fromSocketAddress('tcp', name.decode()) as InetAddress;
    }
    return this.#local ?? inetAddress('tcp', '0.0.0.0', 0);
  }
}
