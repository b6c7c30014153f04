/** The service of the tests on a server of modnet, for clients of others. */
import type { TestContext } from 'node:test';
import { type HttpServeOptions, type HttpServer, serveHttp } from '../../src/service/http/index.ts';
import { RPC_SERVER, type RpcHandler, type RpcOptions, rpcHandler } from '../../src/service/rpc/index.ts';
import { type EchoState, echoRoutes, echoState } from '../../src/service/rpc/test-echo.ts';

export const ECHO = 'modnet.test.v1.Echo';

export interface GrpcStage {
  readonly url: string;
  readonly port: number;
  readonly server: HttpServer;
  readonly handler: RpcHandler;
  readonly state: EchoState;
}

export async function grpcStage(
  t: TestContext,
  options: RpcOptions = {},
  http: HttpServeOptions = {},
  address = 'http://127.0.0.1:0',
): Promise<GrpcStage> {
  const state = echoState();
  const handler = rpcHandler(echoRoutes(state), options);
  const server = await serveHttp(address, handler, { ...RPC_SERVER, signals: false, ...http });
  t.after(() => server.abort());
  const url = String(server.address);
  const port = 'port' in server.address ? Number(server.address.port) : 0;
  return { url, port, server, handler, state };
}
