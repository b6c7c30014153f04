/** The pull level of a WebSocket: messages are received and sent, one after the other. It does not know how it was connected. */
import type { Address } from '../../core/address.ts';
import { READ_AHEAD } from '../../core/connection.ts';
import type { Abortable, Bytes, Channel } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { rejected } from '../../core/rejected.ts';
import { type Waiter, waiter } from '../../core/waiter.ts';
import type { CloseInfo, Outgoing } from '../../protocol/websocket/index.ts';
import type { WebSocketReceiver, WebSocketWire } from './wire.ts';

export interface CloseOptions extends Abortable {
  /** Default 1000. */
  readonly code?: number | undefined;
  /** Up to 123 bytes. */
  readonly reason?: string | undefined;
}

/** What is known of a WebSocket beside its messages. */
export interface WebSocketAbout {
  readonly local: Address;
  readonly remote: Address;
  /** The subprotocol that was agreed on. */
  readonly protocol: string | undefined;
  /** Whether messages may be compressed. */
  readonly isCompressed: boolean;
}

/** Messages that may wait to be received, however short they are. Precedent: `READ_AHEAD` in messages of 64 bytes. */
const MESSAGES_AHEAD = 1024;

const DONE: Promise<void> = Promise.resolve();
const ABORTED = new NetError('closed', 'The WebSocket was aborted');

export class WebSocketChannel implements Channel<string | Bytes, Outgoing>, WebSocketReceiver {
  readonly about: WebSocketAbout;
  readonly #wire: WebSocketWire;
  /** Messages that nobody has received yet, and how much they are. */
  #ahead: (string | Bytes)[] = [];
  #held = 0;
  #isPaused = false;
  #waiter: Waiter<string | Bytes | null> | undefined;
  #drain: PromiseWithResolvers<void> | undefined;
  #receiver: WebSocketReceiver | undefined;
  #closing: Promise<void> | undefined;

  constructor(wire: WebSocketWire, about: WebSocketAbout) {
    this.about = about;
    this.#wire = wire;
    wire.start(this);
  }

  get closed(): Promise<Error | undefined> {
    return this.#wire.closed;
  }

  /** How it ended; `undefined` as long as it has not. */
  get closeInfo(): CloseInfo | undefined {
    return this.#wire.closeInfo;
  }

  /**
   * The next message: text as a string, binary as bytes. `null` when both Close frames were exchanged, whatever their code:
   * `closeInfo` tells it.
   * @throws NetError `broken` when the connection ended without them, `protocol` or `limit` when the peer broke a rule
   */
  receive(options?: Abortable): Promise<string | Bytes | null> {
    const signal = options?.signal;
    if (this.#receiver !== undefined) return Promise.reject(busy('a receiver is attached'));
    if (this.#waiter !== undefined) return Promise.reject(busy('another receive is waiting'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const message = this.#take();
    if (message !== undefined) return Promise.resolve(message);
    if (this.#wire.error !== undefined) return Promise.reject(this.#wire.error);
    if (this.closeInfo !== undefined) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiter = waiter(resolve, reject, signal, () => this.#takeWaiter());
    });
  }

  /**
   * Sends a message; bytes are handed over. Resolves when there is room for more.
   * @throws NetError `closed` once either side has closed, `protocol` for text with half a surrogate pair
   */
  send(message: Outgoing): Promise<void> {
    if (this.#receiver !== undefined) return Promise.reject(busy('a receiver is attached'));
    if (this.#wire.error !== undefined) return rejected(this.#wire.error);
    if (this.#closing !== undefined || !this.#wire.canSend) return rejected(closedError());
    try {
      if (this.#wire.push(message)) return DONE;
    } catch (error) {
      return Promise.reject(error);
    }
    this.#drain ??= Promise.withResolvers<void>();
    return this.#drain.promise;
  }

  /** Asks the peer for a sign of life; whether it comes is watched anyway, see `pingInterval`. */
  ping(data?: Bytes): void {
    this.#wire.ping(data);
  }

  /**
   * Moves to the push level: from now on `receiver` is called, and `receive` and `send` are misuse (`busy`). Messages that
   * came already are handed over first, in a microtask.
   */
  attach(receiver: WebSocketReceiver): WebSocketWire {
    if (this.#receiver !== undefined) throw busy('a receiver is attached');
    if (this.#waiter !== undefined) throw busy('a receive is waiting');
    if (this.#closing !== undefined) throw closedError();
    this.#receiver = receiver;
    this.#wire.start(receiver, this.#ahead);
    this.#ahead = [];
    this.#wire.resume();
    return this.#wire;
  }

  /**
   * Sends what was sent, then a Close frame, and waits for the peer's. Messages that still come are dropped. Idempotent.
   * @throws NetError `protocol` for a code that nobody may send; `timeout` or `broken` when the end was not orderly
   */
  close(options: CloseOptions = {}): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    try {
      this.#wire.close(options.code, options.reason);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#closing = this.#whenClosed(options.signal);
    this.#closing.catch(() => {});
    this.#takeWaiter()?.reject(new NetError('closed', 'The WebSocket was closed while a receive waited'));
    this.#ahead = [];
    this.#wire.resume();
    return this.#closing;
  }

  abort(reason?: Error): void {
    if (this.closeInfo === undefined) this.#ahead = [];
    this.#wire.abort(reason ?? ABORTED);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Receives until the end. Leaving the loop early leaves the socket open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string | Bytes, void, undefined> {
    for (let next = await this.receive(); next !== null; next = await this.receive()) yield next;
  }

  onMessage(data: string | Bytes): void {
    if (this.#closing !== undefined) return;
    if (this.#waiter !== undefined) {
      this.#takeWaiter()?.resolve(data);
      return;
    }
    this.#ahead.push(data);
    this.#held += data.length;
    if (this.#held < READ_AHEAD && this.#ahead.length < MESSAGES_AHEAD) return;
    this.#isPaused = true;
    this.#wire.pause();
  }

  onDrain(): void {
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.resolve();
  }

  onClose(_info: CloseInfo, error?: Error): void {
    if (error === undefined) this.#takeWaiter()?.resolve(null);
    else this.#takeWaiter()?.reject(error);
    this.#drain?.promise.catch(() => {});
    this.#drain?.reject(error ?? closedError());
    this.#drain = undefined;
  }

  async #whenClosed(signal: AbortSignal | undefined): Promise<void> {
    const cut = (): void => this.#wire.abort(new NetError('timeout', 'Closing the WebSocket was cut short'));
    if (signal?.aborted) cut();
    signal?.addEventListener('abort', cut, { once: true });
    const error = await this.closed;
    signal?.removeEventListener('abort', cut);
    if (error !== undefined) throw error;
  }

  #take(): string | Bytes | undefined {
    const message = this.#ahead.shift();
    if (message === undefined) return undefined;
    this.#held -= message.length;
    if (this.#isPaused && this.#held < READ_AHEAD / 2) {
      this.#isPaused = false;
      this.#wire.resume();
    }
    return message;
  }

  #takeWaiter(): Waiter<string | Bytes | null> | undefined {
    const taken = this.#waiter;
    this.#waiter = undefined;
    return taken;
  }
}

function busy(why: string): NetError {
  return new NetError('busy', `The WebSocket is busy: ${why}`);
}

function closedError(): NetError {
  return new NetError('closed', 'The WebSocket is closed');
}
