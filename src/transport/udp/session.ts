/** One peer of a UDP socket as a connection: each datagram is one read, each write one datagram. */
import type { Address } from '../../core/address.ts';
import { type Clock, systemClock, type Timer } from '../../core/clock.ts';
import { type ConnectionOptions, type Endpoints, WireConnection } from '../../core/connection.ts';
import type { Abortable, Bytes, Receiver, Wire } from '../../core/contract.ts';
import { type NetError, toNetError } from '../../core/error.ts';

/** Datagrams held while the reader is behind; newer ones are dropped and counted. */
const SESSION_QUEUE = 256;

/** What the session needs of the socket that it shares. */
export interface SessionPort {
  /** @throws NetError for a datagram that cannot be sent */
  push(data: Bytes, remote: Address): boolean;
  /** One more was dropped because the reader is behind. */
  overflow(): void;
  /** The session is over. */
  leave(reason: Error | undefined): void;
}

/** A connection that can close at once: there is no peer's end to wait for. */
export class UdpSession extends WireConnection {
  readonly wire: SessionWire;

  constructor(wire: SessionWire, endpoints: Endpoints, options: ConnectionOptions) {
    super(wire, endpoints, options);
    this.wire = wire;
  }

  override close(options?: Abortable): Promise<void> {
    this.wire.finish();
    return super.close(options);
  }
}

export class SessionWire implements Wire {
  readonly #port: SessionPort;
  readonly #remote: Address;
  readonly #clock: Clock;
  #receiver: Receiver | undefined;
  #queue: Bytes[] = [];
  #paused = false;
  #delivering = false;
  #ended = false;
  #closed = false;
  #aborted = false;
  #drainWanted = false;
  #activeAt: number;
  #timer: Timer | undefined;

  /** @param idle ms without a datagram either way until the session ends; without it, never */
  constructor(port: SessionPort, remote: Address, idle: number | undefined, clock: Clock = systemClock) {
    this.#port = port;
    this.#remote = remote;
    this.#clock = clock;
    this.#activeAt = clock.now();
    if (idle !== undefined) this.#watchIdle(idle);
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get pending(): number {
    return 0;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    queueMicrotask(() => this.#deliver());
  }

  push(data: Bytes): boolean {
    if (this.#ended || this.#closed) return false;
    this.#activeAt = this.#clock.now();
    try {
      const room = this.#port.push(data, this.#remote);
      if (!room) this.#drainWanted = true;
      return room;
    } catch (thrown) {
      this.abort(toNetError(thrown, `Cannot send to ${this.#remote}`));
      return false;
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    queueMicrotask(() => this.#deliver());
  }

  /** UDP has no end: the peer hears nothing of it, and the session goes on receiving until it is idle or closed. */
  end(): void {
    this.#ended = true;
  }

  abort(reason?: Error): void {
    this.#aborted = true;
    this.#close(reason);
  }

  /** Over, in order. */
  finish(): void {
    this.#ended = true;
    this.#close(undefined);
  }

  /** A datagram from the peer. */
  deliver(data: Bytes): void {
    if (this.#closed) return;
    this.#activeAt = this.#clock.now();
    // A read never gives an empty array.
    if (data.length === 0) return;
    if (this.#queue.length >= SESSION_QUEUE) this.#port.overflow();
    // In a buffer of its own: what shares one is joined when it is read ahead, and the boundaries would be lost.
    else this.#queue.push(new Uint8Array(data));
    if (this.#receiver !== undefined) this.#deliver();
  }

  /** The system reported a failure of something sent to the peer. */
  fail(error: NetError): void {
    this.#close(error);
  }

  drain(): void {
    if (!this.#drainWanted || this.#closed) return;
    this.#drainWanted = false;
    this.#receiver?.onDrain();
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    while (!this.#paused && !this.#closed && this.#queue.length > 0) {
      try {
        this.#receiver!.onData(this.#queue.shift()!);
      } catch (thrown) {
        this.abort(toNetError(thrown, 'The receiver failed'));
      }
    }
    this.#delivering = false;
  }

  #watchIdle(idle: number): void {
    const left = this.#activeAt + idle - this.#clock.now();
    this.#timer = this.#clock.after(
      Math.max(0, left),
      () => {
        if (this.#clock.now() - this.#activeAt < idle) this.#watchIdle(idle);
        else this.#endIdle();
      },
      { background: true },
    );
  }

  #endIdle(): void {
    this.#ended = true;
    if (!this.#closed) this.#receiver?.onEnd();
    this.#close(undefined);
  }

  #close(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#queue = [];
    this.#port.leave(reason);
    queueMicrotask(() => this.#receiver?.onClose(reason));
  }
}
