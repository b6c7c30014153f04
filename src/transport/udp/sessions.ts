/** The peers of a listening UDP socket, each a connection. There is no handshake: the first datagram opens one. */
import type { Acceptor } from '../../core/accept-queue.ts';
import type { Address } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import type { ConnectionOptions } from '../../core/connection.ts';
import type { Bytes, HalfCloseable } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { type UdpPort, wrong } from './port.ts';
import { SessionWire, UdpSession } from './session.ts';

export interface SessionsOptions {
  readonly maxSessions: number;
  /** Milliseconds. */
  readonly idle: number;
  readonly clock: Clock;
  readonly connection: ConnectionOptions;
  onSession(session: HalfCloseable): void;
  onTrouble(error: Error): void;
}

export class Sessions implements Acceptor {
  readonly #port: UdpPort;
  readonly #options: SessionsOptions;
  readonly #wires = new Map<string, SessionWire>();
  /** The table by object: the driver gives the same one for the same peer while it remembers it. */
  #byRemote = new WeakMap<Address, SessionWire>();
  #paused = false;
  #closed = false;
  #wasFull = false;

  constructor(port: UdpPort, options: SessionsOptions) {
    this.#port = port;
    this.#options = options;
    port.start({
      onDatagram: (data, remote) => this.#onDatagram(data, remote),
      // The socket has many peers and the system does not say whose the failure is; it is counted.
      onError: (error) => options.onTrouble(error),
      onDrain: () => {
        for (const wire of this.#wires.values()) wire.drain();
      },
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** Sessions that are open live on, and with the last one the socket goes. */
  close(): void {
    this.#closed = true;
    this.#closeWhenEmpty();
  }

  #onDatagram(data: Bytes, remote: Address): void {
    const wire = this.#byRemote.get(remote) ?? this.#find(remote);
    if (wire !== undefined) wire.deliver(data);
  }

  #find(remote: Address): SessionWire | undefined {
    const key = remote.toString();
    const wire = this.#wires.get(key) ?? this.#open(key, remote);
    if (wire !== undefined) this.#byRemote.set(remote, wire);
    return wire;
  }

  #open(key: string, remote: Address): SessionWire | undefined {
    if (this.#closed || this.#paused || this.#wires.size >= this.#options.maxSessions) {
      this.#refuse(remote);
      return undefined;
    }
    const { idle, clock, connection } = this.#options;
    const wire = new SessionWire(
      {
        push: (data, to) => this.#push(data, to),
        overflow: () => this.#port.dropped.overflow++,
        leave: () => this.#leave(key),
      },
      remote,
      idle,
      clock,
    );
    this.#wires.set(key, wire);
    this.#options.onSession(new UdpSession(wire, { local: this.#port.local, remote }, connection));
    return wire;
  }

  /** Counted each time, and told once until there is room again. */
  #refuse(remote: Address): void {
    this.#port.dropped.overflow++;
    if (this.#wasFull || this.#closed) return;
    this.#wasFull = true;
    const text = `Dropped a datagram from ${remote}: ${this.#wires.size} sessions are open on ${this.#port.local}`;
    this.#options.onTrouble(new NetError('limit', text));
  }

  #push(data: Bytes, remote: Address): boolean {
    const error = wrong(this.#port, data, remote);
    if (error !== undefined) throw error;
    return this.#port.push(data, remote);
  }

  #leave(key: string): void {
    this.#wires.delete(key);
    this.#byRemote = new WeakMap();
    this.#wasFull = false;
    this.#closeWhenEmpty();
  }

  #closeWhenEmpty(): void {
    if (this.#closed && this.#wires.size === 0) void this.#port.close();
  }
}
