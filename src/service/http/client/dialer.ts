/** Connections for HTTP clients of others: the steps of ours, without its requests. */
import { type HalfCloseable, systemClock, toAddress } from '../../../core/index.ts';
import { CONNECT_TIMEOUT, connect } from '../../../transport/index.ts';
import { type DialOptions, dial } from './dial.ts';
import { requestError } from './errors.ts';
import type { HttpClientOptions } from './options.ts';
import { proxyFor } from './proxy.ts';
import { routeTo } from './route.ts';
import { secureClient } from './secure.ts';
import { Stopwatch } from './timing.ts';

/** What leads to a server. A proxy is always asked for a tunnel: those clients write the path only. */
export type DialerOptions = Pick<
  HttpClientOptions,
  'address' | 'clock' | 'connect' | 'connectTimeout' | 'http1' | 'proxy' | 'secure' | 'tls' | 'transport'
>;

export type Dialer = (url: URL, serverName?: string) => Promise<HalfCloseable>;

/** @throws HttpRequestError that names the step which failed */
export function dialer(options: DialerOptions): Dialer {
  return async (url, serverName) => {
    const settings = dialOptions(options, serverName);
    const stopwatch = new Stopwatch(() => settings.clock.now());
    const { address, proxy } = options;
    try {
      const route =
        address === undefined
          ? routeTo(url, { proxy: proxyFor(url, proxy), tunnel: true })
          : routeTo(url, { address: toAddress(address) });
      return await dial(route, settings, stopwatch, new AbortController().signal);
    } catch (error) {
      throw requestError(error, { method: 'Connecting to', url }, stopwatch.step);
    }
  };
}

/** @param serverName in place of the URL's host, for TLS */
export function dialOptions(
  options: DialerOptions & { readonly userAgent?: string | undefined },
  serverName?: string,
): DialOptions {
  return {
    connect: options.connect ?? connect,
    secure: options.secure ?? secureClient,
    clock: options.clock ?? systemClock,
    tls: serverName === undefined ? (options.tls ?? {}) : { serverName, ...options.tls },
    transport: options.transport ?? {},
    http1: options.http1,
    userAgent: options.userAgent ?? '',
    connectTimeout: options.connectTimeout ?? CONNECT_TIMEOUT,
  };
}
