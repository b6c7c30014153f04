/** What an architecture gives to the server that it is the inside of. */
import type { Address } from '../core/index.ts';
import type { ListeningSocket } from '../transport/index.ts';
import type { Handler } from './handler.ts';
import type { Settings } from './options.ts';
import type { Drained, ServerEvent } from './server.ts';
import type { Roster } from './workers/roster.ts';

export interface Crew {
  /** Accepted and not served yet. */
  readonly queued: number;
  readonly restarts: number;
  /** Workers wanted, where `resize` changes that. */
  readonly size?: number;
  /** As `Server.drain`; settles when no worker is left. Again, it can only shorten the deadline. */
  drain(timeout: number): Promise<Drained>;
  reload?(): Promise<void>;
  resize?(workers: number): Promise<void>;
}

/** What a crew works with. The server owns it all, and closes the socket at the latest when the crew has drained. */
export interface Site {
  readonly address: Address;
  readonly settings: Settings;
  readonly handler: Handler | URL;
  readonly roster: Roster;
  /** The descriptor that the scoreboard is in; -1 when it is memory of this process. */
  readonly memory: number;
  /** The scoreboard's memory, for threads. */
  readonly buffer: ArrayBufferLike;
  /** Listening; of transports that have sockets. */
  readonly socket: ListeningSocket | undefined;
  /** Nobody accepts any more: from now on the system refuses who connects. `socket` is closed, and its path is gone. Idempotent. */
  stopListening(): void;
  publish(event: Omit<ServerEvent, 'server'>): void;
  /** The transport said where it really listens. */
  listensOn(address: Address): void;
  /** The listening socket failed: the server ends with this error. */
  lost(error: Error): void;
}
