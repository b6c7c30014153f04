/**
 * The connection of a client with one server: opened for the first call, shared by all, opened anew when it is lost or the server
 * wants no more calls on it. It knows no calls.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { type Address, type HalfCloseable, NetError, toNodeStream } from '../../../core/index.ts';
import { connect, type TransportOptions } from '../../../transport/index.ts';
import { isTls, secure, type TlsOptions } from '../../../transport/tls/index.ts';
import { SessionWatch, type SessionWatchOptions } from './session-watch.ts';

export interface LinkOptions extends SessionWatchOptions {
  readonly address: Address | string;
  readonly tls: TlsOptions;
  readonly transport: TransportOptions;
}

/** Bytes that a server may send of a call before they are read. Precedent: 256 KiB, as modnet's server takes. */
const STREAM_WINDOW = 256 * 1024;

interface Opened {
  readonly session: ClientHttp2Session;
  readonly watch: SessionWatch;
}

export class Http2Link {
  readonly #url: URL;
  readonly #options: LinkOptions;
  #opening: Promise<Opened> | undefined;
  /** All that are not closed, the one that takes calls among them. */
  readonly #sessions = new Set<ClientHttp2Session>();
  #isClosed = false;

  constructor(url: URL, options: LinkOptions) {
    this.#url = url;
    this.#options = options;
  }

  /**
   * Begins a request.
   * @throws NetError of the connection: nothing was sent
   */
  async request(headers: OutgoingHttpHeaders, endStream: boolean): Promise<ClientHttp2Stream> {
    for (;;) {
      if (this.#isClosed) throw new NetError('closed', `The transport to ${this.#url.origin} is closed`);
      this.#opening ??= this.#open();
      const opening = this.#opening;
      const { session, watch } = await opening;
      if (!session.closed && !session.destroyed) {
        const stream = session.request(headers, { endStream });
        // Also while nobody else listens yet, or does any more.
        stream.on('error', () => {});
        watch.follow(stream);
        return stream;
      }
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  /** Takes no more calls, and closes when those under way are over, or `grace` has passed. */
  async close(grace: number): Promise<void> {
    this.#isClosed = true;
    const { clock } = this.#options;
    await this.#opening?.catch(() => {});
    const timer = clock.after(grace, () => this.#destroy());
    await Promise.all([...this.#sessions].map(closed));
    timer.cancel();
  }

  #destroy(): void {
    for (const session of this.#sessions) session.destroy();
  }

  async #open(): Promise<Opened> {
    try {
      const connection = await this.#dial();
      const stream = toNodeStream(connection);
      const session = connectHttp2(this.#url.origin, {
        createConnection: () => stream,
        settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
      });
      const watch = new SessionWatch(session, connection, this.#options);
      this.#follow(session, watch);
      return { session, watch };
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #dial(): Promise<HalfCloseable> {
    const { address, tls, transport, clock } = this.#options;
    const connection = await connect(address, { ...transport, clock });
    if (this.#url.protocol === 'http:') return connection;
    try {
      const { hostname } = this.#url;
      const host = { serverName: hostname.replace(/^\[(.*)\]$/, '$1') };
      const { driver } = transport;
      const sealed = await secure(connection, {
        ...host,
        ...tls,
        driver,
        clock,
        alpn: ['h2'],
        role: 'client',
      });
      if (isTls(sealed) && sealed.tls.alpn === 'h2') return sealed;
      sealed.abort();
    } catch (error) {
      connection.abort();
      throw error;
    }
    throw new NetError(
      'unsupported',
      `${this.#url.origin} does not speak HTTP/2; call with Connect or gRPC-Web over HTTP/1.1`,
    );
  }

  #follow(session: ClientHttp2Session, watch: SessionWatch): void {
    this.#sessions.add(session);
    // What it is about reaches the calls on it, and the next one opens another.
    session.on('error', () => {});
    session.on('goaway', () => {
      if (!session.destroyed) session.close();
    });
    session.on('close', () => {
      watch.stop();
      this.#sessions.delete(session);
    });
  }
}

function closed(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    if (session.destroyed) return resolve();
    session.once('close', resolve);
    session.close();
  });
}
