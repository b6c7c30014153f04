/**
 * Carries every connection that arrives at one address to another address. It does not know what the bytes mean, nor
 * how the two transports move them.
 */
import {
  type Abortable,
  type Address,
  type Clock,
  type HalfCloseable,
  type Listener,
  NetError,
  type Resource,
  systemClock,
  toAddress,
  toNetError,
} from '../../core/index.ts';
import { defaultEngine, ReadinessEngine } from '../../loop/index.ts';
import { chooseDriver, connect, listen, type TransportOptions } from '../../transport/index.ts';
import { SESSION_IDLE, type UdpOptions } from '../../transport/udp/index.ts';
import { Bridge, type BridgeOptions } from './bridge.ts';
import { relayClosed, relayFailed, relayOpened, relayRefused } from './diagnostics.ts';
import { PipePool } from './pipe-pool.ts';

/** Connections carried at a time. Precedent: the long-standing default `maxconn 2000` of haproxy's front ends. */
export const MAX_RELAYED = 2000;

/** Most bytes of a stream put into one datagram. Precedent: the default block of socat, `-b 8192`. */
export const DATAGRAM_CHUNK = 8192;

export interface RelayOptions extends TransportOptions {
  /** Connections at a time; one more is reset at once and counted. Default `MAX_RELAYED`. */
  readonly max?: number | undefined;
  /** Ms without a byte in either direction after which a connection is closed. Default 0, never. */
  readonly idle?: number | undefined;
  /** Ms after which a silent UDP session ends. Default: that of the transport, 60,000. */
  readonly sessionIdle?: number | undefined;
  /** Whether the kernel may move the bytes itself where both sides allow. Default true. */
  readonly splice?: boolean | undefined;
}

export interface RelayTotals {
  /** Accepted, those beyond the limit not included. */
  connections: number;
  /** Of these, still open. */
  open: number;
  /** Of these, ended by an error, or never connected to the other side. */
  failed: number;
  /** Turned away beyond the limit. */
  refused: number;
  /** Bytes of connections that have ended. */
  forward: number;
  backward: number;
}

/** Schemes that are one connection and cannot be listened on. */
const SINGLE = new Set(['stdio', 'exec']);

/**
 * Relays from one address to another until closed. A `from` of `stdio:` or `exec:` is a single connection, and the
 * relay closes when it ends.
 * @throws NetError when `from` cannot be listened on, or a single connection cannot be opened.
 */
export async function relay(
  from: Address | string,
  to: Address | string,
  options: RelayOptions = {},
): Promise<Relay> {
  const source = toAddress(from);
  const target = toAddress(to);
  if (SINGLE.has(source.scheme)) return new Relay(await connect(source, options), target, options);
  // One more session than are relayed: it is refused here, where it is counted.
  const sessions: UdpOptions = { ...options, maxSessions: (options.max ?? MAX_RELAYED) + 1 };
  return new Relay(await listen(source, sessions), target, options);
}

export class Relay implements Resource {
  /** Where it accepts, or the address of its single connection. */
  readonly address: Address;
  readonly to: Address;
  /** It carries one connection that was opened, and listens nowhere. */
  readonly isSingle: boolean;
  readonly closed: Promise<Error | undefined>;
  readonly totals: RelayTotals = {
    connections: 0,
    open: 0,
    failed: 0,
    refused: 0,
    forward: 0,
    backward: 0,
  };
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #listener: Listener<HalfCloseable> | undefined;
  readonly #pipes = new PipePool();
  readonly #splice: BridgeOptions['splice'];
  readonly #bridges = new Set<Bridge>();
  readonly #stopping = new AbortController();

  /** Takes over the listener or the connection. */
  constructor(source: Listener<HalfCloseable> | HalfCloseable, to: Address, options: RelayOptions) {
    this.to = to;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#splice = this.#spliceOptions();
    this.isSingle = !('address' in source);
    if ('address' in source) {
      this.address = source.address;
      this.#listener = source;
      this.closed = this.#accept(source);
    } else {
      this.address = source.local;
      this.closed = this.#carry(source);
    }
  }

  /** Stops accepting and ends every connection in order. `signal` cuts the waiting short. */
  async close(options: Abortable = {}): Promise<void> {
    const cut = (): void => this.abort();
    if (options.signal?.aborted) cut();
    options.signal?.addEventListener('abort', cut, { once: true });
    this.#stop();
    for (const bridge of this.#bridges) void bridge.close();
    await this.closed;
    options.signal?.removeEventListener('abort', cut);
  }

  abort(reason?: Error): void {
    this.#stop();
    for (const bridge of this.#bridges) bridge.abort(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stop(): void {
    this.#stopping.abort(new NetError('closed', 'The relay was closed'));
    this.#listener?.close().catch(() => {});
  }

  async #accept(listener: Listener<HalfCloseable>): Promise<Error | undefined> {
    const carried = new Set<Promise<unknown>>();
    let reason: Error | undefined;
    try {
      for await (const connection of listener) {
        if (this.totals.open >= (this.#options.max ?? MAX_RELAYED)) {
          this.#refuse(connection);
          continue;
        }
        const done = this.#carry(connection).finally(() => carried.delete(done));
        carried.add(done);
      }
    } catch (thrown) {
      reason = toNetError(thrown, `Cannot accept on ${listener.address}`);
    }
    await Promise.all(carried);
    this.#pipes.close();
    return reason;
  }

  #refuse(from: HalfCloseable): void {
    this.totals.refused++;
    const error = new NetError('limit', `${this.totals.open} connections are relayed already`);
    from.abort(error);
    relayRefused.publish({ relay: this, id: 0, from, error });
  }

  /** The whole life of one connection; resolves with how it ended. */
  async #carry(from: HalfCloseable): Promise<Error | undefined> {
    const id = ++this.totals.connections;
    const start = this.#clock.now();
    this.totals.open++;
    let reason: Error | undefined;
    try {
      const to = await this.#connect(from);
      reason = await this.#join(id, start, from, to);
    } catch (thrown) {
      reason = toNetError(thrown, `Cannot connect to ${this.to}`);
      from.abort(reason);
      relayFailed.publish({ relay: this, id, from, error: reason });
    }
    this.totals.open--;
    if (reason !== undefined) this.totals.failed++;
    return reason;
  }

  /** Gives up when the relay closes or the one who wanted the connection is gone. */
  #connect(from: HalfCloseable): Promise<HalfCloseable> {
    const gone = new AbortController();
    void from.closed.then((reason) =>
      gone.abort(reason ?? new NetError('broken', `${from.remote} left before ${this.to} answered`)),
    );
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal]);
    // Without it a datagram peer, which cannot say that it has finished, would hold the connection for ever.
    const sessionIdle = this.#options.sessionIdle ?? SESSION_IDLE;
    const options: UdpOptions = { ...this.#options, sessionIdle, signal };
    return connect(this.to, options);
  }

  async #join(id: number, start: number, from: HalfCloseable, to: HalfCloseable): Promise<Error | undefined> {
    const bridge = new Bridge(from, to, this.#bridgeOptions(from, to));
    this.#bridges.add(bridge);
    // Closed while it connected.
    if (this.#stopping.signal.aborted) void bridge.close();
    const event = { relay: this, id, from, to, bridge };
    relayOpened.publish(event);
    const reason = await bridge.closed;
    this.#bridges.delete(bridge);
    this.totals.forward += bridge.forward;
    this.totals.backward += bridge.backward;
    relayClosed.publish({ ...event, duration: this.#clock.now() - start, reason });
    return reason;
  }

  #bridgeOptions(from: HalfCloseable, to: HalfCloseable): BridgeOptions {
    const isDatagram = [from, to].map((side) => side.remote.scheme === 'udp');
    // Datagrams that go on as datagrams keep their boundaries.
    const chunkFrom = isDatagram[0] && !isDatagram[1] ? DATAGRAM_CHUNK : undefined;
    const chunkTo = isDatagram[1] && !isDatagram[0] ? DATAGRAM_CHUNK : undefined;
    return { idle: this.#options.idle, clock: this.#clock, chunkFrom, chunkTo, splice: this.#splice };
  }

  /** Only wires on a loop of ours can be borrowed. */
  #spliceOptions(): BridgeOptions['splice'] {
    if (this.#options.splice === false || chooseDriver(this.#options) !== 'kernel') return undefined;
    const engine = this.#options.engine ?? defaultEngine();
    return engine instanceof ReadinessEngine ? { loop: engine.loop, pipes: this.#pipes } : undefined;
  }
}
