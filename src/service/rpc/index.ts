export { Code, ConnectError, createClient } from '@connectrpc/connect';
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
export * from './limits.ts';
export { MAX_HEALTH_WATCHERS, type RpcHealth, type RpcHealthStatus } from './server/health.ts';
export type { RpcOptions } from './server/options.ts';
export { type RpcHandler, type RpcRoutes, rpcHandler } from './server/rpc-handler.ts';
