/** `modnet listen` the plain way: one client, or with --keep-open many, and all of them in this event loop. */
import {
  type Address,
  type HalfCloseable,
  type Listener,
  type ListenerTrouble,
  listenerTrouble,
  NetError,
} from '../../core/index.ts';
import { listen } from '../../transport/index.ts';
import type { UdpOptions } from '../../transport/udp/index.ts';
import { onInterrupt } from '../interrupt.ts';
import { FramedLink } from '../stream/framed-link.ts';
import { Link } from '../stream/link.ts';
import { Exec, type Mode, Reflector, ToFile } from '../stream/modes.ts';
import { STOP_GRACE } from '../stream/options.ts';
import { Report } from '../stream/report.ts';
import { StdioHub } from '../stream/stdio-hub.ts';
import type { ListenOptions } from './options.ts';

/** Clients at a time with `--keep-open`. Precedent: `ncat --max-conns`, 100. */
export const MAX_CLIENTS = 100;

/** Ms after which a silent peer over datagrams is forgotten when it is the only one: as good as never, as with nc. */
const ONE_PEER_IDLE = 24 * 60 * 60 * 1000;

export class Clients {
  readonly #address: Address;
  readonly #options: ListenOptions;
  readonly #report: Report;
  readonly #keepOpen: boolean;
  readonly #max: number;
  readonly #links = new Set<Link>();
  #listener!: Listener<HalfCloseable>;
  #mode!: Mode;
  #count = 0;
  #failure: Error | undefined;

  constructor(address: Address, options: ListenOptions) {
    this.#address = address;
    this.#options = options;
    this.#keepOpen = options.keepOpen === true || options.max !== undefined;
    this.#max = this.#keepOpen ? (options.max ?? MAX_CLIENTS) : 1;
    this.#report = new Report({ ...options, framed: options.frame !== undefined });
  }

  async run(): Promise<void> {
    const signal = onInterrupt();
    listenerTrouble.subscribe((event) => this.#report.trouble((event as ListenerTrouble).error));
    this.#listener = await listen(this.#address, this.#transport(signal));
    this.#mode = await this.#openMode();
    this.#report.listening(this.#listener.address);
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    await this.#accept();
    await this.#mode.close();
    this.#report.totals();
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #transport(signal: AbortSignal): UdpOptions {
    const { driver, idle, backlog } = this.#options;
    const sessionIdle = idle ?? (this.#keepOpen ? undefined : ONE_PEER_IDLE);
    // One more, which is then refused here and counted.
    const socket = backlog === undefined ? undefined : { backlog };
    return { driver, signal, socket, sessionIdle, maxSessions: this.#max + 1 };
  }

  async #openMode(): Promise<Mode> {
    const { echo, discard, exec, to, frame, driver } = this.#options;
    const framed = frame !== undefined;
    if (echo || discard) return new Reflector(echo === true, framed ? this.#report : undefined);
    if (exec !== undefined) return new Exec(exec, framed, this.#report, { driver, closeGrace: STOP_GRACE });
    if (to === undefined) return new StdioHub({ report: this.#report, framed });
    return ToFile.open(to, framed ? '\n' : '', (error) => this.#fail(error));
  }

  async #accept(): Promise<void> {
    const max = this.#max;
    const served = new Set<Promise<void>>();
    for await (const connection of this.#listener) {
      if (this.#links.size >= max) {
        this.#report.refused(connection.remote, max);
        connection.abort(new NetError('limit', `${max} clients are connected`));
        continue;
      }
      const done = this.#serve(connection).finally(() => served.delete(done));
      served.add(done);
    }
    await Promise.all(served);
  }

  async #serve(connection: HalfCloseable): Promise<void> {
    const { frame, idle } = this.#options;
    const link = new Link(++this.#count, connection, this.#report, idle ?? 0);
    this.#links.add(link);
    // Sessions over datagrams live on the socket of their listener.
    if (!this.#keepOpen && this.#address.scheme !== 'udp') await this.#listener.close();
    const reason = await this.#mode.serve(link, frame === undefined ? link : new FramedLink(link, frame()));
    this.#links.delete(link);
    if (this.#keepOpen) return;
    await this.#listener.close();
    if (!link.timedOut) this.#failure ??= reason;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#stop();
  }

  #stop(): void {
    this.#listener.close().catch(() => {});
    for (const link of this.#links) link.close({ signal: AbortSignal.timeout(STOP_GRACE) }).catch(() => {});
  }
}
