/** What `serve` takes, its defaults and their limits. */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { NetError } from '../core/index.ts';
import { TICKET_KEYS } from '../kernel/index.ts';
import { MAX_CAPACITY } from '../sync/index.ts';
import type { TransportOptions } from '../transport/index.ts';
import { ARCHITECTURES, type Architecture, runsElsewhere } from './architecture.ts';

/** Workers of one server. Precedent: Apache's ServerLimit for prefork is 256. */
export const MAX_WORKERS = 256;

/** Connections at a time. Precedent: HAProxy's default maxconn is of this order. */
export const MAX_CONNECTIONS = 10_000;

/** The most that may be asked for: descriptors of one process (Linux, fs.nr_open). */
const CONNECTIONS_CEILING = 1_048_576;

/** Child processes at a time of `process`: each is a Node of its own, with its 40 MB. */
export const PROCESS_CAP = 32;

/** Threads at a time of `thread`. Precedent: MySQL serves 151 with a thread each; a thread with V8 in it takes more. */
export const THREAD_CAP = 64;

/** Accepted connections that wait for a thread of the pool. Precedent: Tomcat's acceptCount, 100. */
export const QUEUE = 128;

/** Ms that a connection may be silent both ways. Precedent: Apache's TimeOut, 60 s. */
export const IDLE = 60_000;

/** Ms from the beginning of a drain until what still runs is aborted; well inside the 30 s that Kubernetes grants. */
export const DRAIN = 10_000;

/** Ms in which a worker loads its handler. */
export const START = 10_000;

/** Ms; one day, so that no sum of times overflows the 31 bits of a timer, which would then fire at once. */
const MAX_TIMEOUT = 86_400_000;

export interface ServeOptions extends TransportOptions {
  /** Default `reactor`. */
  readonly architecture?: Architecture | undefined;
  /**
   * `prefork`, `pool`, `hybrid`: how many; default the number of cores. `process`, `thread`: the most at a time; default
   * `PROCESS_CAP` and `THREAD_CAP`. 1 to `MAX_WORKERS`. Not of `serial` and `reactor`.
   */
  readonly workers?: number | undefined;
  /** `hybrid`: where its loops run. Default `threads`. */
  readonly isolation?: 'threads' | 'processes' | undefined;
  /**
   * `hybrid`: one listening socket from which all accept, so that whoever is idle takes the next connection; or one
   * each (SO_REUSEPORT, TCP only), among which the kernel chooses by a hash. Default `shared`.
   */
  readonly listener?: 'shared' | 'reuseport' | undefined;
  /** Connections at a time; at the limit accepting stops and the backlog of the system holds. Default `MAX_CONNECTIONS`. */
  readonly maxConnections?: number | undefined;
  /** Connections at a time from one IP address, or one IPv6 network of 64 bits; one more is reset and counted as refused. Default: no limit of its own. */
  readonly maxPerAddress?: number | undefined;
  /** Connections that the system holds until they are accepted; also `?backlog=` in the address. Default 4,096. */
  readonly backlog?: number | undefined;
  /** `pool`: accepted connections that wait for a thread. Default `QUEUE`, at most `MAX_CAPACITY` of modnet/sync. */
  readonly queue?: number | undefined;
  /** Ms without a byte either way until a connection is aborted; 0: never. Default `IDLE`. */
  readonly idle?: number | undefined;
  /** Ms until a worker whose handler does not finish loading has failed; default `START`. */
  readonly startTimeout?: number | undefined;
  /** Ms; default `DRAIN`. */
  readonly drainTimeout?: number | undefined;
  /**
   * For `context.shared`. Threads get a structured clone, in which a `SharedArrayBuffer` stays the same memory; processes
   * get a copy, and a `SharedArrayBuffer` is refused.
   */
  readonly shared?: unknown;
  /**
   * SIGTERM and SIGINT drain, and once more abort; SIGHUP reloads; SIGTTIN and SIGTTOU add and remove a worker. `false`
   * leaves the signals of the process alone. Default `true`.
   */
  readonly signals?: boolean | undefined;
}

/** With every default in its place. */
export interface Settings {
  readonly architecture: Architecture;
  readonly workers: number;
  readonly isolation: 'threads' | 'processes';
  readonly listener: 'shared' | 'reuseport';
  readonly maxConnections: number;
  /** 0: no limit. */
  readonly maxPerAddress: number;
  readonly queue: number;
  readonly idle: number;
  readonly startTimeout: number;
  readonly drainTimeout: number;
  readonly shared: unknown;
  readonly signals: boolean;
  readonly transport: TransportOptions;
}

/** Whether its workers are processes. */
export function hasProcesses({ architecture, isolation }: Settings): boolean {
  return (
    architecture === 'process' ||
    architecture === 'prefork' ||
    (architecture === 'hybrid' && isolation === 'processes')
  );
}

/** @throws NetError `unsupported` or `limit` that names the option */
export function settingsOf(options: ServeOptions): Settings {
  const architecture = options.architecture ?? 'reactor';
  if (!ARCHITECTURES.includes(architecture))
    throw new NetError(
      'unsupported',
      `There is no architecture "${architecture}"; there are ${ARCHITECTURES.join(', ')}`,
    );
  const backlog = options.backlog === undefined ? {} : { backlog: options.backlog };
  return {
    architecture,
    workers: workersOf(architecture, options.workers),
    isolation: oneOf('isolation', options.isolation ?? 'threads', ['threads', 'processes']),
    listener: oneOf('listener', options.listener ?? 'shared', ['shared', 'reuseport']),
    maxConnections: whole(
      'maxConnections',
      options.maxConnections ?? MAX_CONNECTIONS,
      1,
      CONNECTIONS_CEILING,
    ),
    maxPerAddress: whole('maxPerAddress', options.maxPerAddress ?? 0, 0, CONNECTIONS_CEILING),
    queue: whole('queue', options.queue ?? QUEUE, 1, MAX_CAPACITY),
    idle: checkedTimeout('idle', options.idle ?? IDLE),
    startTimeout: whole('startTimeout', options.startTimeout ?? START, 1, MAX_TIMEOUT),
    drainTimeout: checkedTimeout('drainTimeout', options.drainTimeout ?? DRAIN),
    shared: options.shared,
    signals: options.signals ?? true,
    transport: {
      ...options,
      socket: { ...options.socket, ...backlog },
      ...sharedTickets(architecture, options),
    },
  };
}

/** Over TLS a client may come to another worker than last time, and goes on with its session there. */
function sharedTickets(architecture: Architecture, { tls }: ServeOptions): Pick<TransportOptions, 'tls'> {
  return runsElsewhere(architecture) ? { tls: { ticketKeys: randomBytes(TICKET_KEYS), ...tls } } : {};
}

/** @throws NetError `limit` that names the option, unless it is a whole number of ms that a timer can bear */
export function checkedTimeout(name: string, value: number): number {
  return whole(name, value, 0, MAX_TIMEOUT);
}

function workersOf(architecture: Architecture, asked: number | undefined): number {
  if (architecture === 'serial' || architecture === 'reactor') {
    if (asked === undefined || asked === 1) return 1;
    throw new NetError('unsupported', `${architecture} is one loop without workers; leave out "workers"`);
  }
  const defaults = { process: PROCESS_CAP, thread: THREAD_CAP } as const;
  const count = asked ?? defaults[architecture as 'process'] ?? availableParallelism();
  return whole('workers', count, 1, MAX_WORKERS);
}

function whole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new NetError('limit', `"${name}" is a whole number from ${min} to ${max}, not ${value}`);
}

function oneOf<T extends string>(name: string, value: T, all: readonly T[]): T {
  if (all.includes(value)) return value;
  throw new NetError('unsupported', `"${name}" is ${all.join(' or ')}, not "${value}"`);
}
