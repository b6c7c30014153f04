/**
 * What clients of services call through: `createClient(Weather, rpcTransport('http://127.0.0.1:8080'))`. gRPC, gRPC-Web and Connect
 * over HTTP/2 of our own, or the latter two by a function in the shape of `fetch`.
 */
import type { Transport } from '@connectrpc/connect';
import type { CommonTransportOptions, UniversalClientFn } from '@connectrpc/connect/protocol';
import { createTransport as connectTransport } from '@connectrpc/connect/protocol-connect';
import { createTransport as grpcTransport } from '@connectrpc/connect/protocol-grpc';
import { createTransport as grpcWebTransport } from '@connectrpc/connect/protocol-grpc-web';
import { NetError, systemClock } from '../../../core/index.ts';
import { COMPRESSIONS } from '../compression.ts';
import type { RpcProtocol } from '../contract.ts';
import {
  CLIENT_GRACE,
  CLIENT_IDLE,
  COMPRESS_FROM,
  KEEPALIVE_AFTER,
  KEEPALIVE_TIMEOUT,
  MAX_RECEIVE,
  MAX_SEND,
} from '../limits.ts';
import { fetchClient } from './fetch-client.ts';
import { http2Client } from './http2-client.ts';
import { Http2Link } from './http2-link.ts';
import type { RpcTransportOptions } from './options.ts';
import { retry } from './retry.ts';

export interface RpcTransport extends Transport, AsyncDisposable {
  /** Takes no more calls, waits for those under way for `closeGrace`, and closes. With `fetch` there is nothing to close. */
  close(): Promise<void>;
}

const TRANSPORTS = { grpc: grpcTransport, 'grpc-web': grpcWebTransport, connect: connectTransport };

/**
 * Connects with the first call. A connection that is lost is opened anew by the next.
 * @param url of the server, `http:` or `https:`, with what stands in front of services in paths
 * @throws NetError `unsupported` for another URL, and for gRPC by `fetch`
 */
export function rpcTransport(url: string | URL, options: RpcTransportOptions = {}): RpcTransport {
  const parsed = parse(url);
  const { fetch } = options;
  const protocol = options.protocol ?? (fetch === undefined ? 'grpc' : 'connect');
  if (fetch !== undefined) {
    if (protocol === 'grpc')
      throw new NetError('unsupported', 'gRPC needs trailers, which fetch does not have; leave "fetch" out');
    const unary = transportOver(parsed, protocol, fetchClient(fetch, true), options);
    const streaming = transportOver(parsed, protocol, fetchClient(fetch, false), options);
    return join(unary, streaming, async () => {});
  }
  const link = linkOf(parsed, options);
  const transport = transportOver(parsed, protocol, http2Client(link), options);
  return join(transport, transport, () => link.close(options.closeGrace ?? CLIENT_GRACE));
}

function join(unary: Transport, streaming: Transport, close: () => Promise<void>): RpcTransport {
  return { unary: unary.unary, stream: streaming.stream, close, [Symbol.asyncDispose]: close };
}

function transportOver(
  url: URL,
  protocol: RpcProtocol,
  httpClient: UniversalClientFn,
  options: RpcTransportOptions,
): Transport {
  const { interceptors = [], compression = COMPRESSIONS, compress, deadline, jsonOptions } = options;
  const retries = options.retry === false ? [] : [retry({ clock: options.clock, ...options.retry })];
  const common: CommonTransportOptions = {
    httpClient,
    baseUrl: url.href.replace(/\/$/, ''),
    useBinaryFormat: options.json !== true,
    interceptors: [...interceptors, ...retries],
    acceptCompression: [...compression],
    sendCompression: compress ?? null,
    compressMinBytes: COMPRESS_FROM,
    readMaxBytes: options.maxReceive ?? MAX_RECEIVE,
    writeMaxBytes: options.maxSend ?? MAX_SEND,
    useHttpGet: options.get ?? false,
    ...(jsonOptions === undefined ? {} : { jsonOptions }),
    ...(deadline === undefined ? {} : { defaultTimeoutMs: deadline }),
  };
  return TRANSPORTS[protocol](common);
}

function linkOf(url: URL, options: RpcTransportOptions): Http2Link {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port;
  return new Http2Link(url, {
    address: options.address ?? `tcp://${url.hostname}:${port}`,
    tls: options.tls ?? {},
    transport: options.transport ?? {},
    clock: options.clock ?? systemClock,
    keepaliveAfter: (options.keepaliveAfter ?? KEEPALIVE_AFTER) || Infinity,
    keepaliveTimeout: (options.keepaliveTimeout ?? KEEPALIVE_TIMEOUT) || Infinity,
    idle: (options.idle ?? CLIENT_IDLE) || Infinity,
  });
}

function parse(url: string | URL): URL {
  const parsed = URL.parse(String(url));
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed;
  throw new NetError('unsupported', `"${url}" is no URL of a server; write http://HOST:PORT or https://HOST`);
}
