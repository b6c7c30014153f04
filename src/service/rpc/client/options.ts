/** What the transport of a client takes. */
import type { JsonReadOptions, JsonWriteOptions } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';
import type { Compression } from '@connectrpc/connect/protocol';
import type { Address, Clock } from '../../../core/index.ts';
import type { TransportOptions } from '../../../transport/index.ts';
import type { TlsOptions } from '../../../transport/tls/index.ts';
import type { RpcProtocol } from '../contract.ts';
import type { RetryOptions } from './retry.ts';

/** What is given to a function in the shape of `fetch`. */
export interface RpcFetchInit {
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal | null;
  readonly duplex: 'half';
}

export type RpcFetch = (url: string, init: RpcFetchInit) => Promise<Response>;

/** Times are milliseconds; 0 is for ever. */
export interface RpcTransportOptions {
  /** Default `grpc`; `connect` with `fetch`, which cannot carry gRPC. */
  readonly protocol?: RpcProtocol | undefined;
  /** Calls go by it, over whatever version of HTTP it speaks: `(url, init) => client.fetch(url, init)`. Default: HTTP/2 of our own. */
  readonly fetch?: RpcFetch | undefined;
  /** Messages in JSON in place of the binary format. Default false. */
  readonly json?: boolean | undefined;
  readonly jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions> | undefined;
  /** Of every call that sets none itself. Default: none. */
  readonly deadline?: number | undefined;
  /** Around every call, the first outermost; retries are within them. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Default `RetryOptions` as they are; `false`: never. */
  readonly retry?: RetryOptions | false | undefined;
  /** Compresses requests. Default: they are not, because a server need not know how. */
  readonly compress?: Compression | undefined;
  /** Offered for answers. Default `COMPRESSIONS`. */
  readonly compression?: readonly Compression[] | undefined;
  /** Bytes of a message, uncompressed. Default `MAX_RECEIVE`. */
  readonly maxReceive?: number | undefined;
  /** Bytes of a message. Default `MAX_SEND`. */
  readonly maxSend?: number | undefined;
  /** Whether methods without side effects are called with GET; Connect alone. Default false. */
  readonly get?: boolean | undefined;

  // Of HTTP/2:
  /** Connects there in place of the URL's host and port: `unix:///run/app.sock`, `memory:name`. */
  readonly address?: Address | string | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Driver, sockets, resolver. */
  readonly transport?: TransportOptions | undefined;
  /** Default `KEEPALIVE_AFTER`. */
  readonly keepaliveAfter?: number | undefined;
  /** Default `KEEPALIVE_TIMEOUT`. */
  readonly keepaliveTimeout?: number | undefined;
  /** Default `CLIENT_IDLE`. */
  readonly idle?: number | undefined;
  /** Default `CLIENT_GRACE`. */
  readonly closeGrace?: number | undefined;
  readonly clock?: Clock | undefined;
}
