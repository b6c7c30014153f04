/**
 * A response as handlers make it: what `Response` of Fetch is, without its cost, and with what only a server can do. It knows
 * no version of HTTP.
 */
import type { Bytes, HalfCloseable } from '../../core/index.ts';
import { type BodyContent, extractBody, type HttpBodyInit, LightBody, TEXT_TYPE } from './body.ts';
import type { FileBody } from './file-body.ts';
import { HttpHeaders, type HttpHeadersInit, headerList } from './headers.ts';

export interface HttpResponseInit {
  /** Default 200. */
  readonly status?: number | undefined;
  /** The reason phrase; default: what the registry of status codes says. */
  readonly statusText?: string | undefined;
  readonly headers?: HttpHeadersInit | undefined;
  /**
   * Fields behind the body, asked for when all of it was sent: a checksum, the outcome of gRPC. They are sent in HTTP/2, and in
   * HTTP/1.1 in chunks, which the body is put in then; HTTP/1.0 has none, nor has an answer without a body.
   */
  readonly trailers?: Trailers | undefined;
}

export type Trailers = () => HttpHeadersInit | Promise<HttpHeadersInit>;

/**
 * Gets the connection once the head of the answer has left, with what came after the request unread. The connection is closed
 * when the promise settles; where none is returned, it is its keeper's until it is closed.
 */
export type Takeover = (connection: HalfCloseable) => void | Promise<void>;

/** RFC 9112, section 4: tabs, spaces and visible characters. */
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

const NO_FIELDS: readonly string[] = [];
const TEXT_FIELDS: readonly string[] = ['content-type', TEXT_TYPE];
const JSON_FIELDS: readonly string[] = ['content-type', 'application/json'];
const HTML_FIELDS: readonly string[] = ['content-type', 'text/html;charset=UTF-8'];

let fieldsOf: (response: HttpResponse) => readonly string[];

/** Accepted as a `Response`. With text or bytes as its body it leaves in one write. */
export class HttpResponse implements Response {
  readonly status: number;
  readonly statusText: string;
  /** Of an `upgrade`. */
  readonly takeover: Takeover | undefined;
  /** As it was given. */
  readonly trailers: Trailers | undefined;
  #content: BodyContent;
  /** The fields that go with the body, while there are no others. */
  #fields: readonly string[];
  #headers: HttpHeaders | undefined;
  #light: LightBody | undefined;

  static {
    fieldsOf = (response) =>
      response.#headers === undefined ? response.#fields : headerList(response.#headers);
  }

  /**
   * @param takeover see `upgrade`
   * @throws RangeError for a status outside 200 to 599, TypeError for a reason or a field that cannot be sent
   */
  constructor(body?: HttpBodyInit, init?: HttpResponseInit, takeover?: Takeover) {
    const status = init?.status ?? 200;
    const reason = init?.statusText ?? '';
    if (
      !(status >= 200 && status <= 599 && Number.isInteger(status)) &&
      !(status === 101 && takeover !== undefined)
    )
      throw badStatus(status);
    if (reason !== '' && !REASON.test(reason))
      throw new TypeError('The reason of a status has a control character');
    this.status = status;
    this.statusText = reason;
    this.takeover = takeover;
    this.trailers = init?.trailers;
    this.#light = undefined;
    this.#headers = undefined;
    // What most are made of, without a detour.
    if (typeof body === 'string') {
      this.#content = body;
      this.#fields = TEXT_FIELDS;
    } else {
      const { content, type } = extractBody(body);
      this.#content = content;
      this.#fields = type === undefined ? NO_FIELDS : ['content-type', type];
    }
    if (init?.headers !== undefined) this.#addFields(init.headers);
  }

  /** @throws TypeError for a value that JSON does not know */
  static json(value: unknown, init?: HttpResponseInit): HttpResponse {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError('The value has no form in JSON');
    return HttpResponse.#typed(text, JSON_FIELDS, init);
  }

  static text(text: string, init?: HttpResponseInit): HttpResponse {
    return HttpResponse.#typed(text, TEXT_FIELDS, init);
  }

  static html(text: string, init?: HttpResponseInit): HttpResponse {
    return HttpResponse.#typed(text, HTML_FIELDS, init);
  }

  /**
   * @param location a URL, or a path of this server
   * @param status 301, 302, 303, 307 or 308; default 302
   */
  static redirect(location: string | URL, status: number = 302): HttpResponse {
    if (!REDIRECTS.includes(status)) throw new RangeError(`${status} is no status of a redirect`);
    return new HttpResponse(null, { status, headers: { location: String(location) } });
  }

  static error(): HttpResponse {
    throw new TypeError('A server has no error to answer with that is not a status');
  }

  /** A part of an open file, which the kernel sends by itself where it can. */
  static file(file: FileBody, init?: HttpResponseInit): HttpResponse {
    const response = new HttpResponse(null, init);
    response.#content = { file };
    return response;
  }

  /**
   * Ends HTTP on this connection and hands it on.
   * @param init the status is 101 by default; 2xx answers a CONNECT. `Connection` and, where the handler names none, `Upgrade`
   * are the server's to write
   */
  static upgrade(init: HttpResponseInit, takeover: Takeover): HttpResponse {
    return new HttpResponse(null, { ...init, status: init.status ?? 101 }, takeover);
  }

  static #typed(text: string, fields: readonly string[], init: HttpResponseInit | undefined): HttpResponse {
    const response = new HttpResponse(null, init);
    response.#content = text;
    response.#fields = fields;
    if (response.#headers?.has('content-type') === false) response.#headers.set(fields[0]!, fields[1]!);
    return response;
  }

  get headers(): HttpHeaders {
    if (this.#headers === undefined) this.#addFields();
    return this.#headers!;
  }

  /**
   * What the body is made of, for who sends it.
   * @throws TypeError when it was read already
   */
  get content(): BodyContent {
    return this.#light === undefined ? this.#content : this.#light.content;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get redirected(): boolean {
    return false;
  }

  get type(): Response['type'] {
    return 'default';
  }

  get url(): string {
    return '';
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

  clone(): HttpResponse {
    const copy = new HttpResponse(null, this, this.takeover);
    copy.#content = this.#body.clone();
    return copy;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { HttpResponse: { status: this.status, headers: Object.fromEntries(this.headers) } };
  }

  get #body(): LightBody {
    this.#light ??= new LightBody(this.#content, () => this.headers.get('content-type'));
    return this.#light;
  }

  /** Those of the body give way to others of their names. */
  #addFields(init?: HttpHeadersInit): void {
    const headers = new HttpHeaders(init);
    const [name, value] = this.#fields;
    if (name !== undefined && !headers.has(name)) headers.append(name, value!);
    this.#headers = headers;
  }
}

Object.setPrototypeOf(HttpResponse.prototype, Response.prototype);

/** Names in lower case and values in turns, without making `headers` where nobody has. Not to be changed. */
export function responseFields(response: Response): readonly string[] {
  return response instanceof HttpResponse ? fieldsOf(response) : headerList(response.headers);
}

/** Those that the response bears, whoever made it: a `Response` with a function `trailers` is answered like an `HttpResponse`. */
export function trailersIn(response: Response): Trailers | undefined {
  const { trailers } = response as { trailers?: unknown };
  return typeof trailers === 'function' ? (trailers as Trailers) : undefined;
}

function badStatus(status: number): RangeError {
  return new RangeError(
    `${status} is no status of a response: those are 200 to 599, and 101 through HttpResponse.upgrade`,
  );
}
