/** The exchange put together: history, hub and doors, and how it ends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Abortable,
  type Address,
  type Clock,
  type InetAddress,
  inetAddress,
  systemClock,
  toAddress,
  unixAddress,
} from '../../core/index.ts';
import { type Engine, ReadinessEngine } from '../../loop/index.ts';
import type { Driver } from '../../transport/index.ts';
import type { TlsIdentity } from '../../transport/tls/options.ts';
import { AccessGate } from './access/access-gate.ts';
import { checkToken, isLocal, makeToken } from './access/token.ts';
import { Admission } from './admission.ts';
import type { Door } from './door.ts';
import { DoorOpener } from './door-opener.ts';
import { Flusher } from './flusher.ts';
import { History } from './history.ts';
import type { House } from './house.ts';
import { Hub } from './hub.ts';
import { JsonFormat } from './json-format.ts';
import { type ExchangeLimits, exchangeLimits } from './limits.ts';
import { type ExchangeStats, statsOf } from './stats.ts';
import { Tally } from './tally.ts';
import { TextFormat } from './text-format.ts';

/** Where history and the Unix socket lie unless told. */
export const DEFAULT_DATA = './modnet-data';

/** Only this machine gets in unless told. */
export const DEFAULT_TCP = 'tcp://127.0.0.1:7000';
export const DEFAULT_UDP = 'udp://127.0.0.1:7000';
export const DEFAULT_HTTP = 'http://127.0.0.1:8080';
export const DEFAULT_HTTPS = 'https://127.0.0.1:8443';

export interface ExchangeOptions {
  /** Directory of the history, made if it is not there; `null` keeps it in memory. Default `DEFAULT_DATA`. */
  readonly data?: string | null | undefined;
  /** Default: `defaultDoors(data)`. tcp, unix, udp, http, https and memory can be doors. */
  readonly doors?: readonly (Address | string)[] | undefined;
  /** Over `EXCHANGE_LIMITS`. */
  readonly limits?: Partial<ExchangeLimits> | undefined;
  /** Whether an address may join by UDP without proving that it receives there. Default: those of this machine. */
  readonly udpTrusts?: ((address: Address) => boolean) | undefined;
  /**
   * What must be shown at every door but Unix sockets in the file system and memory: `checkToken` says what it can be.
   * Default: one is made (`makeToken`) if a door can be reached from another machine, and none is needed otherwise.
   * `false` lets anybody in.
   */
  readonly token?: string | false | undefined;
  /**
   * Origins, such as `https://chat.example.net`, whose pages may use the web doors, and whose hosts are names of the exchange.
   * Default: none but its own.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Certificate of the https doors. Default: one from an authority of its own, made on the first start and kept in the data. */
  readonly tls?: TlsIdentity | undefined;
  readonly driver?: Driver | undefined;
  /** With one on a standing loop the exchange lives on that loop alone; its doors are tcp, unix and udp then. */
  readonly engine?: Engine | undefined;
  readonly clock?: Clock | undefined;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly wallTime?: (() => number) | undefined;
}

export interface CloseExchangeOptions extends Abortable {
  /** How long members may take to take what is theirs, in ms. Default the limit `drain`. */
  readonly deadline?: number | undefined;
}

/** What closing found and did. */
export interface ClosedExchange {
  /** Members that were told. */
  readonly members: number;
  /** Clients that were cut off because they had not gone when the time was up. */
  readonly cutOff: number;
  /** Messages said since the start. */
  readonly messages: number;
  /** How long the exchange was open, in ms. */
  readonly uptime: number;
}

export interface Exchange {
  readonly doors: readonly Door[];
  /** The directory of the history, or `null`. */
  readonly data: string | null;
  readonly limits: ExchangeLimits;
  /** What must be shown to get in, or `null`. */
  readonly token: string | null;
  stats(): ExchangeStats;
  /** Says something in a room in the exchange's own name. */
  announce(room: string, body: string): void;
  /**
   * Stops accepting, tells the members, lets them take what is theirs until the deadline, cuts off the rest, and
   * closes the history. Idempotent. An abort of `signal` is the deadline.
   */
  close(options?: CloseExchangeOptions): Promise<ClosedExchange>;
}

/**
 * Where the exchange opens unless told: the web and TCP first, then the Unix socket in the data, and UDP. There is https only
 * with data, where its certificate is kept.
 * @param host of all of them but the socket. Default 127.0.0.1
 */
export function defaultDoors(data: string | null, host?: string): Address[] {
  const at = (url: string): Address => {
    const { scheme, port } = toAddress(url) as InetAddress;
    return host === undefined ? toAddress(url) : inetAddress(scheme, host, port);
  };
  if (data === null) return [DEFAULT_HTTP, DEFAULT_TCP, DEFAULT_UDP].map(at);
  const socket = unixAddress(join(data, 'exchange.sock'));
  return [at(DEFAULT_HTTP), at(DEFAULT_HTTPS), at(DEFAULT_TCP), socket, at(DEFAULT_UDP)];
}

/**
 * Opens an exchange. When a door cannot be opened, none is.
 * @throws NetError that names the door, or the data, that cannot be had, and who has it.
 */
export async function startExchange(options: ExchangeOptions = {}): Promise<Exchange> {
  const data = options.data === undefined ? DEFAULT_DATA : options.data;
  const limits = exchangeLimits(options.limits);
  const addresses = (options.doors ?? defaultDoors(data)).map(toAddress);
  const token = chooseToken(options.token, addresses);
  const doors: Door[] = [];
  const house = makeHouse({ ...options, data, limits, token, doors });
  try {
    const opener = new DoorOpener(house, { ...options, data });
    for (const address of addresses) doors.push(await opener.open(address));
  } catch (thrown) {
    await shut(house, AbortSignal.abort());
    throw thrown;
  }
  return new RunningExchange(house, data);
}

class RunningExchange implements Exchange {
  readonly data: string | null;
  readonly #house: House;
  #closing: Promise<ClosedExchange> | undefined;

  constructor(house: House, data: string | null) {
    this.#house = house;
    this.data = data;
  }

  get doors(): readonly Door[] {
    return this.#house.doors;
  }

  get limits(): ExchangeLimits {
    return this.#house.limits;
  }

  get token(): string | null {
    return this.#house.gate?.token ?? null;
  }

  stats(): ExchangeStats {
    return statsOf(this.#house);
  }

  announce(room: string, body: string): void {
    this.#house.hub.announce(room, body);
  }

  close(options: CloseExchangeOptions = {}): Promise<ClosedExchange> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close({ deadline, signal }: CloseExchangeOptions): Promise<ClosedExchange> {
    const { clock, limits, hub, since } = this.#house;
    const over = new AbortController();
    const timer = clock.after(deadline ?? limits.drain, () => over.abort());
    const ended = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    try {
      const { members, cutOff } = await shut(this.#house, ended);
      return { members, cutOff, messages: hub.messageCount, uptime: clock.now() - since };
    } finally {
      timer.cancel();
    }
  }
}

async function shut(house: House, signal: AbortSignal): Promise<{ members: number; cutOff: number }> {
  const { doors } = house;
  await Promise.all(doors.map((door) => door.stop()));
  const members = house.hub.close('the exchange is closing');
  const cutOff = await Promise.all(doors.map((door) => door.close(signal)));
  house.hub.history.close();
  return { members, cutOff: cutOff.reduce((sum, count) => sum + count, 0) };
}

function chooseToken(wish: string | false | undefined, doors: readonly Address[]): string | null {
  if (wish === false) return null;
  if (wish !== undefined) return checkToken(wish);
  return doors.every(isLocal) ? null : makeToken();
}

interface HouseOptions extends Omit<ExchangeOptions, 'doors' | 'limits' | 'token' | 'data'> {
  readonly data: string | null;
  readonly limits: ExchangeLimits;
  readonly token: string | null;
  /** Filled as they open. */
  readonly doors: readonly Door[];
}

/** @throws NetError when the data cannot be had */
function makeHouse({ data, limits, token, doors, ...options }: HouseOptions): House {
  const { engine } = options;
  const history = new History(data, limits);
  const clock = options.clock ?? engine?.clock ?? systemClock;
  const wallTime = options.wallTime ?? Date.now;
  // On a standing loop nothing of Node's runs: neither its timers nor its immediates.
  const schedule =
    engine instanceof ReadinessEngine ? (task: () => void) => engine.loop.defer(task) : undefined;
  return {
    hub: new Hub({ history, limits, clock, wallTime, schedule }),
    admission: new Admission(limits, clock),
    clock,
    wallTime,
    limits,
    server: `modnet/${version()}`,
    json: new JsonFormat(),
    text: new TextFormat(),
    flusher: new Flusher(),
    gate: token === null ? null : new AccessGate(token, clock),
    tally: new Tally(),
    doors,
    since: clock.now(),
  };
}

/** package.json lies three folders up from src/service/exchange and from dist/service/exchange alike. */
function version(): string {
  const manifest = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
