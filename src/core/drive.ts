/** Runs a sans-IO protocol over a connection. It does not know which protocol, nor which transport. */
import { type Clock, systemClock, type Timer } from './clock.ts';
import { READ_AHEAD } from './connection.ts';
import type { Abortable, Bytes, Channel, Connection, Protocol, Receiver, Wire } from './contract.ts';
import { NetError, toNetError } from './error.ts';
import { rejected } from './rejected.ts';
import { type Waiter, waiter } from './waiter.ts';

export interface DriveOptions {
  readonly clock?: Clock | undefined;
}

/**
 * The connection as a channel of values. The connection belongs to the channel from now on: closing the channel
 * closes it, and a message that breaks the protocol aborts it.
 */
export function drive<In extends {}, Out extends {} = In>(
  connection: Connection,
  protocol: Protocol<In, Out>,
  options: DriveOptions = {},
): Channel<In, Out> {
  return new ProtocolChannel(connection, protocol, options.clock ?? systemClock);
}

class ProtocolChannel<In extends {}, Out extends {}> implements Channel<In, Out>, Receiver {
  readonly #connection: Connection;
  readonly #protocol: Protocol<In, Out>;
  readonly #clock: Clock;
  readonly #wire: Wire;
  #waiter: Waiter<In | null> | undefined;
  #drain: PromiseWithResolvers<void> | undefined;
  #timer: Timer | undefined;
  #timerAt: number | null = null;
  #paused = false;
  /** Bytes that came while nobody waited for a value. */
  #ahead = 0;
  #ended = false;
  #closing = false;
  #closed = false;
  #error: Error | undefined;

  constructor(connection: Connection, protocol: Protocol<In, Out>, clock: Clock) {
    this.#connection = connection;
    this.#protocol = protocol;
    this.#clock = clock;
    this.#wire = connection.attach(this);
    // A protocol may speak first.
    this.#flush();
  }

  get closed(): Promise<Error | undefined> {
    return this.#connection.closed;
  }

  receive(options?: Abortable): Promise<In | null> {
    const signal = options?.signal;
    if (this.#waiter !== undefined)
      return Promise.reject(new NetError('busy', 'Another receive waits on this channel'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closing) return Promise.reject(new NetError('closed', 'The channel is closed'));
    try {
      const value = this.#protocol.next();
      if (value !== null) return Promise.resolve(value);
    } catch (thrown) {
      this.#fail(thrown);
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(null);
    const promise = new Promise<In | null>((resolve, reject) => {
      this.#waiter = waiter(resolve, reject, signal, () => this.#takeWaiter());
    });
    this.#resume();
    return promise;
  }

  send(value: Out): Promise<void> {
    if (this.#error !== undefined) return rejected(this.#error);
    // A wire that is gone drains no more: without this the send would wait for ever.
    if (this.#closing || this.#closed) return rejected(new NetError('closed', 'The channel is closed'));
    try {
      this.#protocol.send(value, this.#clock.now());
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    const room = this.#flush();
    if (this.#error !== undefined) return rejected(this.#error);
    if (room) return Promise.resolve();
    this.#drain ??= Promise.withResolvers<void>();
    return this.#drain.promise;
  }

  close(options?: Abortable): Promise<void> {
    this.#closing = true;
    this.#timer?.cancel();
    this.#takeWaiter()?.reject(new NetError('closed', 'The channel was closed while a receive waited'));
    return this.#connection.close(options);
  }

  abort(reason?: Error): void {
    this.#closing = true;
    this.#connection.abort(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<In, void, undefined> {
    for (let value = await this.receive(); value !== null; value = await this.receive()) yield value;
  }

  onData(chunk: Bytes): void {
    this.#feed(chunk);
  }

  onEnd(): void {
    this.#ended = true;
    this.#feed(null);
    if (this.#error === undefined) this.#takeWaiter()?.resolve(null);
  }

  onDrain(): void {
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.resolve();
  }

  onClose(reason?: Error): void {
    this.#timer?.cancel();
    this.#closed = true;
    this.#ended = true;
    this.#error ??= reason;
    if (this.#error === undefined) this.#takeWaiter()?.resolve(null);
    else this.#takeWaiter()?.reject(this.#error);
    this.#drain?.promise.catch(() => {});
    this.#drain?.reject(this.#error ?? new NetError('closed', 'The channel is closed'));
    this.#drain = undefined;
  }

  #feed(data: Bytes | null): void {
    if (this.#error !== undefined || this.#closing) return;
    try {
      this.#protocol.receive(data, this.#clock.now());
      this.#answerWaiter();
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#flush();
    this.#readAhead(data?.length ?? 0);
  }

  /** Writes what the protocol has to say. `false` when the wire asks to wait. */
  #flush(): boolean {
    let room = true;
    try {
      for (let bytes = this.#protocol.take(); bytes !== null; bytes = this.#protocol.take())
        room = this.#wire.push(bytes);
      this.#schedule();
    } catch (thrown) {
      this.#fail(thrown);
    }
    return room;
  }

  #schedule(): void {
    const at = this.#protocol.deadline();
    if (at === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    if (at === null) return;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerAt = null;
    try {
      this.#protocol.timeout(this.#clock.now());
      this.#answerWaiter();
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    this.#flush();
  }

  #answerWaiter(): void {
    if (this.#waiter === undefined) return;
    const value = this.#protocol.next();
    if (value !== null) this.#takeWaiter()?.resolve(value);
  }

  /** Values that were complete before the fault have been handed out; the fault ends the connection. */
  #fail(thrown: unknown): void {
    const error = toNetError(thrown, 'The protocol failed');
    this.#error = error;
    this.#takeWaiter()?.reject(error);
    this.#connection.abort(error);
  }

  /** While nobody asks for values, what arrives is held, up to the limit. */
  #readAhead(length: number): void {
    if (this.#waiter !== undefined) return;
    this.#ahead += length;
    if (this.#ahead < READ_AHEAD || this.#paused) return;
    this.#paused = true;
    this.#wire.pause();
  }

  #resume(): void {
    this.#ahead = 0;
    if (!this.#paused) return;
    this.#paused = false;
    this.#wire.resume();
  }

  #takeWaiter(): Waiter<In | null> | undefined {
    const taken = this.#waiter;
    this.#waiter = undefined;
    return taken;
  }
}
