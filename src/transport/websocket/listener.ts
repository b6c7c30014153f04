/** Accepts WebSockets: handshakes run side by side, and those that are done wait until somebody receives them. */
import { AcceptQueue } from '../../core/accept-queue.ts';
import type { Address } from '../../core/address.ts';
import type { HalfCloseable, Listener, Resource } from '../../core/contract.ts';
import { toNetError } from '../../core/error.ts';
import { BACKLOG, Backlog } from '../backlog.ts';
import { MAX_HANDSHAKES } from './options.ts';

export interface ListenerOptions<C> {
  /** Where it listens, as it is told. */
  readonly address: Address;
  /** Default `MAX_HANDSHAKES`. */
  readonly maxHandshakes?: number | undefined;
  /** Makes of a connection what the listener gives out. It ends the connection itself when that fails. */
  shake(connection: HalfCloseable): Promise<C>;
}

/** @param under closes with the listener */
export function listenOver<C extends Resource>(
  under: Listener<HalfCloseable>,
  options: ListenerOptions<C>,
): Listener<C> {
  const acceptor = new HandshakeAcceptor<C>(under, options);
  acceptor.run();
  return acceptor.queue;
}

class HandshakeAcceptor<C extends Resource> {
  readonly queue: AcceptQueue<C>;
  readonly #under: Listener<HalfCloseable>;
  readonly #options: ListenerOptions<C>;
  /** A client's connect waits for its handshake: those are done also while nobody receives, as a system would accept. */
  readonly #backlog: Backlog<C>;
  readonly #shaking = new Set<HalfCloseable>();
  #room: PromiseWithResolvers<void> | undefined;

  constructor(under: Listener<HalfCloseable>, options: ListenerOptions<C>) {
    this.#under = under;
    this.#options = options;
    this.#backlog = new Backlog<C>(BACKLOG, (socket) => this.queue.offer(socket));
    this.queue = new AcceptQueue<C>(options.address, {
      pause: () => this.#backlog.pause(),
      resume: () => this.#backlog.resume(),
      close: () => this.#close(),
    });
  }

  /** Runs until the listener below closes. */
  run(): void {
    this.#accept().then(
      () => this.queue.finish(),
      (error: Error) => this.queue.finish(error),
    );
  }

  async #accept(): Promise<void> {
    const most = this.#options.maxHandshakes ?? MAX_HANDSHAKES;
    for await (const connection of this.#under) {
      void this.#shake(connection);
      if (this.#shaking.size < most) continue;
      // The backlog of the system holds the others.
      this.#room = Promise.withResolvers<void>();
      await this.#room.promise;
    }
  }

  async #shake(connection: HalfCloseable): Promise<void> {
    this.#shaking.add(connection);
    try {
      const socket = await this.#options.shake(connection);
      if (!this.#backlog.add(socket)) socket.abort();
    } catch (error) {
      this.queue.trouble(toNetError(error, `A handshake at ${this.#options.address} failed`));
    }
    this.#shaking.delete(connection);
    this.#room?.resolve();
    this.#room = undefined;
  }

  #close(): void {
    this.#under.abort();
    for (const connection of this.#shaking) connection.abort();
    for (const socket of this.#backlog.clear()) socket.abort();
    this.#room?.resolve();
  }
}
