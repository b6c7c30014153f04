/** `serve`: the same handler under any of the seven architectures. */
import { type Abortable, type Address, NetError, toAddress } from '../core/index.ts';
import { tcpInfo } from '../kernel/index.ts';
import type { Architecture } from './architecture.ts';
import { openPool } from './blocking/pool-crew.ts';
import { openThreads } from './blocking/thread-crew.ts';
import type { Crew, Site } from './crew.ts';
import type { Handler } from './handler.ts';
import { openHybrid } from './loop/hybrid-crew.ts';
import { openLoop } from './loop/loop-crew.ts';
import { checkedTimeout, type ServeOptions, type Settings, settingsOf } from './options.ts';
import { openPrefork } from './process/prefork-crew.ts';
import { openProcesses } from './process/process-crew.ts';
import { type Drained, type Server, type ServerEvent, type Statistics, serverEvents } from './server.ts';
import { handleSignals } from './signals.ts';
import { type Ground, openGround } from './site.ts';

const CREWS: Readonly<Partial<Record<Architecture, (site: Site) => Promise<Crew>>>> = {
  serial: openLoop,
  reactor: openLoop,
  process: openProcesses,
  prefork: openPrefork,
  hybrid: openHybrid,
  thread: openThreads,
  pool: openPool,
};

/**
 * Listens on the address and runs `handler` for each connection, in the architecture that is asked for. It listens when
 * the promise settles, and its workers are ready.
 * @param handler a function; or the URL of a module that exports it by default, which the architectures need whose
 * handlers run elsewhere: process, thread, prefork, pool, hybrid
 * @throws NetError as `listen` does; `unsupported` or `limit` for an option; `unsupported` for a handler that does not load
 */
export async function serve(
  address: Address | string,
  handler: Handler | URL,
  options: ServeOptions = {},
): Promise<Server> {
  const settings = settingsOf(options);
  const asked = toAddress(address);
  const ground = await openGround(asked, handler, settings);
  const server = new ArchitectureServer(asked, settings, ground);
  await server.open(handler);
  return server;
}

class ArchitectureServer implements Server {
  readonly architecture: Architecture;
  readonly closed: Promise<Error | undefined>;
  readonly #settings: Settings;
  readonly #ground: Ground;
  readonly #settle: (reason: Error | undefined) => void;
  #address: Address;
  #crew!: Crew;
  #drained: Promise<Drained> | undefined;
  #reason: Error | undefined;
  #ignoreSignals = (): void => {};

  constructor(asked: Address, settings: Settings, ground: Ground) {
    this.architecture = settings.architecture;
    this.#settings = settings;
    this.#ground = ground;
    this.#address = ground.socket?.address ?? asked;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settle = resolve;
  }

  async open(handler: Handler | URL): Promise<void> {
    const { roster, memory, buffer, socket } = this.#ground;
    const site: Site = {
      address: this.#address,
      settings: this.#settings,
      handler,
      roster,
      memory,
      buffer,
      socket,
      stopListening: () => this.#ground.stopListening(),
      publish: (event) => this.#publish(event),
      lost: (error) => this.#lose(error),
      listensOn: (address) => {
        this.#address = address;
      },
    };
    try {
      this.#crew = await CREWS[this.architecture]!(site);
      if (this.#reason !== undefined) throw this.#reason;
    } catch (error) {
      await this.#crew?.drain(0);
      this.#ground.close();
      throw error;
    }
    if (this.#settings.signals) this.#ignoreSignals = handleSignals(this, this.#crew);
  }

  get address(): Address {
    return this.#address;
  }

  statistics(): Statistics {
    const { roster, socket } = this.#ground;
    const waiting = this.#drained === undefined ? backlogOf(socket?.fd, this.#address) : 0;
    return {
      architecture: this.architecture,
      ...roster.totals,
      queued: this.#crew.queued + roster.held + waiting,
      restarts: this.#crew.restarts,
      workers: roster.workers,
    };
  }

  async drain(timeout: number = this.#settings.drainTimeout): Promise<Drained> {
    const drained = this.#crew.drain(checkedTimeout('timeout', timeout));
    this.#drained ??= this.#finish(drained);
    return this.#drained;
  }

  async reload(): Promise<void> {
    if (this.#crew.reload === undefined)
      throw new NetError(
        'unsupported',
        `${this.architecture} has no workers that could be reloaded one by one`,
      );
    await this.#crew.reload();
    this.#publish({ event: 'reload', message: 'reloaded' });
  }

  async resize(workers: number): Promise<void> {
    if (this.#crew.resize === undefined)
      throw new NetError('unsupported', `${this.architecture} has no workers that stay`);
    await this.#crew.resize(workers);
  }

  async close({ signal }: Abortable = {}): Promise<void> {
    const cutShort = (): void => this.abort();
    signal?.addEventListener('abort', cutShort, { once: true });
    const draining = this.drain(signal?.aborted ? 0 : undefined);
    await draining.finally(() => signal?.removeEventListener('abort', cutShort));
  }

  abort(reason?: Error): void {
    this.#reason ??= reason;
    this.drain(0).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The listening socket failed, perhaps before all is open. */
  #lose(error: Error): void {
    if (this.#crew === undefined) this.#reason ??= error;
    else this.abort(error);
  }

  async #finish(draining: Promise<Drained>): Promise<Drained> {
    const drained = await draining;
    this.#ignoreSignals();
    this.#ground.close();
    const { finished, aborted } = drained;
    this.#publish({ event: 'drain', message: `closed: ${finished} finished, ${aborted} aborted` });
    this.#settle(this.#reason);
    return drained;
  }

  #publish(event: Omit<ServerEvent, 'server'>): void {
    if (serverEvents.hasSubscribers) serverEvents.publish({ ...event, server: this });
  }
}

/** Connections that the system has accepted for us: of a listening socket, `tcpi_unacked` counts them (tcp_diag.c). */
function backlogOf(fd: number | undefined, address: Address): number {
  if (fd === undefined || (address.scheme !== 'tcp' && address.scheme !== 'tls')) return 0;
  const info = tcpInfo(fd);
  return typeof info === 'number' ? 0 : info.unacknowledged;
}
