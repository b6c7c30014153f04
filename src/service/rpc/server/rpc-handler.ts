/**
 * Services as a handler in the shape of Fetch: gRPC, gRPC-Web and Connect from the same implementations. It knows no server: what
 * runs it asks the answer for `trailers`, where gRPC says how a call ended.
 */
import type { DescService } from '@bufbuild/protobuf';
import { type ConnectRouter, createConnectRouter, createContextValues } from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerRequest } from '@connectrpc/connect/protocol';
import { systemClock } from '../../../core/index.ts';
import { COMPRESSIONS } from '../compression.ts';
import { type FetchHandler, type RpcRequestContext, requestContext } from '../contract.ts';
import {
  COMPRESS_FROM,
  DRAIN_GRACE,
  MAX_DEADLINE,
  MAX_RECEIVE,
  MAX_SEND,
  REQUEST_TIMEOUT,
  STREAM_IDLE,
} from '../limits.ts';
import { streamedAnswer, wholeAnswer } from './answer.ts';
import { boundDeadline } from './deadline.ts';
import { callKey, guard } from './guard.ts';
import { RpcHealth } from './health.ts';
import type { RpcOptions } from './options.ts';
import { serveReflection } from './reflection.ts';
import { isGrpc, looksLikeCall, needsHttp2, unknownMethod, worded } from './refusal.ts';
import { requestBody } from './request-body.ts';
import { type CallLimits, RpcCall } from './rpc-call.ts';

/** Registers services: `(router) => router.service(Weather, { now: () => … })`. */
export type RpcRoutes = (router: ConnectRouter) => void;

export interface RpcHandler<Context = RpcRequestContext> {
  /** @param context what the server tells; without it nothing is known of the peer, the version of HTTP, and draining */
  (request: Request, context?: Context): Promise<Response>;
  /** What grpc.health.v1 says of the services. */
  readonly health: RpcHealth;
  /** Full names, sorted. */
  readonly services: readonly string[];
}

/**
 * @throws RangeError for a limit that cannot hold, ConnectError for a service that is registered twice
 */
export function rpcHandler<Context extends RpcRequestContext = RpcRequestContext>(
  routes: RpcRoutes,
  options: RpcOptions<Context> = {},
): RpcHandler<Context> {
  const health = new RpcHealth();
  const router = routerOf(options);
  routes(router);
  const services = servicesOf(router);
  health.add(services.map(({ typeName }) => typeName));
  if (options.health !== false) health.serve(router);
  if (options.reflection !== false) serveReflection(router, servicesOf(router));
  const calls = new Calls(router.handlers, options, health);
  const names = servicesOf(router).map(({ typeName }) => typeName);
  return Object.assign((request: Request, context?: Context) => calls.answer(request, context), {
    health,
    services: names.sort(),
  });
}

function routerOf<Context>(options: RpcOptions<Context>): ConnectRouter {
  const { protocols, authorize, interceptors = [], compression = COMPRESSIONS, json } = options;
  const deadline = options.maxDeadline ?? MAX_DEADLINE;
  if (!(deadline > 0 && deadline <= MAX_DEADLINE))
    throw new RangeError(`"maxDeadline" is up to ${MAX_DEADLINE} ms, not ${deadline}`);
  return createConnectRouter({
    grpc: protocols?.includes('grpc') ?? true,
    grpcWeb: protocols?.includes('grpc-web') ?? true,
    connect: protocols?.includes('connect') ?? true,
    interceptors: [guard, ...interceptors],
    acceptCompression: [...compression],
    compressMinBytes: options.compressFrom ?? COMPRESS_FROM,
    readMaxBytes: options.maxReceive ?? MAX_RECEIVE,
    writeMaxBytes: options.maxSend ?? MAX_SEND,
    maxTimeoutMs: deadline,
    requestGate: async (context) => {
      const call = context.values.get(callKey);
      if (call !== undefined) call.context = context;
      await authorize?.(context);
    },
    ...(json === undefined ? {} : { jsonOptions: json }),
  });
}

function servicesOf({ handlers }: ConnectRouter): DescService[] {
  return [...new Set(handlers.map(({ service }) => service))];
}

class Calls<Context extends RpcRequestContext> {
  readonly #handlers: ReadonlyMap<string, UniversalHandler>;
  readonly #otherwise: FetchHandler<Context> | undefined;
  readonly #limits: CallLimits;

  constructor(handlers: readonly UniversalHandler[], options: RpcOptions<Context>, health: RpcHealth) {
    const prefix = options.prefix ?? '';
    this.#handlers = new Map(handlers.map((handler) => [prefix + handler.requestPath, handler]));
    this.#otherwise = options.otherwise;
    this.#limits = {
      clock: options.clock ?? systemClock,
      requestTimeout: (options.requestTimeout ?? REQUEST_TIMEOUT) || Infinity,
      streamIdle: (options.streamIdle ?? STREAM_IDLE) || Infinity,
      drainGrace: options.drainGrace ?? DRAIN_GRACE,
      onDraining: () => health.drain(),
    };
  }

  async answer(request: Request, context: Context | undefined): Promise<Response> {
    const path = pathOf(request.url);
    const handler = this.#handlers.get(path);
    if (handler !== undefined) return this.#call(handler, request, context);
    if (this.#otherwise === undefined || looksLikeCall(request)) return unknownMethod(request, path);
    return this.#otherwise(request, context as Context);
  }

  async #call(handler: UniversalHandler, request: Request, context: Context | undefined): Promise<Response> {
    const version = context?.version.replace(/^HTTP\//, '') ?? '';
    if (version.startsWith('1.') && isGrpc(request)) return needsHttp2();
    const call = new RpcCall(handler.method, request, context, this.#limits);
    try {
      const answer = await handler(universal(request, call, version, context));
      const isBidi = handler.method.methodKind === 'bidi_streaming';
      const refusal = answer.body === undefined && worded(answer.status, handler.allowedMethods, isBidi);
      if (refusal) {
        call.end('unimplemented');
        return refusal;
      }
      return handler.method.methodKind === 'unary'
        ? await wholeAnswer(answer, call)
        : streamedAnswer(answer, call);
    } catch (error) {
      call.thrown ??= error;
      call.end();
      throw error;
    }
  }
}

function universal(
  request: Request,
  call: RpcCall,
  httpVersion: string,
  context: RpcRequestContext | undefined,
): UniversalServerRequest {
  const { method, url } = request;
  const header = boundDeadline(request.headers);
  const contextValues = createContextValues().set(callKey, call).set(requestContext, context);
  const body = requestBody(request, call);
  return { httpVersion, method, url, header, body, signal: call.signal, contextValues };
}

/** Escapes stay: names of services and methods have none. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}
