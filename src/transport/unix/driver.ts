/** What `unix` asks of a driver. */
import type { Acceptor } from '../../core/accept-queue.ts';
import type { UnixAddress } from '../../core/address.ts';
import type { Endpoints } from '../../core/connection.ts';
import type { Wire } from '../../core/contract.ts';
import type { SocketOptions } from '../../kernel/index.ts';

/** A connected wire that has not been started. */
export interface Opened {
  readonly wire: Wire;
  readonly endpoints: Endpoints;
}

export interface ListenEvents {
  onAccept(opened: Opened): void;
  /** An accept failed, and accepting goes on. */
  onTrouble(error: Error): void;
  /** The listening socket is gone. */
  onClose(error: Error): void;
}

export interface UnixDriver {
  /** @throws NetError with the name of the system's error; rejects soon after `signal` fired. */
  connect(remote: UnixAddress, socket: SocketOptions, signal: AbortSignal): Promise<Opened>;
  /** @throws NetError; with errno `EADDRINUSE` when the path exists */
  listen(address: UnixAddress, socket: SocketOptions, events: ListenEvents): Promise<Acceptor>;
}

/** The peer of a listener has no name unless it bound one (unix(7)). */
export const UNNAMED = '';
