/** What `unix` asks of a driver. */
import type { Acceptor } from '../../core/accept-queue.ts';
import type { UnixAddress } from '../../core/address.ts';
import type { SocketOptions } from '../../kernel/index.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';

export interface UnixDriver {
  /** @throws NetError with the name of the system's error; rejects soon after `signal` fired. */
  connect(remote: UnixAddress, socket: SocketOptions, signal: AbortSignal): Promise<Opened>;
  /** @throws NetError; with errno `EADDRINUSE` when the path exists */
  listen(address: UnixAddress, socket: SocketOptions, events: ListenEvents): Promise<Acceptor>;
}

/** The peer of a listener has no name unless it bound one (unix(7)). */
export const UNNAMED = '';
