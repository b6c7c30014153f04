/** Listening and accepted sockets as bare descriptors, for servers whose workers are other threads and processes. */
import type { Address } from '../core/address.ts';
import type { HalfCloseable } from '../core/contract.ts';
import type { TransportOptions } from './options.ts';

/** It listens from now on; nobody accepts yet, the backlog of the system holds. */
export interface ListeningSocket {
  /** Non-blocking and close-on-exec. The owner's: whoever watches it in another thread or process must not outlive that. */
  readonly fd: number;
  /** The port is the real one when port 0 was asked for. */
  readonly address: Address;
  /** Closes the descriptor and removes the path that it was bound to. */
  close(): void;
}

export interface Descriptors {
  /**
   * What the socket carries is not what the connection reads (TLS): whoever reads the descriptor itself cannot serve it.
   */
  readonly isLayered?: boolean | undefined;
  /** @throws NetError as `listen` does */
  open(address: Address, options: TransportOptions): Promise<ListeningSocket>;
  /**
   * The connection on a socket that was accepted; the descriptor is the connection's from now on.
   * @param fd non-blocking
   * @param peer as accept4(2) filled it: `Sockaddr.copy`
   * @param listening where it was accepted
   */
  adopt(fd: number, peer: Uint8Array, listening: Address, options: TransportOptions): HalfCloseable;
}
