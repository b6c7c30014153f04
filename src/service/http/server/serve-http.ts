/** `serveHttp`: a server of HTTP/1.1 on any architecture of modnet/server. */
import {
  type Abortable,
  type Address,
  type InetAddress,
  inetAddress,
  NetError,
  type Resource,
  toAddress,
} from '../../../core/index.ts';
import {
  type Drained,
  type ServeOptions,
  type Server,
  type Statistics,
  serve,
} from '../../../server/index.ts';
import type { HttpHandler } from '../contract.ts';
import { checkedVersions } from '../h2/options.ts';
import { type HttpCounts, HttpHost } from './host.ts';
import { handlerOf } from './http-handler.ts';
import type { HttpOptions } from './options.ts';

/** By the scheme of a server's address: the transport beneath. */
const TRANSPORTS: ReadonlyMap<string, string> = new Map([
  ['http', 'tcp'],
  ['https', 'tls'],
]);

export interface HttpServeOptions extends Omit<ServeOptions, 'clock'>, HttpOptions {
  /**
   * Ms without a byte either way until a connection is aborted, whatever it waits for; default 0: never. What is waited for
   * from a client has deadlines of its own; this one would also end handlers that take their time, and upgraded connections.
   */
  readonly idle?: number | undefined;
}

export interface HttpStatistics extends Statistics {
  /** Requests, where the handler runs in this thread. */
  readonly http: HttpCounts | undefined;
}

export interface HttpServer extends Resource {
  /** Where it listens; the port is the real one when port 0 was asked for. */
  readonly address: Address;
  statistics(): HttpStatistics;
  /**
   * Stops accepting and lets the requests that are under way end; idle connections end in order. What still runs at the
   * deadline is aborted. As `Server.drain`.
   */
  drain(timeout?: number): Promise<Drained>;
  /** As `Server.reload`. */
  reload(): Promise<void>;
  /** As `Server.resize`. */
  resize(workers: number): Promise<void>;
}

/**
 * Serves HTTP/1.1. It listens when the promise settles.
 * @param address `http://host:port`, `https://…` (with `options.tls`), or what any transport listens on: `unix:…`, `memory:…`
 * @param handler a function; or the URL of a module that exports `httpHandler(…)` by default, for the architectures whose
 * handlers run elsewhere. The options of HTTP are then given there
 * @throws NetError as `serve`; `limit` for an option of HTTP
 */
export async function serveHttp(
  address: Address | string,
  handler: HttpHandler | URL,
  options: HttpServeOptions = {},
): Promise<HttpServer> {
  const asked = toAddress(address);
  const host = handler instanceof URL ? undefined : new HttpHost(handler, options);
  const tls =
    asked.scheme === 'https' ? { tls: { alpn: checkedVersions(options.versions), ...options.tls } } : {};
  const settings: ServeOptions = { ...options, ...tls, idle: options.idle ?? 0 };
  const server = await serve(
    transportAddress(asked),
    host === undefined ? (handler as URL) : handlerOf(host),
    settings,
  );
  return new RunningServer(server, asked.scheme, host);
}

class RunningServer implements HttpServer {
  readonly #server: Server;
  readonly #scheme: string;
  readonly #host: HttpHost | undefined;

  constructor(server: Server, scheme: string, host: HttpHost | undefined) {
    this.#server = server;
    this.#scheme = scheme;
    this.#host = host;
  }

  get address(): Address {
    const { address } = this.#server;
    return address.kind === 'inet' && TRANSPORTS.has(this.#scheme)
      ? withScheme(address, this.#scheme)
      : address;
  }

  get closed(): Promise<Error | undefined> {
    return this.#server.closed;
  }

  statistics(): HttpStatistics {
    return {
      ...this.#server.statistics(),
      http: this.#host === undefined ? undefined : { ...this.#host.counts },
    };
  }

  drain(timeout?: number): Promise<Drained> {
    return this.#server.drain(timeout);
  }

  reload(): Promise<void> {
    return this.#server.reload();
  }

  resize(workers: number): Promise<void> {
    return this.#server.resize(workers);
  }

  close(options?: Abortable): Promise<void> {
    return this.#server.close(options);
  }

  abort(reason?: Error): void {
    this.#server.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** @throws NetError `unsupported` for an address that has a path */
function transportAddress(address: Address): Address {
  const scheme = TRANSPORTS.get(address.scheme);
  if (scheme === undefined || address.kind !== 'inet') return address;
  if (address.path === '' || address.path === '/') return withScheme(address, scheme);
  throw new NetError(
    'unsupported',
    `Cannot listen on ${address}: a server listens on a host and a port; what is under a path is the handler's to say`,
  );
}

function withScheme(address: InetAddress, scheme: string): InetAddress {
  return inetAddress(scheme, address.host, address.port, { options: address.options });
}
