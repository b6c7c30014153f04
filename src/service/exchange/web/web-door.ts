/** The doors for browsers and for whatever speaks HTTP: one server, with the site and those who stay connected to it. */
import type { Address } from '../../../core/index.ts';
import { type HttpHandler, type HttpServeOptions, type HttpServer, serveHttp } from '../../http/index.ts';
import { reportTrouble } from '../diagnostics.ts';
import type { Door } from '../door.ts';
import type { House } from '../house.ts';
import { Refusal } from '../refusal.ts';
import type { OwnCertificate } from './certificate.ts';
import type { EventScript } from './event-script.ts';
import { Events } from './events.ts';
import type { OwnNames } from './guard-host.ts';
import type { RequestCount } from './metrics.ts';
import { makeSite } from './site.ts';
import type { SocketScript } from './socket-script.ts';
import { Sockets } from './sockets.ts';
import { WebClients } from './web-clients.ts';

/** Ms that a drain may take, as the server understands it; the exchange ends it earlier. */
const DRAIN = 86_400_000;

/** Connections beyond those that may stay, for requests that come and go, and so that one too many is told why. As `MAX_LINGERING`. */
const PASSING = 1_024;

/** What all web doors of an exchange share. */
export interface Web {
  readonly names: OwnNames;
  /** Origins of other pages that may use the API and the WebSocket. */
  readonly allowedOrigins: readonly string[];
  readonly events: EventScript;
  readonly sockets: SocketScript;
  readonly requests: RequestCount;
  /** Answers what is not the API. */
  readonly page: HttpHandler;
}

export interface WebDoorOptions extends Pick<HttpServeOptions, 'driver' | 'engine' | 'socket' | 'tls'> {
  /** In place of `tls`; closed with the door. */
  readonly certificate?: OwnCertificate | undefined;
}

export class WebDoor implements Door {
  readonly kind = 'http';
  readonly #server: HttpServer;
  readonly #clients: WebClients;
  readonly #certificate: OwnCertificate | undefined;
  #drained: ReturnType<HttpServer['drain']> | undefined;

  private constructor(server: HttpServer, clients: WebClients, certificate: OwnCertificate | undefined) {
    this.#server = server;
    this.#clients = clients;
    this.#certificate = certificate;
  }

  /**
   * @param address `http://host:port`, or `https://host:port` with `options.tls`
   * @throws NetError when it cannot be had
   */
  static async open(house: House, web: Web, address: Address, options: WebDoorOptions): Promise<WebDoor> {
    const clients = new WebClients(house);
    const site = makeSite({
      house,
      names: web.names,
      allowedOrigins: web.allowedOrigins,
      requests: web.requests,
      page: web.page,
      socket: new Sockets(house, web.sockets, clients).open,
      events: new Events(house, web.events, clients).listen,
    });
    try {
      const server = await serveHttp(address, site, settings(house, options));
      return new WebDoor(server, clients, options.certificate);
    } catch (thrown) {
      clients.dismiss('the door could not be opened');
      options.certificate?.close();
      throw thrown;
    }
  }

  get address(): Address {
    return this.#server.address;
  }

  get authority(): string | undefined {
    return this.#certificate?.authority;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Requests that are under way are still answered. */
  async stop(): Promise<void> {
    this.#drained ??= this.#server.drain(DRAIN);
  }

  async close(signal: AbortSignal): Promise<number> {
    await this.stop();
    this.#certificate?.close();
    this.#clients.dismiss('the exchange is closing');
    const cut = (): void => this.#server.abort();
    signal.addEventListener('abort', cut, { once: true });
    if (signal.aborted) cut();
    const { aborted } = await this.#drained!;
    signal.removeEventListener('abort', cut);
    return aborted;
  }
}

function settings({ limits, clock }: House, { certificate, ...options }: WebDoorOptions): HttpServeOptions {
  return {
    tls: certificate?.tls,
    ...options,
    clock,
    maxConnections: limits.connections + PASSING,
    maxPerAddress: limits.connectionsPerAddress + PASSING,
    // Whoever reads a body bounds it, and says so as a problem.
    bodyLimit: Number.POSITIVE_INFINITY,
    signals: false,
    // A refusal is the client's affair.
    onError: (error) => (error instanceof Refusal ? undefined : reportTrouble(error)),
  };
}
