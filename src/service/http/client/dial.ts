/** Makes a connection along a route, step by step: name, connect, proxy, TLS. Each is timed, and named when it fails. */
import { type Address, type Clock, type HalfCloseable, NetError } from '../../../core/index.ts';
import type { Http1Limits } from '../../../protocol/http1/index.ts';
import { CONNECT_TIMEOUT, resolveHost, type TransportOptions } from '../../../transport/index.ts';
import type { TlsOptions } from '../../../transport/tls/options.ts';
import { HttpConnection } from './http-connection.ts';
import type { HttpProxy } from './proxy.ts';
import type { Route } from './route.ts';
import type { Stopwatch } from './timing.ts';
import { openTunnel } from './tunnel.ts';

/** As `connect` of modnet/transport. */
export type Connect = (address: Address, options: TransportOptions) => Promise<HalfCloseable>;

/** Speaks TLS as a client on a connection that is there. */
export type Secure = (
  connection: HalfCloseable,
  options: TlsOptions & { readonly signal?: AbortSignal | undefined },
) => Promise<HalfCloseable>;

export interface DialOptions {
  readonly connect: Connect;
  readonly secure: Secure;
  readonly clock: Clock;
  readonly tls: TlsOptions;
  readonly transport: TransportOptions;
  readonly http1: Partial<Http1Limits> | undefined;
  readonly userAgent: string;
  /** Of all steps together. */
  readonly connectTimeout: number;
}

/**
 * @throws what failed, with `stopwatch.step` at the step; the reason of the signal
 */
export async function dial(
  route: Route,
  options: DialOptions,
  stopwatch: Stopwatch,
  signal: AbortSignal,
): Promise<HttpConnection> {
  const { clock, connectTimeout = CONNECT_TIMEOUT } = options;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = clock.after(connectTimeout, () => stop.abort(late(connectTimeout)));
  let connection: HalfCloseable | undefined;
  try {
    connection = await connectFirst(route, options, stopwatch, stop.signal);
    connection = await goThrough(connection, route, options, stopwatch, stop.signal);
    return new HttpConnection(connection, options.http1);
  } catch (error) {
    connection?.abort();
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

async function connectFirst(
  route: Route,
  options: DialOptions,
  stopwatch: Stopwatch,
  signal: AbortSignal,
): Promise<HalfCloseable> {
  const { address } = route;
  const resolve: TransportOptions['resolve'] = async (inet, what) => {
    stopwatch.step = 'name';
    const found = await (options.transport.resolve ?? resolveHost)(inet, what);
    stopwatch.mark('name');
    stopwatch.step = 'connect';
    return found;
  };
  stopwatch.step = 'connect';
  const { clock, connectTimeout, transport } = options;
  const connecting = options.connect(address, { ...transport, clock, connectTimeout, signal, resolve });
  const connection = await unlessAborted(connecting, signal);
  stopwatch.mark('connect');
  return connection;
}

async function goThrough(
  first: HalfCloseable,
  route: Route,
  options: DialOptions,
  stopwatch: Stopwatch,
  signal: AbortSignal,
): Promise<HalfCloseable> {
  const { proxy, tunnel, secure, serverName } = route;
  const { tls } = options;
  let connection = first;
  if (proxy?.secure) {
    stopwatch.step = 'proxy';
    const { ca, insecure } = tls;
    const securing = options.secure(connection, { ca, insecure, serverName: proxy.host, signal });
    connection = await unlessAborted(securing, signal);
  }
  if (proxy !== undefined && tunnel !== undefined) {
    stopwatch.step = 'proxy';
    connection = await openTunnel(
      connection,
      { authority: tunnel, fields: tunnelFields(proxy, options) },
      proxy.origin,
      {
        clock: options.clock,
        http1: options.http1,
        signal,
      },
    );
    stopwatch.mark('proxy');
  }
  if (!secure) return connection;
  stopwatch.step = 'tls';
  const { serverName: name = serverName } = tls;
  connection = await unlessAborted(options.secure(connection, { ...tls, serverName: name, signal }), signal);
  stopwatch.mark('tls');
  return connection;
}

/** Also when the function that was given does not heed the signal; what it brings too late is got rid of. */
function unlessAborted(connecting: Promise<HalfCloseable>, signal: AbortSignal): Promise<HalfCloseable> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason);
      connecting.then((late) => late.abort()).catch(() => {});
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const settled = (): void => signal.removeEventListener('abort', onAbort);
    connecting.then(resolve, reject).finally(settled);
  });
}

function tunnelFields({ authorization }: HttpProxy, { userAgent }: DialOptions): [string, string][] {
  const fields: [string, string][] = [];
  if (userAgent !== '') fields.push(['User-Agent', userAgent]);
  if (authorization !== undefined) fields.push(['Proxy-Authorization', authorization]);
  return fields;
}

function late(ms: number): NetError {
  return new NetError('timeout', `timed out after ${ms} ms`, { errno: 'ETIMEDOUT' });
}
