/** What a client and a request take. */
import type { Address, Clock } from '../../../core/index.ts';
import type { Http1Limits } from '../../../protocol/http1/index.ts';
import type { TransportOptions } from '../../../transport/index.ts';
import type { TlsOptions } from '../../../transport/tls/options.ts';
import type { Connect, Secure } from './dial.ts';
import type { HeadersInput } from './header-input.ts';
import type { PoolOptions } from './pool.ts';
import type { ProxyOption } from './proxy.ts';
import type { BodyInput } from './request-body.ts';
import type { TraceEvent } from './trace.ts';

/** What a client sets for all of its requests, and each may set otherwise. Times are milliseconds; 0 is for ever. */
export interface CommonOptions {
  /** Whole request, with redirects, to the last byte of the answer's body. Default: none. */
  readonly timeout?: number | undefined;
  /** Name, connection, proxy and TLS together; default 10,000 (`CONNECT_TIMEOUT` of the transports). */
  readonly connectTimeout?: number | undefined;
  /** Default `HEADER_TIMEOUT`. */
  readonly headerTimeout?: number | undefined;
  /** Default `BODY_TIMEOUT`. */
  readonly bodyTimeout?: number | undefined;
  /** `manual` gives the redirect as the answer, `error` fails. Default `follow`. */
  readonly redirect?: 'follow' | 'manual' | 'error' | undefined;
  /** Default `MAX_REDIRECTS`. */
  readonly maxRedirects?: number | undefined;
  /** Whether a redirect may lead from https to http; default false. */
  readonly allowDowngrade?: boolean | undefined;
  /** Whether codings are asked for and undone; default true. The fields of the answer stay as they came. */
  readonly decompress?: boolean | undefined;
  /** Default `MAX_EXPANSION`. */
  readonly maxExpansion?: number | undefined;
  /**
   * Bytes of the answer's body, decompressed, after which reading fails (`limit`). Default: none for who reads it as a
   * stream; `MAX_COLLECTED` for `bytes`, `text` and `json`.
   */
  readonly maxBodyBytes?: number | undefined;
  /** Default `false`: none. `environment`: as `http_proxy` and the like say. */
  readonly proxy?: ProxyOption | undefined;
  /** Asks a proxy for a tunnel (CONNECT) also for http. */
  readonly tunnel?: boolean | undefined;
  /**
   * Connects there in place of the URL's host and port: `unix:///run/app.sock`, `memory:name`, `tcp://127.0.0.1:8080`. Without
   * a proxy, and no redirect leads to another origin.
   */
  readonly address?: Address | string | undefined;
}

export interface RequestOptions extends CommonOptions {
  /** Default `GET`. Sent as it is written: methods are case-sensitive. */
  readonly method?: string | undefined;
  readonly headers?: HeadersInput | undefined;
  readonly body?: BodyInput | null | undefined;
  /** Fields behind the body, asked for when it has been sent; the body goes in chunks then. */
  readonly trailers?: (() => HeadersInput | Promise<HeadersInput>) | undefined;
  /** Ends the request, also while the answer's body is read; waits reject with its reason. */
  readonly signal?: AbortSignal | null | undefined;
  /**
   * Sends the head with `Expect: 100-continue` and the body once the server wants it; a number is the ms after which it
   * is sent all the same (`true`: `CONTINUE_TIMEOUT`).
   */
  readonly expectContinue?: boolean | number | undefined;
  /** Told of each interim answer, such as 103 (Early Hints, RFC 8297). */
  readonly onInterim?: ((status: number, headers: Headers) => void) | undefined;
  /** Told of each step while it is taken. */
  readonly onTrace?: ((event: TraceEvent) => void) | undefined;
  /** Asks for another protocol (`Upgrade`). With status 101 the answer has the connection as `upgraded`. */
  readonly upgrade?: string | undefined;
}

export interface HttpClientOptions extends CommonOptions, PoolOptions {
  /** Fields of every request that does not name them itself. */
  readonly headers?: HeadersInput | undefined;
  /** Default `modnet`; `''` sends none. */
  readonly userAgent?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Default `connect` of modnet/transport. */
  readonly connect?: Connect | undefined;
  /** Default: TLS as the tls transport speaks it. */
  readonly secure?: Secure | undefined;
  /** For `connect`: driver, sockets, resolver. */
  readonly transport?: TransportOptions | undefined;
  /** Of the answers' heads. */
  readonly http1?: Partial<Http1Limits> | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Ms that `close` leaves to requests under way; default `CLOSE_DRAIN`. */
  readonly closeGrace?: number | undefined;
}
