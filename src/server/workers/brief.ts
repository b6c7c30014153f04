/** What the server tells a worker in another thread or process, and what the worker tells it. All of it can be cloned. */
import { DefaultSerializer } from 'node:v8';
import { NetError } from '../../core/index.ts';
import type { TransportOptions } from '../../transport/index.ts';
import { type Architecture, runsElsewhere } from '../architecture.ts';
import type { Site } from '../crew.ts';
import { hasProcesses, type Settings } from '../options.ts';
import type { PackedError } from './packed-error.ts';

/** Where a process finds what it inherits, after its standard streams and the channel to its parent. */
export const SOCKET_FD = 4;
export const MEMORY_FD = 5;

/** What a worker needs to know to begin. */
export interface Brief {
  /** URL of its module. */
  readonly handler: string;
  readonly architecture: Architecture;
  /** Its row of the scoreboard. */
  readonly worker: number;
  /** Where the server listens. */
  readonly address: string;
  readonly shared: unknown;
  /** The four as in `Settings`. */
  readonly idle: number;
  readonly startTimeout: number;
  readonly drainTimeout: number;
  readonly maxConnections: number;
  readonly maxPerAddress: number;
  readonly transport: TransportOptions;
  readonly task: Task;
}

/**
 * - `accept`: from a listening socket, until it is told to drain
 * - `serve`: the one connection whose socket it inherits
 * - `rehearse`: load the handler, and say whether that went well
 */
export type Task =
  | {
      readonly kind: 'accept';
      /** Connections at a time. */
      readonly concurrency: number;
      /** Others accept on the same socket. */
      readonly together: boolean;
    }
  | { readonly kind: 'serve'; readonly slot: number; readonly peer: Uint8Array }
  | { readonly kind: 'rehearse' };

export type ToWorker =
  | { readonly modnet: 'brief'; readonly brief: Brief }
  | { readonly modnet: 'drain'; readonly timeout: number; readonly last: boolean }
  /** To a thread that is about to be terminated. */
  | { readonly modnet: 'park' };

export type ToServer =
  /** `poller` is the descriptor of its loop's epoll instance, which a thread leaves open. */
  | { readonly modnet: 'loop'; readonly poller: number }
  | { readonly modnet: 'ready' }
  | { readonly modnet: 'unable'; readonly error: PackedError }
  | Report
  /** It accepts no more. */
  | { readonly modnet: 'stopped' };

export interface Report {
  readonly modnet: 'failure' | 'trouble';
  readonly error: PackedError;
}

export function briefOf(site: Site, worker: number, task: Task): Brief {
  const { settings, address, handler } = site;
  const { driver, socket, closeGrace, tls } = settings.transport;
  return {
    handler: (handler as URL).href,
    architecture: settings.architecture,
    worker,
    address: String(address),
    shared: settings.shared,
    idle: settings.idle,
    startTimeout: settings.startTimeout,
    drainTimeout: settings.drainTimeout,
    maxConnections: settings.maxConnections,
    maxPerAddress: settings.maxPerAddress,
    transport: { driver, socket, closeGrace, tls },
    task,
  };
}

/** @throws NetError `unsupported` for what this architecture cannot take to where its handlers run */
export function checkPortable(settings: Settings): void {
  const { architecture, shared, transport } = settings;
  if (!runsElsewhere(architecture)) return;
  if (transport.engine !== undefined || transport.clock !== undefined)
    throw new NetError(
      'unsupported',
      `Under ${architecture} handlers run in other threads or processes, which have loops of their own: leave out "engine" and "clock"`,
    );
  try {
    if (hasProcesses(settings)) new ProcessSerializer().writeValue(shared);
    else structuredClone(shared);
  } catch (cause) {
    throw new NetError(
      'unsupported',
      `"shared" cannot be handed to the workers of ${architecture}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Node's would copy a view of shared memory in silence, and nobody would see what another writes. */
class ProcessSerializer extends DefaultSerializer {
  _writeHostObject(value: object): void {
    if (ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer)
      this._getSharedArrayBufferId();
    // @ts-expect-error: documented, and not in the types.
    super._writeHostObject(value);
  }

  _getSharedArrayBufferId(): number {
    throw new TypeError('a SharedArrayBuffer is not shared between processes; take threads for that');
  }
}
