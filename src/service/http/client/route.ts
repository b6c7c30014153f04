/** The way to an origin: where to connect, through what, and which requests may share the connection. */
import { type Address, inetAddress, NetError } from '../../../core/index.ts';
import { bare, type HttpProxy } from './proxy.ts';

export interface Route {
  /** Requests with the same key may share a connection. */
  readonly key: string;
  /** Where the first connection goes: to the server, the proxy, or the address that was given. */
  readonly address: Address;
  readonly proxy: HttpProxy | undefined;
  /** What the proxy is asked to connect to (CONNECT): `example.com:443`. */
  readonly tunnel: string | undefined;
  /** Whether TLS is spoken with the origin. */
  readonly secure: boolean;
  /** The name that the server's certificate must bear. */
  readonly serverName: string;
  /** Whether the request line has the whole URL, as for a proxy (RFC 9112 section 3.2.2). */
  readonly absolute: boolean;
}

export interface RouteOptions {
  readonly proxy?: HttpProxy | undefined;
  /** In place of the URL's host and port; then there is no proxy. */
  readonly address?: Address | undefined;
  /** CONNECT also for http. */
  readonly tunnel?: boolean | undefined;
}

/** @throws NetError `unsupported` for a URL that is neither http nor https */
export function routeTo(url: URL, options: RouteOptions = {}): Route {
  const secure = url.protocol === 'https:';
  if (!secure && url.protocol !== 'http:')
    throw new NetError('unsupported', `there is no "${url.protocol}" here; write http:// or https://`);
  const serverName = bare(url.hostname);
  const target = { secure, serverName };
  if (options.address !== undefined)
    return direct(`${options.address}|${url.origin}`, options.address, target);
  const port = portOf(url);
  const { proxy } = options;
  if (proxy === undefined) return direct(url.origin, inetAddress('tcp', serverName, port), target);
  const address = inetAddress('tcp', proxy.host, proxy.port);
  const through = { ...target, address, proxy };
  const user = proxy.authorization ?? '';
  if (!secure && options.tunnel !== true)
    return { ...through, key: `${proxy.origin}|${user}`, tunnel: undefined, absolute: true };
  const key = `${proxy.origin}|${user}|${url.origin}`;
  return { ...through, key, tunnel: `${url.hostname}:${port}`, absolute: false };
}

function direct(key: string, address: Address, target: Pick<Route, 'secure' | 'serverName'>): Route {
  return { ...target, key, address, proxy: undefined, tunnel: undefined, absolute: false };
}

export function portOf({ protocol, port }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** The target of the request line: a path with its query, or the whole URL; without user, password and fragment. */
export function targetOf(url: URL, route: Route): string {
  const path = `${url.pathname}${url.search}`;
  return route.absolute ? `${url.protocol}//${url.host}${path}` : path;
}
