/** What the handler of calls is: in the shape of Fetch, as any handler of HTTP. It knows no server. */
import type { Interceptor } from '@connectrpc/connect';
import { type ContextKey, createContextKey } from '@connectrpc/connect';
import type { Address } from '../../core/index.ts';

/** What a server tells of a request; the context of modnet's handlers of HTTP is one. */
export interface RpcRequestContext {
  readonly remote: Address;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  /** `HTTP/1.1`, `HTTP/2`. */
  readonly version: string;
  /** Aborts when the server drains. */
  readonly draining: AbortSignal;
}

/** In `context.values` of an implementation, and `contextValues` of an interceptor; `undefined` without a server. */
export const requestContext: ContextKey<RpcRequestContext | undefined> = createContextKey<
  RpcRequestContext | undefined
>(undefined, { description: 'what the server tells of the request' });

/** Answers whatever is no call. */
export type FetchHandler<Context> = (request: Request, context: Context) => Response | Promise<Response>;

export type RpcProtocol = 'grpc' | 'grpc-web' | 'connect';

export const RPC_PROTOCOLS: readonly RpcProtocol[] = ['grpc', 'grpc-web', 'connect'];

export type { Interceptor };
