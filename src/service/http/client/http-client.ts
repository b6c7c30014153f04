/** The HTTP client: requests over connections that it keeps, on any transport. */
import { type Clock, NetError, systemClock } from '../../../core/index.ts';
import type { ClientResponse } from './client-response.ts';
import { requestDone } from './diagnostics.ts';
import { dialOptions } from './dialer.ts';
import { requestError } from './errors.ts';
import { type FetchInput, fetchResponse, fetchTarget } from './fetch.ts';
import { Job, type JobContext, type JobOptions, mergeOptions } from './job.ts';
import { CLOSE_DRAIN } from './limits.ts';
import type { HttpClientOptions, RequestOptions } from './options.ts';
import { Pool, type PoolStatistics } from './pool.ts';

export interface HttpClientStatistics extends PoolStatistics {
  /** Requests that were called for. */
  readonly requests: number;
  /** Of those, the ones that are not over. */
  readonly pending: number;
  /** That gave no whole answer. */
  readonly failed: number;
  /** That were sent again because their connection turned out to be dead. */
  readonly repeated: number;
}

/** What the client itself sends unless told otherwise. */
const USER_AGENT = 'modnet';

/**
 * Sends requests, and keeps connections for the next ones. It keeps no cookies.
 *
 *     await using client = new HttpClient({ timeout: 5_000 });
 *     const answer = await client.request('http://127.0.0.1:8080/', { method: 'POST', body: 'hello' });
 *     console.log(answer.status, await answer.text());
 */
export class HttpClient implements AsyncDisposable {
  readonly #options: JobOptions;
  readonly #pool: Pool;
  readonly #context: JobContext;
  readonly #clock: Clock;
  readonly #closeGrace: number;
  readonly #jobs = new Set<Job>();
  #counts = { requests: 0, failed: 0, repeated: 0 };
  #closing: Promise<void> | undefined;

  constructor(options: HttpClientOptions = {}) {
    const { clock = systemClock, userAgent = USER_AGENT, closeGrace = CLOSE_DRAIN } = options;
    this.#options = { ...options, userAgent };
    this.#clock = clock;
    this.#closeGrace = closeGrace;
    this.#pool = new Pool(clock, options);
    this.#context = {
      clock,
      pool: this.#pool,
      dial: dialOptions({ ...options, userAgent }),
      onRetry: () => void this.#counts.repeated++,
      onDone: (job, error) => this.#onDone(job, error),
    };
  }

  get statistics(): HttpClientStatistics {
    return { ...this.#pool.statistics, ...this.#counts, pending: this.#jobs.size };
  }

  /**
   * Sends a request. Resolves with the head of the answer; its body comes while it is read.
   * @throws HttpRequestError which names the request and the step that failed; the reason of the signal
   */
  async request(url: string | URL, options: RequestOptions = {}): Promise<ClientResponse> {
    if (this.#closing !== undefined) throw new NetError('closed', 'The client is closed');
    const parsed = parseUrl(url);
    this.#counts.requests++;
    const merged = mergeOptions(this.#options, options);
    let job: Job;
    try {
      job = new Job(parsed, merged, this.#context);
    } catch (error) {
      this.#counts.failed++;
      throw requestError(error, { method: options.method ?? 'GET', url: parsed }, 'request');
    }
    this.#jobs.add(job);
    return job.run();
  }

  /** As `fetch`: gives a `Response`, and takes a `Request`. What goes wrong is told as `request` does. */
  async fetch(input: FetchInput, options: RequestOptions = {}): Promise<Response> {
    const [url, more] = fetchTarget(input, options);
    return fetchResponse(await this.request(url, more));
  }

  /**
   * Takes no more requests, lets those under way end until `closeGrace` is over, and aborts the rest. Idempotent.
   * @param options the signal cuts it short
   */
  close(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#closing ??= this.#close(options.signal);
    return this.#closing;
  }

  /** At once: every request fails with the reason. */
  abort(reason: Error = new NetError('closed', 'The client was aborted')): void {
    this.#closing ??= Promise.resolve();
    for (const job of [...this.#jobs]) job.abort(reason);
    this.#pool.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    const empty = this.#pool.close();
    const giveUp = (): void => this.abort(new NetError('closed', 'The client was closed'));
    const timer = this.#clock.after(this.#closeGrace, giveUp);
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
    await empty;
    timer.cancel();
    signal?.removeEventListener('abort', giveUp);
  }

  #onDone(job: Job, error: unknown): void {
    this.#jobs.delete(job);
    if (error !== undefined) this.#counts.failed++;
    if (!requestDone.hasSubscribers) return;
    const { method, url, stopwatch } = job;
    requestDone.publish({ method, url, timing: stopwatch.timing(), error });
  }
}

function parseUrl(url: string | URL): URL {
  if (url instanceof URL) return url;
  if (URL.canParse(url)) return new URL(url);
  const shown = url.length > 100 ? `${url.slice(0, 100)}…` : url;
  throw new NetError('protocol', `Bad URL "${shown}": write for example http://127.0.0.1:8080/path`, {
    fault: 'local',
  });
}
