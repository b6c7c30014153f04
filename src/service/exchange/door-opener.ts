/** Opens a door at an address, whatever its scheme. */
import { type Address, type Clock, NetError } from '../../core/index.ts';
import { type Engine, ReadinessEngine, StandingLoop } from '../../loop/index.ts';
import { chooseDriver, type Driver, listen, type TransportOptions, udp } from '../../transport/index.ts';
import type { TlsIdentity } from '../../transport/tls/options.ts';
import type { Door } from './door.ts';
import type { House } from './house.ts';
import { LineDoor } from './line-door.ts';
import { makePage } from './page/page.ts';
import { UdpDoor } from './udp-door.ts';
import { OwnCertificate, tellExpiry } from './web/certificate.ts';
import { EventScript } from './web/event-script.ts';
import { OwnNames } from './web/guard-host.ts';
import { RequestCount } from './web/metrics.ts';
import { SocketScript } from './web/socket-script.ts';
import { type Web, WebDoor, type WebDoorOptions } from './web/web-door.ts';

/** A peer that vanished is noticed within two minutes, so that an idle member may stay for long (tcp(7)). */
const KEEP_ALIVE = {
  kernel: { keepAlive: true, keepAliveIdle: 60, keepAliveInterval: 15, keepAliveCount: 4 },
  // Its other two times are the system's.
  node: { keepAlive: true, keepAliveIdle: 60 },
} as const;

export interface DoorOpenerOptions {
  /** Directory of the exchange, where certificates are kept. */
  readonly data: string | null;
  readonly driver?: Driver | undefined;
  readonly engine?: Engine | undefined;
  readonly clock?: Clock | undefined;
  readonly udpTrusts?: ((address: Address) => boolean) | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly tls?: TlsIdentity | undefined;
}

export class DoorOpener {
  readonly #house: House;
  readonly #options: DoorOpenerOptions;
  readonly #transport: TransportOptions;
  #web: Web | undefined;

  constructor(house: House, options: DoorOpenerOptions) {
    this.#house = house;
    this.#options = options;
    const { driver, engine, clock } = options;
    this.#transport = { driver, engine, clock };
  }

  /** @throws NetError that names the address, and who has it */
  async open(address: Address): Promise<Door> {
    const transport = this.#transport;
    switch (address.scheme) {
      case 'tcp':
        return new LineDoor(this.#house, await listen(address, { ...transport, ...this.#keepAlive }), 'tcp');
      case 'unix':
      case 'memory':
        return new LineDoor(this.#house, await listen(address, transport), address.scheme);
      case 'udp':
        return this.#openUdp(address);
      case 'http':
      case 'https':
        return this.#openWeb(address);
      default:
        throw new NetError('unsupported', `${address} cannot be a door; tcp, unix, udp, http and https can`);
    }
  }

  get #keepAlive(): Pick<TransportOptions, 'socket'> {
    return { socket: KEEP_ALIVE[chooseDriver(this.#transport)] };
  }

  async #openUdp(address: Address): Promise<Door> {
    const { udpTrusts } = this.#options;
    const { lineBytes } = this.#house.limits;
    const socket = await udp.bind(address, { ...this.#transport, maxDatagram: lineBytes });
    return new UdpDoor(this.#house, socket, udpTrusts === undefined ? {} : { trusts: udpTrusts });
  }

  async #openWeb(address: Address): Promise<Door> {
    const { driver, engine } = this.#options;
    if (engine instanceof ReadinessEngine && engine.loop instanceof StandingLoop)
      throw new NetError(
        'unsupported',
        `${address} cannot be a door on a standing loop, where nothing of Node's runs; tcp, unix and udp can`,
      );
    this.#web ??= this.#makeWeb();
    const options = { driver, engine, ...this.#keepAlive, ...(await this.#identity(address)) };
    return WebDoor.open(this.#house, this.#web, address, options).catch((thrown) => {
      throw inWordsOf(address, thrown);
    });
  }

  async #identity(address: Address): Promise<Pick<WebDoorOptions, 'tls' | 'certificate'>> {
    const { tls, data } = this.#options;
    if (address.scheme === 'http') return {};
    if (tls === undefined) return { certificate: await OwnCertificate.open(this.#house, data, address) };
    tellExpiry(tls, this.#house.wallTime());
    return { tls };
  }

  #makeWeb(): Web {
    const { allowedOrigins = [] } = this.#options;
    const { json } = this.#house;
    const origins = allowedOrigins.map(originOf);
    return {
      names: new OwnNames(origins.map(({ hostname }) => hostname)),
      allowedOrigins: origins.map(({ origin }) => origin),
      events: new EventScript(json),
      sockets: new SocketScript(json),
      requests: new RequestCount(),
      page: makePage(),
    };
  }
}

function originOf(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '') return url;
  throw new NetError(
    'unsupported',
    `"${text}" is no origin; write for example https://chat.example.net:8443`,
  );
}

/** The server listens on what is below the door, and its errors name that. */
function inWordsOf(address: Address, thrown: unknown): unknown {
  if (!(thrown instanceof NetError)) return thrown;
  const { code, errno, cause, fault } = thrown;
  const message = thrown.message.replace(/\b(?:tcp|tls):\/\//, `${address.scheme}://`);
  return new NetError(code, message, { errno, cause, fault });
}
