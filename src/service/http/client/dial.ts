/** Makes a connection along a route, step by step: name, connect, proxy, TLS. Each is timed, and named when it fails. */
import { type Address, type Clock, type HalfCloseable, NetError } from '../../../core/index.ts';
import type { Http1Limits } from '../../../protocol/http1/index.ts';
import { resolveHost, type TransportOptions } from '../../../transport/index.ts';
import type { TlsOptions } from '../../../transport/tls/options.ts';
import type { HttpProxy } from './proxy.ts';
import type { Route } from './route.ts';
import type { Stopwatch } from './timing.ts';
import { openTunnel } from './tunnel.ts';
import { Watch } from './watch.ts';

/** As `connect` of modnet/transport. */
export type Connect = (address: Address, options: TransportOptions) => Promise<HalfCloseable>;

/** Speaks TLS as a client on a connection that is there. */
export type Secure = (
  connection: HalfCloseable,
  options: TlsOptions & Pick<TransportOptions, 'clock' | 'driver' | 'signal'>,
) => Promise<HalfCloseable>;

export interface DialOptions {
  readonly connect: Connect;
  readonly secure: Secure;
  readonly clock: Clock;
  readonly tls: TlsOptions;
  readonly transport: TransportOptions;
  readonly http1: Partial<Http1Limits> | undefined;
  readonly userAgent: string;
  /** Ms; of all steps together. */
  readonly connectTimeout: number;
}

/**
 * A connection on which HTTP can be spoken with the origin, or with the proxy.
 * @throws what failed, with `stopwatch.step` at the step; the reason of the signal
 */
export async function dial(
  route: Route,
  options: DialOptions,
  stopwatch: Stopwatch,
  signal: AbortSignal,
): Promise<HalfCloseable> {
  const { clock, connectTimeout } = options;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const connecting = connectFirst(route, options, stopwatch, stop.signal);
  // Behind the transport's own timer, which knows better what it waited for.
  const watch = new Watch(clock);
  watch.arm(connectTimeout, () => stop.abort(late(connectTimeout)));
  try {
    return await goThrough(await connecting, route, options, stopwatch, stop.signal);
  } finally {
    watch.stop();
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
  const { clock, transport } = options;
  const connectTimeout = Watch.finite(options.connectTimeout);
  const connecting = options.connect(address, { ...transport, clock, connectTimeout, signal, resolve });
  const connection = await unlessAborted(connecting, signal);
  stopwatch.mark('connect');
  return connection;
}

/** Through the proxy and into TLS; a connection that gets no further is lost. */
async function goThrough(
  first: HalfCloseable,
  route: Route,
  options: DialOptions,
  stopwatch: Stopwatch,
  signal: AbortSignal,
): Promise<HalfCloseable> {
  let connection = first;
  const { clock, transport } = options;
  const secure = async (tls: TlsOptions): Promise<void> => {
    const securing = options.secure(connection, { ...tls, clock, driver: transport.driver, signal });
    connection = await unlessAborted(securing, signal);
  };
  try {
    if (route.proxy !== undefined) {
      stopwatch.step = 'proxy';
      const { ca, insecure } = options.tls;
      if (route.proxy.secure) await secure({ ca, insecure, serverName: route.proxy.host });
      if (route.tunnel !== undefined)
        connection = await tunnelThrough(connection, route.proxy, route.tunnel, options, signal);
      stopwatch.mark('proxy');
    }
    if (!route.secure) return connection;
    stopwatch.step = 'tls';
    await secure({ serverName: route.serverName, ...options.tls });
    stopwatch.mark('tls');
    return connection;
  } catch (error) {
    connection.abort();
    throw error;
  }
}

function tunnelThrough(
  connection: HalfCloseable,
  proxy: HttpProxy,
  authority: string,
  { clock, http1, userAgent }: DialOptions,
  signal: AbortSignal,
): Promise<HalfCloseable> {
  const fields: [string, string][] = [];
  if (userAgent !== '') fields.push(['User-Agent', userAgent]);
  if (proxy.authorization !== undefined) fields.push(['Proxy-Authorization', proxy.authorization]);
  return openTunnel(connection, { authority, fields }, proxy.origin, { clock, http1, signal });
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

function late(ms: number): NetError {
  return new NetError('timeout', `timed out after ${ms} ms`, { errno: 'ETIMEDOUT' });
}
