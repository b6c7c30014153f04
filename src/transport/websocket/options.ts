/** What a WebSocket can be told, on either side. */
import type {
  DeflatePolicy,
  EndpointOptions,
  Origins,
  WebSocketLimits,
} from '../../protocol/websocket/index.ts';
import type { TransportOptions } from '../options.ts';
import type { ZlibOptions } from './zlib.ts';

/**
 * How long the handshake may take, in ms, once the connection is there. Precedent: Python's websockets (`open_timeout`); nginx waits
 * 60 s for a request's head.
 */
export const HANDSHAKE_TIMEOUT = 10_000;

/** Handshakes under way in one listener; further connections wait in the backlog. Precedent: OpenSSH's `MaxStartups` ends at 100. */
export const MAX_HANDSHAKES = 256;

/** How to compress, where the peer agrees. */
export interface CompressionOptions extends DeflatePolicy, ZlibOptions {}

/** Of both sides. */
export interface WebSocketOptions {
  /** permessage-deflate (RFC 7692); default no: it costs far more time than it saves on a fast network. */
  readonly compression?: boolean | CompressionOptions | undefined;
  readonly limits?: Partial<WebSocketLimits> | undefined;
  /** Ms of silence until a ping; default `PING_INTERVAL`, 0 for none. */
  readonly pingInterval?: number | undefined;
  /** Ms until a peer that sends nothing after a ping is gone; default `PONG_TIMEOUT`. */
  readonly pongTimeout?: number | undefined;
  /** Ms for the peer to answer a Close frame; default `CLOSE_TIMEOUT`. */
  readonly closeTimeout?: number | undefined;
}

export interface WebSocketServerOptions extends WebSocketOptions {
  /** Subprotocols that are spoken here; the client's first choice among them is taken. */
  readonly protocols?: readonly string[] | undefined;
  /** Pages that may connect; default `same-host`. */
  readonly origins?: Origins | undefined;
  /** Ms; default `HANDSHAKE_TIMEOUT`. */
  readonly handshakeTimeout?: number | undefined;
  /** Default `MAX_HANDSHAKES`. */
  readonly maxHandshakes?: number | undefined;
}

export interface WebSocketClientOptions extends WebSocketOptions {
  /** Subprotocols in the order of preference. */
  readonly protocols?: readonly string[] | undefined;
  /** Further fields of the request: `origin`, `authorization`, `cookie`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Ms; default `HANDSHAKE_TIMEOUT`. */
  readonly handshakeTimeout?: number | undefined;
}

export interface WebSocketConnectOptions extends TransportOptions, WebSocketClientOptions {}
export interface WebSocketListenOptions extends TransportOptions, WebSocketServerOptions {}

/** Those for zlib and the negotiation, or `undefined` without compression. */
export function compressionOf({ compression }: WebSocketOptions): CompressionOptions | undefined {
  if (compression === undefined || compression === false) return undefined;
  return compression === true ? {} : compression;
}

/** Those of the endpoint. */
export function endpointOptions(
  options: WebSocketOptions,
): Pick<EndpointOptions, 'limits' | 'pingInterval' | 'pongTimeout' | 'closeTimeout'> {
  const { limits, pingInterval, pongTimeout, closeTimeout } = options;
  return { limits, pingInterval, pongTimeout, closeTimeout };
}
