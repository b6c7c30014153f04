/** Calls over HTTP/2, each a stream of the link's session. It knows no protocol of calls. */
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { UniversalClientFn, UniversalClientRequest } from '@connectrpc/connect/protocol';
import type { Bytes } from '../../../core/index.ts';
import { Abortion, abortError } from '../abortion.ts';
import { resetError, unsentError } from './failure.ts';
import type { Http2Link } from './http2-link.ts';

/** Bytes of an answer that wait for their reader; more waits at the server. Precedent: `READ_AHEAD` of connections, 64 KiB. */
const READ_AHEAD = 64 * 1024;

export function http2Client(link: Http2Link): UniversalClientFn {
  return async (request) => {
    const { signal = new AbortController().signal } = request;
    const stream = await begin(link, request, signal);
    const exchange = new Exchange(stream, signal);
    if (request.body !== undefined) exchange.send(request.body);
    const header = await exchange.head;
    const status = Number(header[constants.HTTP2_HEADER_STATUS]);
    return { status, header: headersOf(header), body: exchange.chunks(), trailer: exchange.trailer };
  };
}

async function begin(
  link: Http2Link,
  { url, method, header, body }: UniversalClientRequest,
  signal: AbortSignal,
): Promise<ClientHttp2Stream> {
  const { pathname, search } = new URL(url);
  const headers: OutgoingHttpHeaders = { ':method': method, ':path': pathname + search };
  for (const [name, value] of header) headers[name] = value;
  const abortion = new Abortion(signal);
  try {
    const opening = link.request(headers, body === undefined).catch((error: unknown) => {
      throw unsentError(error);
    });
    // A connection that is there too late is the next call's.
    opening.then((stream) => signal.aborted && stream.close(constants.NGHTTP2_CANCEL)).catch(() => {});
    return await abortion.unlessAborted(opening);
  } finally {
    abortion.stop();
  }
}

/** A request and its answer on one stream. */
class Exchange {
  readonly head: Promise<IncomingHttpHeaders>;
  /** Filled when the body has ended. */
  readonly trailer = new Headers();
  readonly #stream: ClientHttp2Stream;
  readonly #signal: AbortSignal;
  #error: Error | undefined;
  readonly #chunks: Bytes[] = [];
  /** Bytes of them. */
  #waiting = 0;
  #hasEnded = false;
  #isClosed = false;
  #wake = (): void => {};

  constructor(stream: ClientHttp2Stream, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    this.head = new Promise((resolve, reject) => {
      stream.once('response', resolve);
      stream.once('close', () => reject(this.#failure()));
    });
    // Whoever sends hears of it as well.
    this.head.catch(() => {});
    this.#listen(stream);
    stream.on('error', (error) => {
      this.#error ??= error;
    });
    stream.on('trailers', (fields) => {
      for (const [name, value] of headersOf(fields)) this.trailer.append(name, value);
    });
    signal.addEventListener('abort', this);
    stream.once('close', () => signal.removeEventListener('abort', this));
    if (signal.aborted) this.handleEvent();
  }

  /** Of the signal. */
  handleEvent(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Sends the body beside everything else; what stops it is told by the answer. */
  send(body: AsyncIterable<Bytes>): void {
    this.#send(body).catch((error: unknown) => {
      this.#error ??= error as Error;
      this.#stream.close(constants.NGHTTP2_CANCEL);
    });
  }

  /** @throws ConnectError when it broke off */
  async *chunks(): AsyncGenerator<Bytes> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#waiting -= chunk.length;
        if (this.#waiting < READ_AHEAD) this.#stream.resume();
        yield chunk;
      } else if (this.#hasEnded) return;
      else if (this.#isClosed) throw this.#failure();
      else await this.#change();
    }
  }

  /** From the beginning: a stream of Node that nobody reads from may lose what it holds when it closes. */
  #listen(stream: ClientHttp2Stream): void {
    stream.on('data', (chunk: Bytes) => {
      this.#chunks.push(chunk);
      this.#waiting += chunk.length;
      if (this.#waiting >= READ_AHEAD) stream.pause();
      this.#wake();
    });
    stream.on('end', () => {
      // Node ends a stream that was reset with CANCEL like one that is whole.
      this.#hasEnded = stream.rstCode === constants.NGHTTP2_NO_ERROR && !stream.aborted;
      this.#wake();
    });
    stream.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #send(body: AsyncIterable<Bytes>): Promise<void> {
    const stream = this.#stream;
    for await (const chunk of body) {
      if (!isWritable(stream)) return;
      if (!stream.write(chunk)) await room(stream);
    }
    if (isWritable(stream)) stream.end();
  }

  #failure(): Error {
    if (this.#signal.aborted) return abortError(this.#signal);
    const error = this.#error;
    const ofSession = this.#stream.rstCode === constants.NGHTTP2_NO_ERROR || isOfSession(error);
    return resetError(this.#stream.rstCode, ofSession && error instanceof Error ? error : undefined, error);
  }
}

/** Whether the connection was lost, and the stream with it. */
function isOfSession(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return error !== undefined && !/^ERR_HTTP2_STREAM_ERROR$/.test(String(code));
}

function isWritable(stream: ClientHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.writableEnded;
}

function room(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

function headersOf(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of [value].flat()) headers.append(name, one);
  }
  return headers;
}
