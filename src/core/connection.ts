/**
 * The pull level, built once on the push level of any wire: backpressure, closing and cancelling.
 *
 * It does not know which transport it is on.
 */
import type { Address } from './address.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Abortable, Bytes, HalfCloseable, Receiver, Wire } from './contract.ts';
import { connectionClosed, connectionOpened } from './diagnostics.ts';
import { NetError } from './error.ts';
import { ReadAhead } from './read-ahead.ts';
import { rejected } from './rejected.ts';
import { type Waiter, waiter } from './waiter.ts';

/** Bytes read ahead of the reader before the wire is paused. Precedent: the default high-water mark of Node's sockets. */
export const READ_AHEAD = 64 * 1024;

/** How long `close` waits, in ms, for the peer to take what was written and to end its half. Precedent: nginx `lingering_timeout`. */
export const CLOSE_GRACE = 5_000;

export interface ConnectionOptions {
  /** Default `CLOSE_GRACE`. */
  readonly closeGrace?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Where a connection leads. Read lazily: most connections are never asked. */
export interface Endpoints {
  readonly local: Address;
  readonly remote: Address;
}

interface Drain {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(reason: Error): void;
}

interface Closing {
  readonly promise: Promise<void>;
  settle(reason: Error | undefined): void;
}

/** One for all: where it was aborted says little, and writing down the stack costs a good part of aborting. */
const ABORTED = new NetError('closed', 'The connection was aborted');

const DONE: Promise<void> = Promise.resolve();

export class WireConnection implements HalfCloseable, Receiver {
  readonly #wire: Wire;
  readonly #endpoints: Endpoints;
  readonly #options: ConnectionOptions;
  /** Made when bytes come that nobody waits for: most connections are idle, and read in time. */
  #ahead: ReadAhead | undefined;
  #paused = false;
  #waiter: Waiter<Bytes | null> | undefined;
  #drain: Drain | undefined;
  #receiver: Receiver | undefined;
  /** The receiver is attached but what was read ahead has not reached it yet. */
  #handingOver = false;
  /** Aborted, or the receiver has thrown: it is told of the close and of nothing else. */
  #aborted = false;
  #sendEnded = false;
  #receiveEnded = false;
  #closing: Closing | undefined;
  #settled = false;
  #reason: Error | undefined;
  #onSettled: ((reason: Error | undefined) => void)[] | undefined;

  constructor(wire: Wire, endpoints: Endpoints, options: ConnectionOptions = {}) {
    this.#wire = wire;
    this.#endpoints = endpoints;
    this.#options = options;
    wire.start(this);
    if (connectionOpened.hasSubscribers) connectionOpened.publish({ connection: this, wire });
  }

  get local(): Address {
    return this.#endpoints.local;
  }

  get remote(): Address {
    return this.#endpoints.remote;
  }

  get moved(): number | undefined {
    return this.#wire.moved;
  }

  get closed(): Promise<Error | undefined> {
    if (this.#settled) return Promise.resolve(this.#reason);
    return new Promise((resolve) => {
      this.#onSettled ??= [];
      this.#onSettled.push(resolve);
    });
  }

  read(options?: Abortable): Promise<Bytes | null> {
    const signal = options?.signal;
    if (this.#receiver !== undefined) return Promise.reject(misuse('a receiver is attached'));
    if (this.#waiter !== undefined) return Promise.reject(misuse('another read is waiting'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closing !== undefined) return Promise.reject(this.#gone());
    const chunk = this.#ahead?.take();
    if (chunk !== undefined) return Promise.resolve(this.#consumed(chunk));
    if (this.#reason !== undefined) return Promise.reject(this.#reason);
    if (this.#receiveEnded || this.#settled) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiter = waiter(resolve, reject, signal, () => this.#takeWaiter());
    });
  }

  write(data: Bytes): Promise<void> {
    if (this.#closing !== undefined || this.#settled) return rejected(this.#gone());
    if (this.#receiver !== undefined) return Promise.reject(misuse('a receiver is attached'));
    if (this.#sendEnded) return Promise.reject(misuse('the sending half has ended'));
    if (data.length === 0 || this.#wire.push(data)) return DONE;
    // The push itself may have found the connection broken.
    if (this.#settled) return rejected(this.#gone());
    this.#drain ??= Promise.withResolvers<void>();
    return this.#drain.promise;
  }

  end(): Promise<void> {
    if (this.#settled && this.#reason !== undefined) return rejected(this.#reason);
    if (!this.#sendEnded) {
      this.#sendEnded = true;
      this.#wire.end();
    }
    return this.#drain?.promise ?? DONE;
  }

  attach(receiver: Receiver): Wire {
    if (this.#receiver !== undefined) throw misuse('a receiver is attached');
    if (this.#waiter !== undefined) throw misuse('a read is waiting');
    if (this.#closing !== undefined) throw this.#gone();
    this.#receiver = receiver;
    if (this.#held === 0 && !this.#receiveEnded && !this.#settled) return this.#wire;
    this.#handingOver = true;
    // Now, so that a pause by the receiver is the last word.
    this.#resume();
    queueMicrotask(() => this.#handOver(receiver));
    return this.#wire;
  }

  detach(unread?: Bytes): void {
    if (this.#receiver === undefined) throw misuse('no receiver is attached');
    this.#receiver = undefined;
    this.#handingOver = false;
    if (unread !== undefined && unread.length > 0) {
      this.#ahead ??= new ReadAhead();
      this.#ahead.putBack(unread);
    }
    // Whether the receiver had paused the wire is not known here.
    this.#paused = this.#held >= READ_AHEAD;
    if (this.#paused) this.#wire.pause();
    else this.#wire.resume();
  }

  close(options?: Abortable): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.promise;
    this.#closing = this.#settled ? closedAlready(this.#reason) : this.#startClosing(options?.signal);
    if (!this.#settled) this.#endGracefully(options?.signal);
    return this.#closing.promise;
  }

  abort(reason?: Error): void {
    if (!this.#settled) {
      this.#aborted = true;
      this.#ahead = undefined;
    }
    // Also of a wire that has closed: what it brought may still be on its way to a receiver.
    this.#wire.abort(reason ?? ABORTED);
  }

  /** As `close`; after an abort of one's own it only waits, and does not tell again what is known. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#aborted) await this.closed;
    else await this.close();
  }

  /** Reads until the end. Leaving the loop early leaves the connection open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, undefined> {
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) yield chunk;
  }

  onData(chunk: Bytes): void {
    if (this.#closing !== undefined) return;
    if (this.#receiver !== undefined && !this.#handingOver) {
      this.#deliver(this.#receiver, chunk);
      return;
    }
    if (this.#waiter !== undefined) {
      this.#takeWaiter()?.resolve(chunk);
      return;
    }
    this.#ahead ??= new ReadAhead();
    this.#ahead.add(chunk);
    if (this.#held < READ_AHEAD || this.#paused || this.#handingOver) return;
    this.#paused = true;
    this.#wire.pause();
  }

  onEnd(): void {
    this.#receiveEnded = true;
    if (this.#handingOver) return;
    if (this.#receiver !== undefined) this.#tell((receiver) => receiver.onEnd());
    this.#takeWaiter()?.resolve(null);
  }

  onDrain(): void {
    if (this.#receiver !== undefined) this.#tell((receiver) => receiver.onDrain());
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.resolve();
  }

  onClose(reason?: Error): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reason = reason;
    if (reason === undefined) this.#takeWaiter()?.resolve(null);
    else this.#takeWaiter()?.reject(reason);
    this.#drain?.promise.catch(() => {});
    this.#drain?.reject(reason ?? this.#gone());
    this.#drain = undefined;
    if (connectionClosed.hasSubscribers)
      connectionClosed.publish({ connection: this, wire: this.#wire, reason });
    this.#closing?.settle(reason);
    for (const resolve of this.#onSettled ?? []) resolve(reason);
    this.#onSettled = undefined;
    // At the end: when it throws, nobody waits in vain because of it.
    if (!this.#handingOver) this.#receiver?.onClose(reason);
  }

  /** What a receiver throws ends its own connection and nothing else. Without a closure: this runs for every chunk. */
  #deliver(receiver: Receiver, chunk: Bytes): void {
    if (this.#aborted) return;
    try {
      receiver.onData(chunk);
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  #tell(call: (receiver: Receiver) => void): void {
    if (this.#aborted) return;
    try {
      call(this.#receiver!);
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  #onThrown(thrown: unknown): void {
    this.#aborted = true;
    this.#wire.abort(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }

  /** What a receiver is handed may bring more before it returns: that comes after what is here already. */
  #handOver(receiver: Receiver): void {
    while (this.#wire.aborted !== true && this.#receiver === receiver) {
      const chunk = this.#ahead?.take();
      if (chunk === undefined) break;
      this.#deliver(receiver, chunk);
    }
    // It was handed some and detached: the rest is the next one's.
    if (this.#receiver !== receiver) return;
    this.#handingOver = false;
    if (this.#receiveEnded && this.#wire.aborted !== true) this.#tell((to) => to.onEnd());
    if (this.#settled && this.#receiver === receiver) receiver.onClose(this.#reason);
  }

  #startClosing(signal: AbortSignal | undefined): Closing {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    const grace = this.#options.closeGrace ?? CLOSE_GRACE;
    const clock = this.#options.clock ?? systemClock;
    const timer = clock.after(grace, () => this.#giveUp(`The grace of ${grace} ms for closing ended`));
    const onAbort = (): void => this.#giveUp('Closing was cut short');
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (reason: Error | undefined): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      if (reason === undefined) resolve();
      else reject(reason);
    };
    return { promise, settle };
  }

  /** What still waits is dropped, our half ends, and what still comes is read: unread, it would make the system send a reset. */
  #endGracefully(signal: AbortSignal | undefined): void {
    this.#ahead = undefined;
    this.#takeWaiter()?.reject(new NetError('closed', 'The connection was closed while a read waited'));
    this.#sendEnded = true;
    this.#wire.end();
    // Also when it was the receiver who paused it.
    this.#wire.resume();
    if (signal?.aborted) this.#giveUp('Closing was cut short');
  }

  #giveUp(why: string): void {
    const left = this.#wire.pending;
    this.#wire.abort(
      left === 0
        ? undefined
        : new NetError('timeout', `${why} with ${left} bytes that the peer did not take`),
    );
  }

  /** Bytes read ahead of the reader. */
  get #held(): number {
    return this.#ahead?.length ?? 0;
  }

  #takeWaiter(): Waiter<Bytes | null> | undefined {
    const taken = this.#waiter;
    this.#waiter = undefined;
    return taken;
  }

  #consumed(chunk: Bytes): Bytes {
    if (this.#held === 0) this.#ahead = undefined;
    if (this.#paused && this.#held < READ_AHEAD / 2) this.#resume();
    return chunk;
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wire.resume();
  }

  #gone(): Error {
    return this.#reason ?? new NetError('closed', 'The connection is closed');
  }
}

function closedAlready(reason: Error | undefined): Closing {
  const promise = reason === undefined ? DONE : rejected(reason);
  return { promise, settle() {} };
}

function misuse(why: string): NetError {
  return new NetError('busy', `The connection cannot be used like this: ${why}`);
}
