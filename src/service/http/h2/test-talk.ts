/** The same requests over either version, by the clients of Node, in memory. */
import { request as http1Request, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { type HalfCloseable, toNodeStream } from '../../../core/index.ts';
import { type FakeClock, fakeClock, linkedPair } from '../../../testing/index.ts';
import type { HttpHandler } from '../contract.ts';
import { httpHandler } from '../server/http-handler.ts';
import type { HttpOptions } from '../server/options.ts';
import type { HttpVersion } from './options.ts';

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Sent in these parts. */
  readonly body?: readonly (string | Uint8Array)[];
  readonly trailers?: Readonly<Record<string, string>>;
  /** Sends the body only after 100. */
  readonly waits?: boolean;
}

export interface Reply {
  readonly status: number;
  /** Without those of the connection. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>>;
  /** Status and `link` of what came before. */
  readonly informed: readonly unknown[];
}

export class Talk {
  readonly clock: FakeClock = fakeClock();
  readonly client: HalfCloseable;
  readonly served: Promise<unknown>;
  readonly #version: HttpVersion;
  readonly #drain = new AbortController();
  #session: ClientHttp2Session | undefined;

  constructor(version: HttpVersion, handler: HttpHandler, options: HttpOptions = {}) {
    this.#version = version;
    const [client, server] = linkedPair({ clock: this.clock });
    const context = {
      architecture: 'reactor',
      worker: 0,
      shared: undefined,
      signal: this.#drain.signal,
    } as const;
    this.client = client;
    const serving = httpHandler(handler, { ...options, clock: this.clock })(server, context);
    // How it ends is for those to say who test endings.
    this.served = serving.then(() => server.close()).catch((error) => server.abort(error));
  }

  drain(): void {
    this.#drain.abort();
  }

  get session(): ClientHttp2Session {
    this.#session ??= connect('http://test', { createConnection: () => toNodeStream(this.client) });
    return this.#session;
  }

  ask(question: Question = {}): Promise<Reply> {
    return this.#version === 'h2' ? this.#ask2(question) : this.#ask1(question);
  }

  close(): void {
    this.#session?.destroy();
    this.client.abort();
  }

  #ask1({ method = 'GET', path = '/', headers = {}, body = [], trailers, waits }: Question): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const informed: unknown[] = [];
    const asked = http1Request({
      method,
      path,
      headers: { host: 'test', ...headers },
      createConnection: () => toNodeStream(this.client) as never,
    });
    asked.on('error', reject);
    asked.on('information', ({ statusCode, headers: hints }) => informed.push([statusCode, hints.link]));
    asked.on('response', (answer: IncomingMessage) => {
      const { date, connection, 'keep-alive': _, 'transfer-encoding': __, ...others } = answer.headers;
      buffer(answer).then(
        (all) =>
          resolve({
            status: answer.statusCode!,
            headers: others,
            body: all.toString(),
            trailers: answer.trailers,
            informed,
          }),
        reject,
      );
    });
    const send = (): void => {
      for (const part of body) asked.write(part);
      if (trailers !== undefined) asked.addTrailers(trailers);
      asked.end();
    };
    if (waits === true) asked.on('continue', send).flushHeaders();
    else send();
    return promise;
  }

  #ask2({ method = 'GET', path = '/', headers = {}, body = [], trailers, waits }: Question): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const informed: unknown[] = [];
    let trailed: Record<string, unknown> = {};
    const hasBody = body.length > 0 || trailers !== undefined;
    const asked = this.session.request(
      { ':method': method, ':path': path, ':authority': 'test', ...headers },
      { endStream: !hasBody, waitForTrailers: trailers !== undefined },
    );
    asked.on('error', reject);
    asked.on('headers', ({ ':status': status, link }) => informed.push([status, link]));
    asked.on('trailers', ({ ...fields }) => {
      trailed = fields;
    });
    if (trailers !== undefined) asked.on('wantTrailers', () => asked.sendTrailers(trailers));
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('response', ({ ':status': status, date, ...others }) => {
      asked.on('close', () => {
        const body = Buffer.concat(chunks).toString();
        const reply = { status: status!, headers: plain(others), body, trailers: plain(trailed), informed };
        if (asked.rstCode === 0) resolve(reply);
        else reject(new Error(`Reset with ${asked.rstCode}`));
      });
    });
    const send = (): void => {
      for (const part of body) asked.write(part);
      if (hasBody) asked.end();
    };
    if (waits === true) asked.on('continue', send);
    else send();
    return promise;
  }
}

/** Without the symbol that Node puts on fields. */
function plain(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields));
}
