/** One request from its call to the last byte of its answer: redirects, the one repetition, deadlines, the caller's signal. */
import { type Clock, NetError, toAddress } from '../../../core/index.ts';
import type { ResponseHead } from '../../../protocol/http1/index.ts';
import { isTls } from '../../../transport/tls/options.ts';
import { HttpHeaders } from '../headers.ts';
import { ClientResponse } from './client-response.ts';
import { codingsOf } from './decode.ts';
import { type DialOptions, dial } from './dial.ts';
import { publicUrl, requestError, shownUrl } from './errors.ts';
import { Exchange, type ExchangeRequest } from './exchange.ts';
import { fieldList, withDefaults } from './header-input.ts';
import { HttpConnection } from './http-connection.ts';
import { MAX_REDIRECTS } from './limits.ts';
import type { RequestOptions } from './options.ts';
import type { Pool } from './pool.ts';
import { prepare } from './prepare.ts';
import { proxyFor } from './proxy.ts';
import { type Hop, isRedirect, redirectTo } from './redirect.ts';
import { type RequestBody, requestBody } from './request-body.ts';
import { ResponseBody } from './response-body.ts';
import { type Route, routeTo } from './route.ts';
import { Stopwatch } from './timing.ts';
import type { TraceEvent } from './trace.ts';
import { Watch } from './watch.ts';

/** Methods that may be sent twice without doing more than once (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export type JobOptions = RequestOptions & { readonly userAgent: string };

/** What all requests of a client share. */
export interface JobContext {
  readonly clock: Clock;
  readonly pool: Pool;
  readonly dial: DialOptions;
  onRetry(): void;
  /** The request is over, with its answer read or not to come. */
  onDone(job: Job, error: unknown): void;
}

interface Answered {
  readonly head: ResponseHead;
  readonly exchange: Exchange;
  readonly connection: HttpConnection;
}

export class Job {
  readonly #context: JobContext;
  readonly #options: JobOptions;
  readonly #stop = new AbortController();
  readonly #watch: Watch;
  readonly #body: RequestBody | undefined;
  readonly #redirects: string[] = [];
  #hop: Hop;
  #stopwatch: Stopwatch;
  #exchange: Exchange | undefined;
  #reason: unknown;
  #returned = false;
  #done = false;

  /** @throws NetError for a URL or a body that is none */
  constructor(url: URL, options: JobOptions, context: JobContext) {
    this.#context = context;
    this.#watch = new Watch(context.clock);
    this.#options = options;
    this.#stopwatch = new Stopwatch(() => context.clock.now());
    this.#body = requestBody(options.body);
    const fields = fieldList(options.headers);
    this.#hop = { method: options.method ?? 'GET', url, fields, keepsBody: this.#body !== undefined };
  }

  get method(): string {
    return this.#hop.method;
  }

  get url(): string {
    return publicUrl(this.#hop.url);
  }

  get stopwatch(): Stopwatch {
    return this.#stopwatch;
  }

  async run(): Promise<ClientResponse> {
    const { signal, timeout = 0 } = this.#options;
    if (signal?.aborted) throw signal.reason;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#watch.arm(timeout, () => this.#timedOut(timeout));
    try {
      return await this.#follow();
    } catch (thrown) {
      const error = this.#describe(thrown);
      this.#exchange?.body.cancel();
      this.#finish(error);
      throw error;
    }
  }

  /** At once, wherever it is; waits reject with the reason. */
  abort(reason: unknown): void {
    if (this.#done) return;
    this.#reason = reason;
    this.#stop.abort(reason);
    this.#exchange?.abort(reason as Error);
  }

  async #follow(): Promise<ClientResponse> {
    for (;;) {
      const answered = await this.#attempt();
      const next = this.#redirect(answered.head);
      if (next === undefined) return this.#respond(answered);
      answered.exchange.body.cancel();
      this.#redirects.push(publicUrl(this.#hop.url));
      this.#hop = next;
      this.#stopwatch = this.#stopwatch.next();
    }
  }

  /** Sends the hop, once more when the connection turned out to be dead, or when the server knows no `Expect`. */
  async #attempt(): Promise<Answered> {
    const route = this.#route();
    const body = this.#hop.keepsBody ? this.#body : undefined;
    let request = this.#prepare(route, body);
    let fresh = false;
    const { onTrace } = this.#options;
    for (;;) {
      const connection = await this.#acquire(route, fresh);
      const exchange = this.#begin(connection, request);
      try {
        const head = await exchange.head;
        onTrace?.({ type: 'response', url: this.url, head });
        if (head.status !== 417 || request.continueTimeout === undefined || body?.repeatable !== true)
          return { head, exchange, connection };
        exchange.body.cancel();
        request = this.#prepare(route, body, false);
      } catch (error) {
        if (fresh || !this.#mayRepeat(error, exchange, body)) throw error;
        fresh = true;
        onTrace?.({ type: 'repeat', error });
        this.#context.onRetry();
      }
      this.#stopwatch = this.#stopwatch.next();
    }
  }

  #route(): Route {
    const { url } = this.#hop;
    const { address, proxy, tunnel } = this.#options;
    if (address !== undefined) return routeTo(url, { address: toAddress(address) });
    return routeTo(url, { proxy: proxyFor(url, proxy), tunnel });
  }

  #prepare(
    route: Route,
    body: RequestBody | undefined,
    expect = this.#options.expectContinue,
  ): ExchangeRequest {
    const { onInterim, onTrace } = this.#options;
    const request = prepare(this.#hop, route, body, { ...this.#options, expectContinue: expect });
    if (onInterim === undefined && onTrace === undefined) return request;
    const { url } = this;
    const tell = (head: ResponseHead): void => {
      onTrace?.({ type: 'response', url, head });
      onInterim?.(head.status, HttpHeaders.of(head.fields));
    };
    return { ...request, onInterim: tell };
  }

  async #acquire(route: Route, fresh: boolean): Promise<HttpConnection> {
    const { pool } = this.#context;
    const stopwatch = this.#stopwatch;
    stopwatch.step = 'queue';
    const make = async (): Promise<HttpConnection> => {
      stopwatch.mark('queue');
      const options = this.#dialOptions();
      return new HttpConnection(await dial(route, options, stopwatch, this.#stop.signal), options.http1);
    };
    for (;;) {
      const connection = await pool.acquire({ key: route.key, fresh, signal: this.#stop.signal, dial: make });
      // It may have been closed, or the request given up, in the moment between.
      if (connection.isGone && connection.served > 0) continue;
      if (connection.isGone) throw new NetError('broken', 'the server closed the connection at once');
      if (this.#stop.signal.aborted) pool.onIdle(connection);
      this.#stop.signal.throwIfAborted();
      stopwatch.mark('queue');
      stopwatch.reused = connection.served > 0;
      return connection;
    }
  }

  #dialOptions(): DialOptions {
    const { connectTimeout } = this.#options;
    return connectTimeout === undefined ? this.#context.dial : { ...this.#context.dial, connectTimeout };
  }

  #begin(connection: HttpConnection, request: ExchangeRequest): Exchange {
    const exchange: Exchange = new Exchange(connection, request, {
      clock: this.#context.clock,
      stopwatch: this.#stopwatch,
      describe: (error) => this.#describe(error),
      onSettled: (error) => {
        if (this.#returned && exchange === this.#exchange) this.#finish(error);
      },
    });
    this.#exchange = exchange;
    if (this.#options.onTrace !== undefined) this.#trace(this.#options.onTrace, connection, request);
    exchange.start();
    return exchange;
  }

  #trace(tell: (event: TraceEvent) => void, { connection }: HttpConnection, { head }: ExchangeRequest): void {
    const { local, remote } = connection;
    const tls = isTls(connection) ? connection.tls : undefined;
    tell({ type: 'connection', local, remote, reused: this.#stopwatch.reused, tls });
    tell({ type: 'request', url: this.url, head: Buffer.from(head).toString('latin1') });
  }

  #mayRepeat(error: unknown, exchange: Exchange, body: RequestBody | undefined): boolean {
    if (!this.#stopwatch.reused || exchange.answered || this.#stop.signal.aborted) return false;
    if (!(error instanceof NetError) || (error.code !== 'broken' && error.code !== 'closed')) return false;
    return IDEMPOTENT.has(this.#hop.method) && (body === undefined || body.repeatable);
  }

  #redirect({ status, fields }: ResponseHead): Hop | undefined {
    const { redirect = 'follow', maxRedirects = MAX_REDIRECTS, allowDowngrade, address } = this.#options;
    if (redirect === 'manual' || !isRedirect(status)) return undefined;
    const [location] = fields.getAll('location');
    this.#stopwatch.step = 'redirect';
    const next = redirectTo(this.#hop, status, location, { allowDowngrade, pinned: address !== undefined });
    if (next === undefined) {
      this.#stopwatch.step = 'body';
      return undefined;
    }
    if (redirect === 'error')
      throw new NetError('limit', `${status} leads to ${shownUrl(next.url)}; none is to be followed`);
    if (this.#redirects.length >= maxRedirects) throw this.#tooMany(next.url, maxRedirects);
    if (next.keepsBody && this.#body?.repeatable === false)
      throw new NetError(
        'unsupported',
        `${status} asks for the body again, which was a stream; give it as bytes`,
      );
    return next;
  }

  #tooMany(url: URL, max: number): NetError {
    const loop = this.#redirects.includes(publicUrl(url)) ? ', where it has been before' : '';
    return new NetError(
      'limit',
      `${max} redirects were followed, and the next leads to ${shownUrl(url)}${loop}`,
    );
  }

  #respond({ head, exchange, connection }: Answered): ClientResponse {
    const { maxExpansion, maxBodyBytes, decompress } = this.#options;
    const { bodyLength } = head;
    const codings =
      decompress === false || bodyLength === 0 ? [] : codingsOf(head.fields.get('content-encoding'));
    const body = new ResponseBody(exchange.body, {
      codings,
      maxExpansion,
      maxBodyBytes,
      announced: codings.length === 0 && bodyLength > 0 ? bodyLength : undefined,
      describe: (error) => this.#describe(error),
    });
    this.#returned = true;
    if (exchange.isSettled) this.#finish(undefined);
    const { local, remote } = connection.connection;
    const { method } = this.#hop;
    const redirects = this.#redirects;
    return new ClientResponse({
      head,
      exchange,
      body,
      stopwatch: this.#stopwatch,
      method,
      url: this.url,
      redirects,
      local,
      remote,
    });
  }

  readonly #onAbort = (): void => this.abort(this.#options.signal!.reason);

  #timedOut(timeout: number): void {
    const error = new NetError('timeout', `the request took longer than ${timeout} ms in all`, {
      errno: 'ETIMEDOUT',
    });
    this.abort(requestError(error, this.#hop, this.#stopwatch.step));
  }

  /** The reason of a signal is the caller's own and stays as it is. */
  #describe(error: unknown): unknown {
    if (this.#stop.signal.aborted && error === this.#reason) return error;
    return requestError(error, this.#hop, this.#stopwatch.step);
  }

  #finish(error: unknown): void {
    if (this.#done) return;
    this.#done = true;
    this.#watch.stop();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#context.onDone(this, error);
  }
}

/** What the request says, else what the client says. */
export function mergeOptions<T extends RequestOptions>(
  client: T,
  request: RequestOptions,
): T & RequestOptions {
  const merged = { ...client } as Record<string, unknown>;
  for (const [name, value] of Object.entries(request)) if (value !== undefined) merged[name] = value;
  merged.headers = withDefaults(fieldList(request.headers), fieldList(client.headers));
  return merged as T & RequestOptions;
}
