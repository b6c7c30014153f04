/** The listener of every transport: connections that were accepted wait here, and accepting stops while they do. */
import type { Address } from './address.ts';
import type { Abortable, Listener, Resource } from './contract.ts';
import { listenerClosed, listenerOpened, listenerTrouble } from './diagnostics.ts';
import { NetError } from './error.ts';
import { type Waiter, waiter } from './waiter.ts';

/** Accepted connections that nobody has received before accepting stops. Beyond it the backlog of the system holds. */
export const ACCEPT_AHEAD = 128;

/** What a transport's listening socket can do for the queue. */
export interface Acceptor {
  pause(): void;
  resume(): void;
  /** Stops for good. The queue is told with `finish`. */
  close(): void;
}

export class AcceptQueue<C extends Resource> implements Listener<C> {
  readonly address: Address;
  readonly closed: Promise<Error | undefined>;
  readonly #acceptor: Acceptor;
  readonly #settle: (reason: Error | undefined) => void;
  #queue: C[] = [];
  #waiter: Waiter<C | null> | undefined;
  #paused = false;
  #finished = false;
  #reason: Error | undefined;

  constructor(address: Address, acceptor: Acceptor) {
    this.address = address;
    this.#acceptor = acceptor;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settle = resolve;
    if (listenerOpened.hasSubscribers) listenerOpened.publish({ listener: this });
  }

  /** Called by the transport for each connection. */
  offer(connection: C): void {
    if (this.#finished) {
      this.#drop(connection);
      return;
    }
    if (this.#waiter !== undefined) {
      this.#takeWaiter()?.resolve(connection);
      return;
    }
    this.#queue.push(connection);
    if (this.#queue.length < ACCEPT_AHEAD || this.#paused) return;
    this.#paused = true;
    this.#acceptor.pause();
  }

  /** Called by the transport when an accept failed and it goes on. */
  trouble(error: Error): void {
    if (listenerTrouble.hasSubscribers) listenerTrouble.publish({ listener: this, error });
  }

  /** Called by the transport when the socket is gone. Idempotent. */
  finish(reason?: Error): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#reason = reason;
    if (reason === undefined) this.#takeWaiter()?.resolve(null);
    else this.#takeWaiter()?.reject(reason);
    for (const connection of this.#queue.splice(0)) this.#drop(connection);
    if (listenerClosed.hasSubscribers) listenerClosed.publish({ listener: this });
    this.#settle(reason);
  }

  receive(options?: Abortable): Promise<C | null> {
    const signal = options?.signal;
    if (this.#waiter !== undefined)
      return Promise.reject(new NetError('busy', 'Another receive waits on this listener'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const connection = this.#queue.shift();
    if (connection !== undefined) {
      this.#resume();
      return Promise.resolve(connection);
    }
    if (this.#reason !== undefined) return Promise.reject(this.#reason);
    if (this.#finished) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiter = waiter(resolve, reject, signal, () => this.#takeWaiter());
    });
  }

  /** Stops accepting. Connections that nobody received are aborted and published as trouble; received ones live on. */
  async close(): Promise<void> {
    this.#acceptor.close();
    this.finish();
  }

  abort(reason?: Error): void {
    this.#acceptor.close();
    this.finish(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Accepts until the listener closes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<C, void, undefined> {
    for (let next = await this.receive(); next !== null; next = await this.receive()) yield next;
  }

  #resume(): void {
    if (!this.#paused || this.#queue.length > ACCEPT_AHEAD / 2) return;
    this.#paused = false;
    this.#acceptor.resume();
  }

  #takeWaiter(): Waiter<C | null> | undefined {
    const taken = this.#waiter;
    this.#waiter = undefined;
    return taken;
  }

  #drop(connection: C): void {
    const error = new NetError(
      'closed',
      `A connection to ${this.address} was dropped: the listener closed before anybody received it`,
    );
    connection.abort(error);
    this.trouble(error);
  }
}
