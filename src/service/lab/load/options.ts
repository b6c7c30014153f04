/** What a load may be, checked before anything is opened. It does not know how it is generated. */
import { readFileSync } from 'node:fs';
import { type Address, type Bytes, NetError, toAddress } from '../../../core/index.ts';
import { MAX_MESSAGE } from '../../../framing/index.ts';
import { CONNECT_TIMEOUT, type Driver } from '../../../transport/index.ts';
import { Requests } from './request.ts';

/** As many as one address has ports; more need several machines. */
export const MAX_CONNECTIONS = 65_536;
/** Bytes of a request or of an answer of fixed size. As `MAX_MESSAGE` of the framings. */
export const MAX_REQUEST = MAX_MESSAGE;
/** Ms of warm-up and of measuring, each: a day. */
export const MAX_DURATION = 24 * 60 * 60 * 1000;
/** Requests under way on one connection. Precedent: redis-benchmark is rarely run with more than 1,000 (`-P`). */
export const MAX_PIPELINE = 1024;
/** Requests a second; far beyond what one thread can send. */
export const MAX_RATE = 10_000_000;
/** Ms until an answer counts as missing. Precedent: 2 s of wrk, 30 s of ab; between them. */
export const REQUEST_TIMEOUT = 5_000;
/** Ms between two bytes, or two reads, of a slow client. */
export const SLOW_INTERVAL = 10;

/** Descriptors beside those of the connections: standard streams, epoll, files that are read, a reserve. */
const DESCRIPTORS_BESIDE = 64;

/**
 * What the answer to a request is. `echo`: the same bytes, and every byte is checked. `bytes`: any `count` bytes.
 * `frame`: one message of the framing, and the request is sent as a message of it.
 */
export type Answer =
  | { readonly kind: 'echo' }
  | { readonly kind: 'bytes'; readonly count: number }
  | { readonly kind: 'frame'; readonly spec: string };

/** Plain data, so that it can be handed to another process. Times are in ms. */
export interface LoadOptions {
  /** Default 50, at most `MAX_CONNECTIONS`. */
  readonly connections?: number | undefined;
  /**
   * Requests a second over all connections, on a fixed schedule that does not wait for answers (open loop). Without it
   * each connection sends its next request when the last was answered (closed loop).
   */
  readonly rate?: number | undefined;
  /** Of the measurement, after the warm-up. Default 10,000. */
  readonly duration?: number | undefined;
  /** Under load, and not counted. Default 1,000. */
  readonly warmup?: number | undefined;
  /** Bytes of a request. Default 64. */
  readonly payload?: number | undefined;
  /** The request itself, in place of `payload`. */
  readonly request?: Bytes | undefined;
  /** Default `echo`. */
  readonly answer?: Answer | undefined;
  /** Requests under way on one connection. Default 1. */
  readonly pipeline?: number | undefined;
  /** Closed loop, without a pipeline: how long a client waits between an answer and its next request. Default 0. */
  readonly think?: number | undefined;
  /**
   * A share of the clients, 0 to 1, sends each request a byte at a time and reads only now and then. They follow no
   * schedule, and are counted apart.
   */
  readonly slow?: { readonly share: number; readonly interval?: number | undefined } | undefined;
  /** Requests after which a connection is closed and made anew. Default: never. */
  readonly perConnection?: number | undefined;
  /** Default `CONNECT_TIMEOUT`. */
  readonly connectTimeout?: number | undefined;
  /** From sending a request, to when its connection is given up. Default `REQUEST_TIMEOUT`. */
  readonly timeout?: number | undefined;
  readonly driver?: Driver | undefined;
}

/** All decided. */
export interface LoadPlan {
  readonly address: Address;
  readonly connections: number;
  readonly rate: number | null;
  readonly duration: number;
  readonly warmup: number;
  /** Bytes of the payload when no request is given. */
  readonly payload: number;
  readonly request: Bytes | undefined;
  readonly answer: Answer;
  readonly pipeline: number;
  readonly think: number;
  /** Of the connections. */
  readonly slowClients: number;
  readonly slowInterval: number;
  readonly perConnection: number;
  readonly connectTimeout: number;
  readonly timeout: number;
  readonly driver: Driver | undefined;
}

/**
 * Checks the options and fills in what is missing.
 * @throws NetError `limit` for what is too much, `unsupported` for what makes no sense, `protocol` for a bad address or
 *   framing, or a request that the framing cannot carry
 */
export function planLoad(address: Address | string, options: LoadOptions = {}): LoadPlan {
  const { rate, request, answer = { kind: 'echo' }, slow, think = 0, pipeline = 1, perConnection } = options;
  const connections = whole('connections', options.connections ?? 50, 1, MAX_CONNECTIONS);
  const plan = {
    address: toAddress(address),
    connections,
    rate: rate === undefined ? null : within('rate', rate, Number.MIN_VALUE, MAX_RATE),
    duration: within('duration', options.duration ?? 10_000, 1, MAX_DURATION),
    warmup: within('warmup', options.warmup ?? 1_000, 0, MAX_DURATION),
    payload: whole('payload', request?.length ?? options.payload ?? 64, 1, MAX_REQUEST),
    request,
    answer,
    pipeline: whole('pipeline', pipeline, 1, MAX_PIPELINE),
    think: within('think', think, 0, MAX_DURATION),
    slowClients: Math.floor(connections * within('slow.share', slow?.share ?? 0, 0, 1)),
    slowInterval: within('slow.interval', slow?.interval ?? SLOW_INTERVAL, 1, MAX_DURATION),
    perConnection:
      perConnection === undefined ? Number.POSITIVE_INFINITY : whole('perConnection', perConnection, 1),
    connectTimeout: within('connectTimeout', options.connectTimeout ?? CONNECT_TIMEOUT, 1, MAX_DURATION),
    timeout: within('timeout', options.timeout ?? REQUEST_TIMEOUT, 1, MAX_DURATION),
    driver: options.driver,
  };
  checkTogether(plan);
  return plan;
}

function checkTogether(plan: LoadPlan): void {
  const { address, answer, think, rate, pipeline, slowClients, connections } = plan;
  // A framing may not be able to carry the request.
  if (answer.kind === 'frame') new Requests(plan);
  if (answer.kind === 'bytes') whole('answer.count', answer.count, 1, MAX_REQUEST);
  if (think > 0 && rate !== null)
    throw senseless('think', 'a rate is a schedule of its own; leave out one of them');
  if (think > 0 && pipeline > 1) throw senseless('think', 'nobody thinks between the requests of a pipeline');
  if (rate !== null && slowClients === connections)
    throw senseless('slow.share', 'slow clients follow no rate, so some others are needed');
  if (address.scheme === 'stdio')
    throw senseless('address', 'stdio: is one connection, to whoever started it');
}

/**
 * Refuses more connections than this process may have descriptors.
 * @param limits the text of `/proc/self/limits`; where there is none the system will say so itself
 */
export function checkDescriptors({ address, connections }: LoadPlan, limits = readLimits()): void {
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  if (address.scheme === 'memory' || connections + DESCRIPTORS_BESIDE <= allowed) return;
  throw new NetError(
    'limit',
    `Cannot open ${connections} connections: this process may have ${allowed} open files; raise \`ulimit -n\``,
    { errno: 'EMFILE' },
  );
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

function whole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value)) return within(name, value, least, most);
  throw new NetError('unsupported', `The load's ${name} is ${value}; it must be a whole number`);
}

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  if (value > most)
    throw new NetError('limit', `The load's ${name} is ${value}; at most ${most} is possible`);
  const bound = least === Number.MIN_VALUE ? 'more than 0' : `at least ${least}`;
  throw new NetError('unsupported', `The load's ${name} is ${value}; it must be ${bound}`);
}

function senseless(name: string, why: string): NetError {
  return new NetError('unsupported', `The load's ${name} makes no sense here: ${why}`);
}
