export { Code, ConnectError, createClient } from '@connectrpc/connect';
export type { RpcFetch, RpcFetchInit, RpcTransportOptions } from './client/options.ts';
export { MAX_REFLECTED_FILES, RpcReflection } from './client/reflection.ts';
export { type RetryOptions, retry } from './client/retry.ts';
export { type RpcTransport, rpcTransport } from './client/rpc-transport.ts';
export * from './code-name.ts';
export * from './compression.ts';
export {
  type FetchHandler,
  RPC_PROTOCOLS,
  type RpcProtocol,
  type RpcRequestContext,
  requestContext,
} from './contract.ts';
export * from './diagnostics.ts';
export {
  BadRequestSchema,
  DebugInfoSchema,
  ErrorInfoSchema,
  HelpSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from './gen/google/rpc/error_details_pb.ts';
export { Health } from './gen/grpc/health/v1/health_pb.ts';
export * from './limits.ts';
export { MAX_HEALTH_WATCHERS, type RpcHealth, type RpcHealthStatus } from './server/health.ts';
export type { RpcOptions } from './server/options.ts';
export { type RpcHandler, type RpcRoutes, rpcHandler } from './server/rpc-handler.ts';
