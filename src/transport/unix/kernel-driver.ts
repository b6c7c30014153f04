/** Unix sockets on system calls; Linux. */
import type { Acceptor } from '../../core/accept-queue.ts';
import { type UnixAddress, unixAddress } from '../../core/address.ts';
import type { Endpoints } from '../../core/connection.ts';
import { decodeSockaddr, SOCK_STREAM, Sockaddr, type SocketOptions } from '../../kernel/index.ts';
import type { Engine } from '../../loop/index.ts';
import { fromSocketAddress, toUnixSocketAddress } from '../kernel-address.ts';
import { listenAt, openSocket } from '../kernel-socket.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';
import { UNNAMED, type UnixDriver } from './driver.ts';

export class KernelUnix implements UnixDriver {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async connect(remote: UnixAddress, options: SocketOptions, signal: AbortSignal): Promise<Opened> {
    const what = `Cannot connect to ${remote}`;
    const to = Sockaddr.from(toUnixSocketAddress(remote));
    const fd = openSocket('unix', SOCK_STREAM, what, options);
    await this.#engine.connect(fd, to, what, signal);
    const endpoints = { local: unixAddress(UNNAMED), remote };
    return { wire: this.#engine.wire(fd, endpoints, false), endpoints };
  }

  async listen(address: UnixAddress, options: SocketOptions, events: ListenEvents): Promise<Acceptor> {
    return this.#engine.accept(openListener(address, options), {
      onAccept: (accepted, peer) => events.onAccept(this.adopt(accepted, peer.copy(), address)),
      onTrouble: (error) => events.onTrouble(error),
      onClose: (error) => events.onClose(error),
    });
  }

  /** The wire of a socket that was accepted at `local`. */
  adopt(fd: number, peer: Uint8Array, local: UnixAddress): Opened {
    const endpoints = new AcceptedEndpoints(local, peer);
    return { wire: this.#engine.wire(fd, endpoints, false), endpoints };
  }
}

/** @throws NetError; with errno `EADDRINUSE` when the path exists */
export function openListener(address: UnixAddress, options: SocketOptions): number {
  const at = Sockaddr.from(toUnixSocketAddress(address));
  const fd = openSocket('unix', SOCK_STREAM, `Cannot listen on ${address}`, options);
  listenAt(fd, at, address, options);
  return fd;
}

class AcceptedEndpoints implements Endpoints {
  readonly local: UnixAddress;
  readonly #peer: Uint8Array;

  constructor(local: UnixAddress, peer: Uint8Array) {
    this.local = local;
    this.#peer = peer;
  }

  get remote(): UnixAddress {
    return fromSocketAddress('unix', decodeSockaddr(this.#peer)) as UnixAddress;
  }
}
