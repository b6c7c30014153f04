/** What the suite for architectures is run on, and what is known of each of them. */
import type { Address } from '../../core/address.ts';
import type { HalfCloseable } from '../../core/contract.ts';
import {
  type Architecture,
  type Handler,
  type ServeOptions,
  type Server,
  serve,
} from '../../server/index.ts';
import { connect } from '../../transport/index.ts';

/** Workers that the suite asks for where there are some: enough to differ from one, few enough for a small machine. */
export const WORKERS = 2;

export interface ServerTraits {
  readonly architecture: Architecture;
  /** Connections that are served at the same time when the suite asks for `WORKERS`. */
  readonly concurrency: number;
  /** What a handler takes along that ends or breaks its surroundings. */
  readonly fate: 'server' | 'thread' | 'process';
  /** `connection`: one for each; `standing`: replaced when they die. */
  readonly workers: 'none' | 'connection' | 'standing';
  readonly reloads: boolean;
  readonly resizes: boolean;
}

export interface ServerSubject {
  readonly traits: ServerTraits;
  /** Whether peers have an address of their own, and a lost connection ends with a reset. Yes for tcp, no for unix. */
  readonly isInet: boolean;
  /** Whether nobody else can listen where it does. Yes, but with SO_REUSEPORT. */
  readonly ownsAddress: boolean;
  /** Where to listen, free each time. */
  address(): Address | string;
  serve(address: Address | string, handler: Handler | URL, options?: ServeOptions): Promise<Server>;
  connect(address: Address): Promise<HalfCloseable>;
}

const MANY = Number.POSITIVE_INFINITY;
const LOOP = { fate: 'server', workers: 'none', reloads: false, resizes: false } as const;
const BLOCKING = { fate: 'thread' } as const;

const TRAITS: Readonly<Record<Architecture, Omit<ServerTraits, 'architecture'>>> = {
  serial: { ...LOOP, concurrency: 1 },
  reactor: { ...LOOP, concurrency: MANY },
  process: { ...LOOP, fate: 'process', workers: 'connection', concurrency: WORKERS },
  thread: { ...BLOCKING, workers: 'connection', concurrency: WORKERS, reloads: false, resizes: false },
  prefork: {
    fate: 'process',
    workers: 'standing',
    reloads: true,
    resizes: true,
    concurrency: WORKERS,
  },
  pool: { ...BLOCKING, workers: 'standing', concurrency: WORKERS, reloads: true, resizes: true },
  hybrid: {
    fate: 'thread',
    workers: 'standing',
    reloads: true,
    resizes: true,
    concurrency: MANY,
  },
};

/**
 * One architecture as a subject.
 * @param address makes an address to listen on, a free one each time
 * @param fixed goes to every `serve`: `{ isolation: 'processes' }`
 */
export function serverSubject(
  architecture: Architecture,
  address: () => string,
  fixed: ServeOptions = {},
): ServerSubject {
  const traits = { ...TRAITS[architecture], architecture };
  const workers = traits.workers === 'none' ? {} : { workers: WORKERS };
  const all = { architecture, signals: false, idle: 0, ...workers, ...fixed };
  return {
    traits: fixed.isolation === 'processes' ? { ...traits, fate: 'process' } : traits,
    isInet: address().startsWith('tcp:'),
    ownsAddress: fixed.listener !== 'reuseport',
    address,
    serve: (at, handler, options = {}) => serve(at, handler, { ...all, ...options }),
    connect: (to) => connect(to, fixed.driver === undefined ? {} : { driver: fixed.driver }),
  };
}
