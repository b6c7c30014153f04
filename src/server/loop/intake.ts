/** Where a server's connections come from. It does not know what is done with them. */
import {
  type Acceptor,
  type Address,
  type HalfCloseable,
  type Listener,
  type ListenerTrouble,
  listenerTrouble,
  NetError,
  toNetError,
} from '../../core/index.ts';
import { accept4, Sockaddr, socketCookie } from '../../kernel/index.ts';
import { type AcceptHandler, defaultEngine } from '../../loop/index.ts';
import { descriptorsOf, type TransportOptions } from '../../transport/index.ts';

export interface IntakeEvents {
  onConnection(connection: HalfCloseable, socket?: AcceptedSocket): void;
  /** An accept failed, and accepting goes on. */
  onTrouble(error: Error): void;
  /** There will be no more, because of `error`. */
  onClose(error: Error): void;
}

/** For whoever must close it if this thread cannot. */
export interface AcceptedSocket {
  readonly fd: number;
  readonly cookie: bigint;
}

export interface Intake {
  start(events: IntakeEvents): void;
  /** No connection comes until `resume`. */
  pause(): void;
  resume(): void;
  /** Accepts what waits at this moment, while `hasRoom`; where only this intake accepts. */
  sweep?(hasRoom: () => boolean): void;
  /** Stops accepting for good. */
  close(): void;
}

export interface DescriptorIntakeOptions {
  /** Other workers accept on the same socket. */
  readonly shared?: boolean | undefined;
  /** Tell each socket's cookie: should this thread die, another must close what it left open. */
  readonly cookies?: boolean | undefined;
}

/** Accepts on a listening descriptor that stays somebody else's. */
export class DescriptorIntake implements Intake {
  readonly #fd: number;
  readonly #address: Address;
  readonly #transport: TransportOptions;
  readonly #options: DescriptorIntakeOptions;
  #acceptor: Acceptor | undefined;
  #handler: AcceptHandler | undefined;

  constructor(
    fd: number,
    address: Address,
    transport: TransportOptions,
    options: DescriptorIntakeOptions = {},
  ) {
    this.#fd = fd;
    this.#address = address;
    this.#transport = transport;
    this.#options = options;
  }

  start(events: IntakeEvents): void {
    const descriptors = descriptorsOf(this.#address, this.#transport);
    const engine = this.#transport.engine ?? defaultEngine();
    this.#handler = {
      onAccept: (fd, peer) => {
        const socket = this.#options.cookies ? { fd, cookie: socketCookie(fd) ?? 0n } : undefined;
        events.onConnection(descriptors.adopt(fd, peer.copy(), this.#address, this.#transport), socket);
      },
      onTrouble: (error) => events.onTrouble(error),
      onClose: (error) => events.onClose(error),
    };
    this.#acceptor = engine.accept(this.#fd, this.#handler, { shared: this.#options.shared, borrowed: true });
  }

  sweep(hasRoom: () => boolean): void {
    const peer = new Sockaddr();
    while (hasRoom()) {
      const fd = accept4(this.#fd, peer);
      if (fd < 0) return;
      this.#handler?.onAccept(fd, peer);
    }
  }

  pause(): void {
    this.#acceptor?.pause();
  }

  resume(): void {
    this.#acceptor?.resume();
  }

  close(): void {
    this.#acceptor?.close();
  }
}

/** Receives from a listener of any transport; it may have accepted some connections ahead. */
export class ListenerIntake implements Intake {
  readonly #listener: Listener<HalfCloseable>;
  #events: IntakeEvents | undefined;
  #paused = false;
  #receiving = false;
  #closed = false;

  constructor(listener: Listener<HalfCloseable>) {
    this.#listener = listener;
  }

  start(events: IntakeEvents): void {
    this.#events = events;
    listenerTrouble.subscribe(this.#onTrouble);
    void this.#receive();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    void this.#receive();
  }

  /** What it had accepted ahead is dropped, and told as trouble. */
  close(): void {
    this.#closed = true;
    this.#listener.abort();
    listenerTrouble.unsubscribe(this.#onTrouble);
  }

  readonly #onTrouble = (event: unknown): void => {
    const { listener, error } = event as ListenerTrouble;
    if (listener === this.#listener) this.#events?.onTrouble(error);
  };

  async #receive(): Promise<void> {
    if (this.#receiving) return;
    this.#receiving = true;
    try {
      while (!this.#paused && !this.#closed) {
        const connection = await this.#listener.receive();
        if (connection === null) break;
        // It was on its way here when the listener closed, which therefore did not drop it.
        if (this.#closed) this.#drop(connection);
        else this.#events?.onConnection(connection);
      }
    } catch (thrown) {
      if (!this.#closed)
        this.#events?.onClose(toNetError(thrown, `Cannot accept on ${this.#listener.address}`));
    }
    this.#receiving = false;
  }

  #drop(connection: HalfCloseable): void {
    const error = new NetError(
      'closed',
      `A connection to ${this.#listener.address} was dropped: the server closed in the moment that it came`,
    );
    connection.abort(error);
    this.#events?.onTrouble(error);
  }
}
