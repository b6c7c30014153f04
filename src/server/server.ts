/** What `serve` gives: a server that runs, whatever its architecture. */
import { channel } from 'node:diagnostics_channel';
import type { Address, Resource } from '../core/index.ts';
import type { Architecture } from './architecture.ts';

export interface Server extends Resource {
  readonly architecture: Architecture;
  /** Where it listens; the port is the real one when port 0 was asked for. */
  readonly address: Address;
  /** As it is now. */
  statistics(): Statistics;
  /**
   * Stops accepting, lets what runs finish, and aborts what still runs at the deadline. Called again while it drains it
   * gives the same promise, and a shorter deadline holds. `close` is this with the default deadline.
   * @param timeout ms; default `drainTimeout`
   */
  drain(timeout?: number): Promise<Drained>;
  /**
   * Starts new workers with the handler loaded anew, which take over the listening socket, and drains the old ones: no
   * connection is refused. When a new one does not start, the old ones stay.
   * @throws NetError `unsupported` for an architecture without workers that stay, or the reason why a worker did not start
   */
  reload(): Promise<void>;
  /**
   * Adds or removes workers.
   * @throws NetError `unsupported` without workers that stay, `limit` outside 1 to `MAX_WORKERS`
   */
  resize(workers: number): Promise<void>;
}

/** How the connections ended that were there when the drain began. */
export interface Drained {
  /** In their own time, well or not. */
  readonly finished: number;
  /** By the deadline. */
  readonly aborted: number;
}

/** Counts since the server began; every accepted connection ends as exactly one of finished, failed and aborted. */
export interface Counts {
  readonly accepted: number;
  /** Being served now. */
  readonly active: number;
  /** The handler resolved. */
  readonly finished: number;
  /** The handler rejected, or its worker died. */
  readonly failed: number;
  /** By the idle limit, the drain deadline or `abort`. */
  readonly aborted: number;
  /** Reset at once, because of `maxPerAddress`. */
  readonly refused: number;
}

export interface Statistics extends Counts {
  readonly architecture: Architecture;
  /** Accepted and not yet served; with TCP and the kernel driver also those that the system holds. */
  readonly queued: number;
  /** Workers that were started in place of one that died. */
  readonly restarts: number;
  readonly workers: readonly WorkerStatistics[];
}

export interface WorkerStatistics extends Counts {
  /** As `context.worker`. */
  readonly worker: number;
  readonly state: 'starting' | 'ready' | 'draining';
  /** Of its process; the same for all threads. */
  readonly pid: number;
}

/** Published on `modnet:server`: what an operator wants to hear of. */
export interface ServerEvent {
  readonly server: Server | undefined;
  readonly event: 'worker-start' | 'worker-exit' | 'failure' | 'trouble' | 'reload' | 'drain';
  readonly worker?: number | undefined;
  /** In words. */
  readonly message: string;
  readonly error?: Error | undefined;
}

export const serverEvents = channel('modnet:server');
