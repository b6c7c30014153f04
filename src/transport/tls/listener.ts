/**
 * Accepts over TLS: shakes hands with many at once and hands out who has done so. Those that shake hands and those that nobody
 * has received together have a limit; beyond it the listener beneath holds.
 */
import { type Acceptor, AcceptQueue } from '../../core/accept-queue.ts';
import type { Address } from '../../core/address.ts';
import type { HalfCloseable, Listener } from '../../core/contract.ts';
import { NetError, toNetError } from '../../core/error.ts';
import { Backlog } from '../backlog.ts';
import { MAX_HANDSHAKES, type TlsListener } from './options.ts';
import { type HandshakeSettings, shakeAsServer } from './secure.ts';
import type { ServerSide } from './sides.ts';

export class SecureListener extends AcceptQueue<HalfCloseable> implements TlsListener {
  readonly #side: ServerSide;

  constructor(address: Address, acceptor: Acceptor, side: ServerSide) {
    super(address, acceptor);
    this.#side = side;
  }

  async reload(): Promise<void> {
    this.#side.reload();
  }
}

export interface AcceptingOptions {
  readonly under: Listener<HalfCloseable>;
  readonly address: Address;
  readonly side: ServerSide;
  readonly settings: HandshakeSettings;
}

/** Takes connections from the listener beneath for as long as there is room for their handshakes. */
export class Accepting implements Acceptor {
  readonly listener: SecureListener;
  readonly #options: AcceptingOptions;
  readonly #max: number;
  readonly #shaking = new Set<HalfCloseable>();
  /** Done, and waiting while the queue is full: their peers need not wait for whoever came before them. */
  readonly #done: Backlog<HalfCloseable>;
  #receiving = false;
  #closed = false;

  constructor(options: AcceptingOptions) {
    this.#options = options;
    this.#max = options.settings.tls.maxHandshakes ?? MAX_HANDSHAKES;
    this.listener = new SecureListener(options.address, this, options.side);
    this.#done = new Backlog(this.#max, (connection) => this.listener.offer(connection));
    void options.under.closed.then((reason) => this.listener.finish(reason));
    this.#goOn();
  }

  pause(): void {
    this.#done.pause();
  }

  resume(): void {
    this.#done.resume();
    this.#goOn();
  }

  close(): void {
    this.#closed = true;
    this.#options.under.close().catch(() => {});
    const reason = new NetError(
      'closed',
      `The listener on ${this.#options.address} closed during the handshake`,
    );
    for (const connection of [...this.#shaking, ...this.#done.clear()]) connection.abort(reason);
  }

  #goOn(): void {
    if (this.#receiving) return;
    this.#receiving = true;
    this.#receive()
      .catch((error: unknown) => this.listener.finish(toNetError(error, 'Accepting failed')))
      .finally(() => {
        this.#receiving = false;
      });
  }

  async #receive(): Promise<void> {
    while (!this.#closed && this.#shaking.size + this.#done.length < this.#max) {
      const connection = await this.#options.under.receive();
      if (connection === null) return;
      if (this.#closed) connection.abort();
      else void this.#shake(connection);
    }
  }

  async #shake(connection: HalfCloseable): Promise<void> {
    const { side, settings, address } = this.#options;
    this.#shaking.add(connection);
    try {
      this.#done.add(await shakeAsServer(connection, side, settings, address.scheme));
    } catch (error) {
      if (!this.#closed) this.listener.trouble(toNetError(error, 'A TLS handshake failed'));
      // Its place is free when it is gone: an alert may still be on its way to a peer that takes nothing.
      await connection.closed;
    } finally {
      this.#shaking.delete(connection);
      if (!this.#closed) this.#goOn();
    }
  }
}
