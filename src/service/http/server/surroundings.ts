/** What is known of a connection beside its bytes: for the contexts of its handlers, for URLs, for logs. */
import type { HalfCloseable } from '../../../core/index.ts';
import { isTls } from '../../../transport/tls/options.ts';
import type { HttpContext } from '../contract.ts';
import type { Exchange } from './exchange.ts';
import type { HttpHost } from './host.ts';

const NO_PARAMS: HttpContext['params'] = Object.freeze({});

export class Surroundings {
  readonly #connection: HalfCloseable;
  readonly #draining: AbortSignal;
  readonly #scheme: 'http' | 'https';
  #context: HttpContext | undefined;
  #version: string | undefined;
  /** The host that was named last, and what it made. */
  #named: string | undefined;
  #origin: string | undefined;

  constructor(connection: HalfCloseable, draining: AbortSignal) {
    this.#connection = connection;
    this.#draining = draining;
    this.#scheme = isTls(connection) ? 'https' : 'http';
  }

  /** The same for requests of a version, one after the other. */
  contextOf(version: string): HttpContext {
    if (this.#context !== undefined && version === this.#version) return this.#context;
    const { remote, local } = this.#connection;
    this.#version = version;
    this.#context = {
      remote,
      local,
      secure: this.#scheme === 'https',
      version: `HTTP/${version}`,
      params: NO_PARAMS,
      draining: this.#draining,
    };
    return this.#context;
  }

  /** Of the host that the request names; of the address that it came to, where it names none that a URL can have. */
  originOf(host: string | undefined): string {
    if (this.#origin !== undefined && host === this.#named) return this.#origin;
    this.#named = host;
    this.#origin = this.#originOf(host);
    return this.#origin;
  }

  #originOf(host: string | undefined): string {
    const url = host === undefined || host === '' ? null : URL.parse(`${this.#scheme}://${host}`);
    if (url !== null && url.username === '' && url.password === '') return url.origin;
    const { local } = this.#connection;
    if (local.kind !== 'inet') return `${this.#scheme}://localhost`;
    const name = local.family === 6 ? `[${local.host.replace(/%.*/, '')}]` : local.host;
    return URL.parse(`${this.#scheme}://${name}:${local.port}`)?.origin ?? `${this.#scheme}://localhost`;
  }
}

/** For those who observe. */
export function tellOf(host: HttpHost, connection: HalfCloseable, exchange: Exchange): void {
  const { head, answer, time, began } = exchange;
  host.tellRequest({
    remote: connection.remote,
    method: head.method,
    target: head.target,
    version: head.version,
    status: answer.status,
    bytes: answer.sent,
    time,
    duration: performance.now() - began,
    host: head.host,
    referer: head.fields.get('referer'),
    userAgent: head.fields.get('user-agent'),
    complete: exchange.isComplete,
  });
}
