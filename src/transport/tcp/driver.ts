/** What `tcp` asks of a driver. */
import type { Acceptor } from '../../core/accept-queue.ts';
import type { InetAddress } from '../../core/address.ts';
import type { SocketOptions } from '../../kernel/index.ts';
import type { Candidate } from '../resolve.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';

export interface Listening {
  readonly address: InetAddress;
  readonly acceptor: Acceptor;
}

export interface TcpDriver {
  /** @throws an error with the name of the system's error; rejects soon after `signal` fired. */
  connect(
    candidate: Candidate,
    asked: InetAddress,
    socket: SocketOptions,
    signal: AbortSignal,
  ): Promise<Opened>;
  /** @param asked the address to name in errors; its options are kept in the listener's address */
  listen(
    candidate: Candidate,
    asked: InetAddress,
    socket: SocketOptions,
    events: ListenEvents,
  ): Promise<Listening>;
}

/**
 * Nagle's algorithm (RFC 896) holds a small write back until the last one is acknowledged, and the peer may delay that
 * for 40 ms: whoever writes a request in two pieces waits. We write what we have in one call, so it saves nothing here.
 * Precedent: Go, libuv's users, nginx and Redis all switch it off. `?nodelay=off` brings it back.
 */
export const NO_DELAY = true;
