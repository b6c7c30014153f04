/** What a handler of calls takes. */
import type { JsonReadOptions, JsonWriteOptions } from '@bufbuild/protobuf';
import type { HandlerContext, Interceptor } from '@connectrpc/connect';
import type { Compression } from '@connectrpc/connect/protocol';
import type { Clock } from '../../../core/index.ts';
import type { FetchHandler, RpcProtocol, RpcRequestContext } from '../contract.ts';

export interface RpcOptions<Context = RpcRequestContext> {
  /** Default: all three. */
  readonly protocols?: readonly RpcProtocol[] | undefined;
  /** What stands before `/package.Service/Method` in paths: `/api`. Default: nothing. */
  readonly prefix?: string | undefined;
  /** Answers what is no call of this handler. Default: 404, or `unimplemented` where it looks like a call. */
  readonly otherwise?: FetchHandler<Context> | undefined;
  /**
   * Asked of every call before anything of its body is read: throw a `ConnectError` (`Unauthenticated`, `PermissionDenied`) to
   * refuse it. What it leaves in `context.values` is there for interceptors and the implementation.
   */
  readonly authorize?: ((context: HandlerContext) => void | Promise<void>) | undefined;
  /** Around every implementation, the first outermost. */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** Bytes of a message, uncompressed. Default `MAX_RECEIVE`. More ends the call with `resource_exhausted`. */
  readonly maxReceive?: number | undefined;
  /** Bytes of a message. Default `MAX_SEND`. */
  readonly maxSend?: number | undefined;
  /** Default `COMPRESSIONS`: gzip and br. */
  readonly compression?: readonly Compression[] | undefined;
  /** Bytes. Default `COMPRESS_FROM`. */
  readonly compressFrom?: number | undefined;
  /**
   * Ms that a client may ask for. A call that asks for more is refused (`invalid_argument`). Default and limit `MAX_DEADLINE`: there,
   * a longer one counts as that.
   */
  readonly maxDeadline?: number | undefined;
  /** Ms; 0: for ever. Default `REQUEST_TIMEOUT`. */
  readonly requestTimeout?: number | undefined;
  /** Ms; 0: for ever. Default `STREAM_IDLE`. */
  readonly streamIdle?: number | undefined;
  /** Ms. Default `DRAIN_GRACE`. The server's own deadline (`drainTimeout` of `serveHttp`) must be longer to let it pass. */
  readonly drainGrace?: number | undefined;
  /** Of messages in JSON. Unknown fields are ignored unless told otherwise. */
  readonly json?: Partial<JsonReadOptions & JsonWriteOptions> | undefined;
  /** Whether grpc.health.v1 is answered. Default true. */
  readonly health?: boolean | undefined;
  /** Whether grpc.reflection, v1 and v1alpha, tells the services. Default true. */
  readonly reflection?: boolean | undefined;
  readonly clock?: Clock | undefined;
}
