/** The answer to a request. */
import type { Address, HalfCloseable } from '../../../core/index.ts';
import type { Fields, ResponseHead } from '../../../protocol/http1/index.ts';
import { HttpHeaders } from '../headers.ts';
import type { Exchange } from './exchange.ts';
import type { ResponseBody } from './response-body.ts';
import type { RequestTiming, Stopwatch } from './timing.ts';

export interface ResponseParts {
  readonly head: ResponseHead;
  readonly exchange: Exchange;
  readonly body: ResponseBody;
  readonly stopwatch: Stopwatch;
  readonly method: string;
  readonly url: string;
  readonly redirects: readonly string[];
  readonly local: Address;
  readonly remote: Address;
}

/**
 * An answer whose body is still coming. Read it, or `cancel` it: a long one that nobody reads holds its connection until
 * `bodyTimeout`.
 */
export class ClientResponse implements AsyncDisposable {
  readonly status: number;
  /** May be empty, and means nothing. */
  readonly reason: string;
  readonly version: '1.0' | '1.1';
  /** As they came, in their order. */
  readonly fields: Fields;
  readonly body: ResponseBody;
  /** What was sent last: a redirect may have changed it. */
  readonly method: string;
  /** The last one, after redirects. */
  readonly url: string;
  /** The URLs that led elsewhere, in order. */
  readonly redirects: readonly string[];
  /** Of the connection; through a proxy, of the one to it. */
  readonly local: Address;
  readonly remote: Address;
  readonly #exchange: Exchange;
  readonly #stopwatch: Stopwatch;
  #headers: HttpHeaders | undefined;

  constructor(parts: ResponseParts) {
    const { status, reason, version, fields } = parts.head;
    this.status = status;
    this.reason = reason;
    this.version = version;
    this.fields = fields;
    this.body = parts.body;
    this.method = parts.method;
    this.url = parts.url;
    this.redirects = parts.redirects;
    this.local = parts.local;
    this.remote = parts.remote;
    this.#exchange = parts.exchange;
    this.#stopwatch = parts.stopwatch;
  }

  get headers(): HttpHeaders {
    this.#headers ??= HttpHeaders.of(this.fields);
    return this.#headers;
  }

  /** Whether the status is 2xx. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** What followed the body; settles with it. `undefined` when there was none. */
  get trailers(): Promise<Fields | undefined> {
    return this.#exchange.trailers;
  }

  /** So far; `total` is there when the last byte is. */
  get timing(): RequestTiming {
    return this.#stopwatch.timing();
  }

  /** After 101 to a request with `upgrade`: what comes next on the connection, which is the caller's from now on. */
  get upgraded(): HalfCloseable | undefined {
    return this.#exchange.upgraded;
  }

  bytes(): Promise<Uint8Array> {
    return this.body.bytes();
  }

  text(): Promise<string> {
    return this.body.text();
  }

  json(): Promise<unknown> {
    return this.body.json();
  }

  stream(): ReadableStream<Uint8Array> {
    return this.body.stream();
  }

  /** Nobody wants the body, or the rest of it. */
  cancel(): void {
    this.body.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
  }
}
