/** A UDP socket at the pull level: datagrams received and sent one by one, with a bounded queue. */
import type { Address, InetAddress } from '../../core/address.ts';
import type { Abortable, Bytes, Channel, Datagram } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { type Waiter, waiter } from '../../core/waiter.ts';
import type { DatagramCounts } from '../../loop/index.ts';
import { type DatagramReceiver, type UdpPort, wrong } from './port.ts';

/** Datagrams that wait for `receive`; newer ones are dropped and counted. Precedent: about what net.core.rmem_default (208 KiB) holds. */
export const RECEIVE_QUEUE = 256;

/** A datagram that arrived. */
export interface ReceivedDatagram extends Datagram {
  /** It was longer than `maxDatagram`, and its rest is lost. */
  readonly truncated: boolean;
}

/** The sending side of the push level. */
export interface DatagramSender {
  /**
   * Sends; what one turn of the loop pushes leaves together. `false` asks to wait for `onDrain`. What cannot be sent is
   * counted in `dropped` and told to `onError`.
   * @param remote where to; left out on a connected socket
   */
  push(data: Bytes, remote?: Address): boolean;
}

export interface DatagramSocket extends Channel<ReceivedDatagram, Datagram | SentDatagram> {
  readonly local: Address;
  /** Of a connected socket. */
  readonly remote: Address | undefined;
  /** What was lost so far, and why. */
  readonly dropped: Readonly<DatagramCounts>;
  /** Receives what is sent to the group. @param on the interface, by name */
  join(group: string, on?: string): void;
  leave(group: string, on?: string): void;
  /** To the push level; datagrams that waited come first, in a microtask. `receive` and `send` are misuse from now on. */
  attach(receiver: DatagramReceiver): DatagramSender;
}

/** On a connected socket the remote may be left out. */
export interface SentDatagram {
  readonly data: Bytes;
  readonly remote?: Address | undefined;
}

export class UdpSocket implements DatagramSocket {
  readonly closed: Promise<Error | undefined>;
  readonly #port: UdpPort;
  readonly #limit: number;
  readonly #settle: (reason: Error | undefined) => void;
  #queue: ReceivedDatagram[] = [];
  #waiter: Waiter<ReceivedDatagram | null> | undefined;
  #drain: PromiseWithResolvers<void> | undefined;
  #receiver: DatagramReceiver | undefined;
  /** Reported by the system, for the next call to reject with. */
  #error: NetError | undefined;
  #closing: Promise<void> | undefined;
  #reason: Error | undefined;

  constructor(port: UdpPort, limit = RECEIVE_QUEUE) {
    this.#port = port;
    this.#limit = limit;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settle = resolve;
    port.start({
      onDatagram: (data, remote, truncated) => this.#onDatagram(data, remote, truncated),
      onError: (error) => this.#onError(error),
      onDrain: () => this.#onDrain(),
    });
  }

  get local(): InetAddress {
    return this.#port.local;
  }

  get remote(): InetAddress | undefined {
    return this.#port.remote;
  }

  get dropped(): Readonly<DatagramCounts> {
    const { dropped, droppedBySystem = 0 } = this.#port;
    return { ...dropped, overflow: dropped.overflow + droppedBySystem };
  }

  /** @throws NetError `refused` on a connected socket whose peer refused something sent earlier; it can go on. */
  receive(options?: Abortable): Promise<ReceivedDatagram | null> {
    const signal = options?.signal;
    if (this.#receiver !== undefined) return Promise.reject(this.#misuse('a receiver is attached'));
    if (this.#waiter !== undefined) return Promise.reject(this.#misuse('another receive waits'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closing !== undefined) return Promise.reject(this.#gone());
    const datagram = this.#queue.shift();
    if (datagram !== undefined) return Promise.resolve(datagram);
    const error = this.#takeError();
    if (error !== undefined) return Promise.reject(error);
    return new Promise((resolve, reject) => {
      this.#waiter = waiter(resolve, reject, signal, () => this.#takeWaiter());
    });
  }

  /** @throws NetError `limit` for one that is too large, `refused` as in `receive`, `busy` without a destination. */
  async send(datagram: Datagram | SentDatagram): Promise<void> {
    if (this.#receiver !== undefined) throw this.#misuse('a receiver is attached');
    if (this.#closing !== undefined) throw this.#gone();
    const error = this.#takeError() ?? wrong(this.#port, datagram.data, datagram.remote);
    if (error !== undefined) throw error;
    if (this.#port.push(datagram.data, datagram.remote)) return;
    this.#drain ??= Promise.withResolvers<void>();
    await this.#drain.promise;
  }

  attach(receiver: DatagramReceiver): DatagramSender {
    if (this.#receiver !== undefined) throw this.#misuse('a receiver is attached');
    if (this.#waiter !== undefined) throw this.#misuse('a receive is waiting');
    if (this.#closing !== undefined) throw this.#gone();
    this.#receiver = receiver;
    const port = this.#port;
    queueMicrotask(() => {
      // Nothing arrives from the loop between attaching and this.
      for (const { data, remote, truncated } of this.#queue.splice(0)) {
        if (this.#closing !== undefined) return;
        receiver.onDatagram(data, remote, truncated);
      }
      if (this.#closing === undefined) port.start(receiver);
    });
    return { push: (data, remote) => this.#push(data, remote) };
  }

  join(group: string, on?: string): void {
    this.#port.join(group, on);
  }

  leave(group: string, on?: string): void {
    this.#port.leave(group, on);
  }

  /** What was sent still leaves. */
  close(): Promise<void> {
    this.#closing ??= this.#close(undefined);
    return this.#closing;
  }

  abort(reason?: Error): void {
    this.#closing ??= this.#close(reason ?? new NetError('closed', `The socket ${this.local} was aborted`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Receives until the socket closes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedDatagram, void, undefined> {
    while (this.#closing === undefined) {
      const datagram = await this.receive();
      if (datagram === null) return;
      yield datagram;
    }
  }

  #push(data: Bytes, remote?: Address): boolean {
    const error = data.length === 0 ? undefined : wrong(this.#port, data, remote);
    if (error === undefined) return this.#port.push(data, remote);
    this.#port.dropped.unsent++;
    this.#receiver?.onError(error);
    return true;
  }

  #onDatagram(data: Bytes, remote: Address, truncated: boolean): void {
    if (this.#waiter !== undefined) {
      this.#takeWaiter()?.resolve({ data, remote, truncated });
      return;
    }
    if (this.#queue.length < this.#limit) this.#queue.push({ data, remote, truncated });
    else this.#port.dropped.overflow++;
  }

  /** An unconnected socket serves many peers: the failure of one is counted and is not the business of the others. */
  #onError(error: NetError): void {
    if (this.#port.remote === undefined) return;
    if (this.#waiter !== undefined) this.#takeWaiter()?.reject(error);
    else this.#error = error;
  }

  #onDrain(): void {
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.resolve();
  }

  async #close(reason: Error | undefined): Promise<void> {
    this.#reason = reason;
    this.#queue = [];
    if (reason === undefined) this.#takeWaiter()?.resolve(null);
    else this.#takeWaiter()?.reject(reason);
    await this.#port.close();
    this.#drain?.promise.catch(() => {});
    this.#drain?.reject(this.#gone());
    this.#receiver?.onClose(reason);
    this.#settle(reason);
  }

  #takeWaiter(): Waiter<ReceivedDatagram | null> | undefined {
    const taken = this.#waiter;
    this.#waiter = undefined;
    return taken;
  }

  #takeError(): NetError | undefined {
    const taken = this.#error;
    this.#error = undefined;
    return taken;
  }

  #gone(): Error {
    return this.#reason ?? new NetError('closed', `The socket ${this.local} is closed`);
  }

  #misuse(why: string): NetError {
    return new NetError('busy', `The socket ${this.local} cannot be used like this: ${why}`);
  }
}
