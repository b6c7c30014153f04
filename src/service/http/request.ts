/**
 * A request as handlers see it: what `Request` of Fetch is, without its cost. Most of it is made when it is first asked for.
 * It knows no version of HTTP.
 */
import type { Bytes } from '../../core/index.ts';
import { type BodyContent, LightBody } from './body.ts';
import { type HeaderSource, HttpHeaders, type HttpHeadersInit, headerList } from './headers.ts';

/** The head of a request as it was parsed. */
export interface RequestLine {
  readonly method: string;
  /** As it was sent: `/path?query`, mostly; `http://host/path`, `*`, or `host:port` of a CONNECT. */
  readonly target: string;
  readonly fields: HeaderSource;
}

/** Where a request came from, asked only when it matters. */
export interface RequestOrigin {
  /** Scheme and host, `http://example.net:8080`, for a target that names neither. */
  origin(line: RequestLine): string;
  /** Aborts when the peer is gone before it was answered. */
  signal(): AbortSignal;
  /** Those behind the body, when all of it has come. */
  trailers?(): Promise<HeaderSource | undefined>;
  /** Tells something before the answer; whether it was told. Fields as those of a response. */
  inform?(status: number, fields: readonly string[]): boolean;
}

/**
 * A target that a URL would leave as it is: nothing to escape, and no segment of the path that may be `.` or `..`, bare or
 * escaped (URL Standard, "single-dot path segment").
 */
const PLAIN_TARGET =
  /^(?!.*(?:\/\.|%2[eE]))\/[\w\-.~!$&()*+,;=:@/%]*(?:\?[\w\-.~!$&()*+,;=:@/%?[\]|^`{}]*)?$/;

let plainTarget: (request: HttpRequest) => string | null;
let originOf: (request: HttpRequest) => RequestOrigin;

/** Accepted as a `Request`; but the constructor of `Request`, and `fetch`, take only real ones: see `toRequest`. */
export class HttpRequest implements Request {
  readonly #line: RequestLine;
  readonly #origin: RequestOrigin;
  readonly #content: BodyContent;
  #headers: HttpHeaders | undefined;
  #light: LightBody | undefined;
  #url: string | undefined;

  static {
    originOf = (request) => request.#origin;
    plainTarget = (request) => (PLAIN_TARGET.test(request.#line.target) ? request.#line.target : null);
  }

  constructor(line: RequestLine, origin: RequestOrigin, content: BodyContent = null) {
    this.#line = line;
    this.#origin = origin;
    this.#content = content;
  }

  get method(): string {
    return this.#line.method;
  }

  /** As a URL writes it: a path that leaves through `..` does not come here. */
  get url(): string {
    this.#url ??= urlOf(this.#line, this.#origin);
    return this.#url;
  }

  get headers(): HttpHeaders {
    this.#headers ??= HttpHeaders.of(this.#line.fields);
    return this.#headers;
  }

  /** Aborts when the peer is gone before the answer was. */
  get signal(): AbortSignal {
    return this.#origin.signal();
  }

  get body(): ReadableStream<Bytes> | null {
    return this.#body.stream;
  }

  get bodyUsed(): boolean {
    return this.#light?.used ?? false;
  }

  text(): Promise<string> {
    return this.#body.text();
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in Fetch
  json(): Promise<any> {
    return this.#body.json();
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#body.bytes() as Promise<Uint8Array<ArrayBuffer>>;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#body.arrayBuffer();
  }

  blob(): Promise<Blob> {
    return this.#body.blob();
  }

  formData(): Promise<FormData> {
    return this.#body.formData();
  }

  textStream(): ReadableStream<string> {
    return this.#body.textStream();
  }

  clone(): HttpRequest {
    const copy = new HttpRequest(this.#line, this.#origin, this.#body.clone());
    copy.#headers = this.#headers === undefined ? undefined : new HttpHeaders(this.#headers);
    copy.#url = this.#url;
    return copy;
  }

  get cache(): Request['cache'] {
    return 'default';
  }

  get credentials(): Request['credentials'] {
    return 'same-origin';
  }

  get destination(): Request['destination'] {
    return '';
  }

  get integrity(): string {
    return '';
  }

  get keepalive(): boolean {
    return false;
  }

  get isHistoryNavigation(): boolean {
    return false;
  }

  get isReloadNavigation(): boolean {
    return false;
  }

  get mode(): Request['mode'] {
    return 'cors';
  }

  get redirect(): Request['redirect'] {
    return 'follow';
  }

  get referrer(): string {
    return 'about:client';
  }

  get referrerPolicy(): Request['referrerPolicy'] {
    return '';
  }

  get duplex(): 'half' {
    return 'half';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { HttpRequest: { method: this.method, url: this.url, headers: Object.fromEntries(this.headers) } };
  }

  get #body(): LightBody {
    this.#light ??= new LightBody(this.#content, () => this.headers.get('content-type'));
    return this.#light;
  }
}

Object.setPrototypeOf(HttpRequest.prototype, Request.prototype);

/** The same as a real `Request`, for what takes no other: `new Request(request)`, `fetch(request)`. Its body is the same body. */
export function toRequest(request: Request): Request {
  if (!(request instanceof HttpRequest)) return request;
  const { method, url, headers, signal } = request;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const body = hasBody ? (request.body as ReadableStream) : null;
  return new Request(url, { method, headers: [...headers], signal, body, duplex: 'half' });
}

/** The path of the URL, `/` at least, escaped as it was sent. Of a light request it costs no URL. */
export function pathOf(request: Request): string {
  const target = targetOf(request);
  const mark = target.indexOf('?');
  return mark < 0 ? target : target.slice(0, mark);
}

/** The query of the URL. */
export function queryOf(request: Request): URLSearchParams {
  const target = targetOf(request);
  const mark = target.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
}

/**
 * The fields behind the body of the request; mostly there are none. Settles when all of the body has come, so the body must be
 * read before, or meanwhile. Rejects when it does not come.
 */
export async function trailersOf(request: Request): Promise<HttpHeaders> {
  const source = request instanceof HttpRequest ? await originOf(request).trailers?.() : undefined;
  return source === undefined ? new HttpHeaders() : HttpHeaders.of(source);
}

/**
 * Tells the client what it may load before the answer is there: 103 Early Hints (RFC 8297), with fields `Link`. May be called
 * several times, before the answer. Nothing is sent to HTTP/1.0, nor for a request that came from no server.
 * @returns whether it was sent
 * @throws TypeError for a field that cannot be sent
 */
export function earlyHints(request: Request, headers: HttpHeadersInit): boolean {
  const fields = headerList(new HttpHeaders(headers));
  return request instanceof HttpRequest && (originOf(request).inform?.(103, fields) ?? false);
}

/** Path and query as the URL has them. */
function targetOf(request: Request): string {
  const plain = request instanceof HttpRequest ? plainTarget(request) : null;
  if (plain !== null) return plain;
  const { url } = request;
  const path = url.indexOf('/', url.indexOf('://') + 3);
  const fragment = url.indexOf('#', path);
  return fragment < 0 ? url.slice(path) : url.slice(path, fragment);
}

function urlOf(line: RequestLine, origin: RequestOrigin): string {
  const { target, method } = line;
  if (PLAIN_TARGET.test(target)) return origin.origin(line) + target;
  if (target === '*') return `${origin.origin(line)}/*`;
  const absolute = target.startsWith('/')
    ? null
    : URL.parse(method === 'CONNECT' ? `http://${target}` : target);
  return absolute?.href ?? new URL(origin.origin(line) + pathIn(target)).href;
}

/** Of a target whose host no URL can have, what is behind the host. */
function pathIn(target: string): string {
  const scheme = target.indexOf('://');
  const path = target.indexOf('/', scheme < 0 ? 0 : scheme + 3);
  return path < 0 ? '/' : target.slice(path);
}
