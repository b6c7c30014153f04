/** What the server takes, its defaults, and the precedent of each. */
import { type Clock, NetError, systemClock } from '../../../core/index.ts';
import type { Http1Limits } from '../../../protocol/http1/index.ts';
import {
  checkedVersions,
  type Http2Options,
  type Http2Settings,
  type HttpVersion,
  http2Settings,
} from '../h2/options.ts';
import type { AccessLog } from './access-log.ts';

/**
 * Ms for a whole head, from its first byte; of a new connection, from its beginning. A peer that sends byte by byte is not given
 * more. Precedent: nginx client_header_timeout.
 */
export const HEADER_TIMEOUT = 60_000;

/** Ms between two parts of a request's body. Precedent: nginx client_body_timeout. */
export const BODY_TIMEOUT = 60_000;

/** Bytes of a body that must come in a second, on average, after `BODY_GRACE`. Precedent: Kestrel MinRequestBodyDataRate. */
export const BODY_RATE = 240;

/** Ms. Precedent: Kestrel, 5 s. */
export const BODY_GRACE = 5_000;

/** Ms that a connection may wait for its next request. Precedent: nginx keepalive_timeout. */
export const KEEP_ALIVE_TIMEOUT = 75_000;

/** Ms in which a peer that is sent to takes nothing. Precedent: nginx send_timeout. */
export const WRITE_TIMEOUT = 60_000;

/** Bytes of a request's body. Precedent: nginx client_max_body_size. */
export const BODY_LIMIT = 1024 * 1024;

/** Bytes of a body that nobody wants, read to keep the connection. Precedent: Go's net/http, maxPostHandlerReadBytes. */
export const DISCARD_LIMIT = 256 * 1024;

/**
 * Requests of one connection. It spreads clients anew over what was added since. Precedent: nginx keepalive_requests, 1,000,
 * which frees what a connection holds; nothing is held here from one request to the next.
 */
export const REQUESTS_PER_CONNECTION = 100_000;

/**
 * Ms from the beginning of a drain until idle connections end: requests that are on their way are still answered. A round trip
 * between continents.
 */
export const DRAIN_QUIET = 200;

/** Ms; one day, so that no sum overflows a timer. */
const MAX_TIMEOUT = 86_400_000;

export interface HttpOptions {
  /** Ms; 0: never. Default `HEADER_TIMEOUT`; a head that is not there by then is answered with 408. */
  readonly headerTimeout?: number | undefined;
  /** Ms; 0: never. Default `BODY_TIMEOUT`. It stands still while the handler does not read. */
  readonly bodyTimeout?: number | undefined;
  /** Bytes a second; 0: any. Default `BODY_RATE`. Time in which the handler does not read does not count. */
  readonly bodyRate?: number | undefined;
  /** Ms; 0: for ever. Default `KEEP_ALIVE_TIMEOUT`. */
  readonly keepAliveTimeout?: number | undefined;
  /** Ms; 0: for ever. Default `WRITE_TIMEOUT`. */
  readonly writeTimeout?: number | undefined;
  /** Ms until a handler that has not answered is answered for, with 503, and its signal aborts. Default 0: never. */
  readonly handlerTimeout?: number | undefined;
  /** Bytes; `Infinity`: any. Default `BODY_LIMIT`. More is answered with 413. */
  readonly bodyLimit?: number | undefined;
  /** Bytes; default `DISCARD_LIMIT`. */
  readonly discardLimit?: number | undefined;
  /** Default `REQUESTS_PER_CONNECTION`. */
  readonly requestsPerConnection?: number | undefined;
  /** Limits of heads and trailers. */
  readonly limits?: Partial<Http1Limits> | undefined;
  /** Whether TRACE reaches the handler; else 405 (it echoes credentials). Default false. */
  readonly allowTrace?: boolean | undefined;
  /** Whether CONNECT reaches the handler, which answers with `HttpResponse.upgrade({ status: 200 }, …)`; else 405. Default false. */
  readonly allowConnect?: boolean | undefined;
  /** Whether what a handler throws is told to the client. For development. Default false. */
  readonly exposeErrors?: boolean | undefined;
  /** What a handler threw, or what its answer broke of. Default: nobody but `modnet:http:error` is told. */
  readonly onError?: ((error: Error, request: Request | undefined) => void) | undefined;
  /** What is spoken, the preferred first. Default `HTTP_VERSIONS`: HTTP/2 and HTTP/1.1. */
  readonly versions?: readonly HttpVersion[] | undefined;
  /** Of HTTP/2 alone. */
  readonly http2?: Http2Options | undefined;
  /** A line a request. Default: none. */
  readonly accessLog?: AccessLog | undefined;
  readonly clock?: Clock | undefined;
}

/** With every default in its place. Times of `Infinity` never come. */
export type HttpSettings = Readonly<{
  headerTimeout: number;
  bodyTimeout: number;
  bodyRate: number;
  keepAliveTimeout: number;
  writeTimeout: number;
  handlerTimeout: number;
  bodyLimit: number;
  discardLimit: number;
  requestsPerConnection: number;
  limits: Partial<Http1Limits> | undefined;
  allowTrace: boolean;
  allowConnect: boolean;
  exposeErrors: boolean;
  onError: ((error: Error, request: Request | undefined) => void) | undefined;
  versions: readonly HttpVersion[];
  http2: Http2Settings;
  accessLog: AccessLog | undefined;
  clock: Clock;
}>;

/** @throws NetError `limit` that names the option */
export function httpSettings(options: HttpOptions): HttpSettings {
  return {
    headerTimeout: timeout('headerTimeout', options.headerTimeout ?? HEADER_TIMEOUT),
    bodyTimeout: timeout('bodyTimeout', options.bodyTimeout ?? BODY_TIMEOUT),
    bodyRate: count('bodyRate', options.bodyRate ?? BODY_RATE, 0),
    keepAliveTimeout: timeout('keepAliveTimeout', options.keepAliveTimeout ?? KEEP_ALIVE_TIMEOUT),
    writeTimeout: timeout('writeTimeout', options.writeTimeout ?? WRITE_TIMEOUT),
    handlerTimeout: timeout('handlerTimeout', options.handlerTimeout ?? 0),
    bodyLimit: count('bodyLimit', options.bodyLimit ?? BODY_LIMIT, 0),
    discardLimit: count('discardLimit', options.discardLimit ?? DISCARD_LIMIT, 0),
    requestsPerConnection: count(
      'requestsPerConnection',
      options.requestsPerConnection ?? REQUESTS_PER_CONNECTION,
      1,
    ),
    limits: options.limits,
    allowTrace: options.allowTrace ?? false,
    allowConnect: options.allowConnect ?? false,
    exposeErrors: options.exposeErrors ?? false,
    onError: options.onError,
    versions: checkedVersions(options.versions),
    http2: http2Settings(options.http2, options.limits),
    accessLog: options.accessLog,
    clock: options.clock ?? systemClock,
  };
}

function timeout(name: string, value: number): number {
  if (value === 0) return Number.POSITIVE_INFINITY;
  if (Number.isInteger(value) && value > 0 && value <= MAX_TIMEOUT) return value;
  throw new NetError('limit', `"${name}" is a whole number of ms from 0 to ${MAX_TIMEOUT}, not ${value}`);
}

function count(name: string, value: number, min: number): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= min)) return value;
  throw new NetError('limit', `"${name}" is a whole number from ${min} up, or Infinity, not ${value}`);
}
