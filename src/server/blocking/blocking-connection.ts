/**
 * A connection for threads that block: `write` and `close` wait inside poll(2), and so does `read`, in a microtask, so
 * that it can be given up in the same breath. It does not know what the thread is for.
 *
 * While it waits, nothing else happens in the thread: no timer fires and no signal but what `Interrupt` is told. Two
 * reads of two connections at once are therefore one after the other.
 */
import type { Address } from '../../core/address.ts';
import { CLOSE_GRACE, type Endpoints, WireConnection } from '../../core/connection.ts';
import type { Abortable, Bytes, HalfCloseable, Receiver, Wire } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { rejected } from '../../core/rejected.ts';
import {
  close,
  EAGAIN,
  EINTR,
  kernelError,
  POLLIN,
  POLLOUT,
  recvAt,
  SHUT_WR,
  send,
  setLinger,
  shutdown,
} from '../../kernel/index.ts';
import { defaultEngine } from '../../loop/engine.ts';
import { READ_SIZE, ReadBuffer } from '../../loop/read-buffer.ts';
import type { Interrupt } from './blocking-control.ts';
import { BlockingEndpoints } from './blocking-endpoints.ts';
import { blockingWait } from './blocking-wait.ts';

export interface BlockingOptions {
  readonly interrupt: Interrupt;
  /** Ms without a byte either way until a wait ends and the connection is aborted; 0: never. */
  readonly idle: number;
  /** Ms; default `CLOSE_GRACE`. */
  readonly closeGrace?: number | undefined;
  /** Whether `abort` can send a reset: TCP can, Unix sockets cannot. */
  readonly canReset: boolean;
}

const DONE: Promise<void> = Promise.resolve();
const ABORTED = new NetError('closed', 'The connection was aborted');
export const STOPPED = new NetError('closed', 'The server closed before the connection had ended');

/** One for the thread: no two reads happen at once. */
const buffer = new ReadBuffer();

export class BlockingConnection implements HalfCloseable {
  readonly #fd: number;
  readonly #endpoints: Endpoints;
  readonly #options: BlockingOptions;
  readonly #end = Promise.withResolvers<Error | undefined>();
  #moved = 0;
  /** The last read was short: the next asks poll(2) first, and spares the recv(2) that would find nothing. */
  #emptied = false;
  #reading = false;
  #receiveEnded = false;
  #sendEnded = false;
  #aborted = false;
  #isCut = false;
  /** When it was first seen that no more bytes moved than `#movedThen`. */
  #silentSince = 0;
  #movedThen = -1;
  #closing: Promise<void> | undefined;
  #attached: { readonly connection: WireConnection; readonly wire: Wire } | undefined;
  #settled = false;
  #reason: Error | undefined;

  /**
   * @param fd connected and non-blocking; the connection's from now on
   * @param listening where it was accepted
   * @param peer as accept4(2) filled it, if that was kept
   */
  constructor(fd: number, listening: string, peer: Uint8Array | undefined, options: BlockingOptions) {
    this.#fd = fd;
    this.#endpoints = new BlockingEndpoints(() => this.#openFd, listening, peer);
    this.#options = options;
  }

  get local(): Address {
    return this.#endpoints.local;
  }

  get remote(): Address {
    return this.#endpoints.remote;
  }

  get moved(): number {
    return this.#moved + (this.#attached?.wire.moved ?? 0);
  }

  get closed(): Promise<Error | undefined> {
    return this.#end.promise;
  }

  /** Whether the idle limit or the server ended it, and nobody else. */
  get isCut(): boolean {
    return this.#isCut;
  }

  read(options?: Abortable): Promise<Bytes | null> {
    if (this.#attached !== undefined) return this.#attached.connection.read(options);
    if (this.#reading) return Promise.reject(misuse('another read is waiting'));
    try {
      const chunk = this.#readReady(options?.signal);
      return chunk === undefined ? this.#readLater(options?.signal) : Promise.resolve(chunk);
    } catch (reason) {
      return Promise.reject(reason);
    }
  }

  write(data: Bytes): Promise<void> {
    this.#look();
    if (this.#closing !== undefined || this.#settled) return rejected(this.#gone());
    if (this.#attached !== undefined) return this.#attached.connection.write(data);
    if (this.#sendEnded) return Promise.reject(misuse('the sending half has ended'));
    try {
      this.#sendAll(data);
      return DONE;
    } catch (reason) {
      return rejected(reason);
    }
  }

  end(): Promise<void> {
    if (this.#attached !== undefined) return this.#attached.connection.end();
    if (this.#reason !== undefined) return rejected(this.#reason);
    if (!this.#sendEnded && !this.#settled) this.#endNow();
    return this.#reason === undefined ? DONE : rejected(this.#reason);
  }

  /** The thread goes on in its event loop, with an ordinary connection on the same descriptor. */
  attach(receiver: Receiver): Wire {
    if (this.#attached !== undefined) return this.#attached.connection.attach(receiver);
    if (this.#reading) throw misuse('a read is waiting');
    if (this.#closing !== undefined) throw this.#gone();
    const fd = this.#openFd;
    const wire = defaultEngine().wire(fd, this.#endpoints, this.#options.canReset);
    if (fd < 0) {
      queueMicrotask(() => this.#tellEnded(receiver));
      return wire;
    }
    const { closeGrace } = this.#options;
    const connection = new WireConnection(wire, this.#endpoints, { closeGrace });
    this.#attached = { connection, wire };
    if (this.#sendEnded) void connection.end();
    void connection.closed.then((reason) => this.#settle(reason));
    return connection.attach(receiver);
  }

  /** The thread does not go back to blocking: what is read now, is read in its event loop. */
  detach(unread?: Bytes): void {
    if (this.#attached === undefined) throw misuse('no receiver is attached');
    this.#attached.connection.detach(unread);
  }

  /** Blocks, at most for the grace, until the peer has ended its half as well. */
  close(options?: Abortable): Promise<void> {
    if (this.#attached !== undefined) return this.#attached.connection.close(options);
    if (this.#closing !== undefined) return this.#closing;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {});
    this.#closing = promise;
    this.#linger(options?.signal);
    if (this.#reason === undefined) resolve();
    else reject(this.#reason);
    return promise;
  }

  abort(reason?: Error): void {
    if (this.#settled) return;
    this.#aborted = true;
    if (this.#attached !== undefined) {
      this.#attached.connection.abort(reason);
      return;
    }
    // When all has left and was ended there is nothing to reset any more.
    if (this.#options.canReset && !this.#sendEnded) setLinger(this.#fd, 0);
    this.#finish(reason ?? ABORTED);
  }

  /** As `abort`, by the server. */
  cut(reason: Error): void {
    if (this.#settled) return;
    this.#isCut = true;
    this.abort(reason);
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

  /** What is there already; `undefined` when nothing is. */
  #readReady(signal: AbortSignal | undefined): Bytes | null | undefined {
    this.#look();
    signal?.throwIfAborted();
    if (this.#closing !== undefined || this.#reason !== undefined) throw this.#gone();
    if (this.#receiveEnded || this.#settled) return null;
    return this.#emptied ? undefined : this.#receive();
  }

  /** Blocks when what the handler has begun has gone as far as it can: before that it might still give the read up. */
  async #readLater(signal: AbortSignal | undefined): Promise<Bytes | null> {
    this.#reading = true;
    try {
      await DONE;
      for (;;) {
        const chunk = this.#readReady(signal);
        if (chunk !== undefined) return chunk;
        if (this.#block(POLLIN, this.#options.interrupt.news)) this.#emptied = false;
      }
    } finally {
      this.#reading = false;
    }
  }

  /** `undefined` when nothing is there yet. */
  #receive(): Bytes | null | undefined {
    const count = recvAt(this.#fd, buffer.reserve(), READ_SIZE);
    this.#emptied = count < READ_SIZE;
    if (count > 0) {
      this.#moved += count;
      return buffer.take(count);
    }
    if (count === 0) {
      this.#onReceiveEnd();
      return null;
    }
    if (count === -EAGAIN || count === -EINTR) return undefined;
    throw this.#fail(count, 'receive from');
  }

  #sendAll(data: Bytes): void {
    for (let at = 0; at < data.length; ) {
      const sent = send(this.#fd, at === 0 ? data : data.subarray(at));
      if (sent >= 0) {
        at += sent;
        this.#moved += sent;
      } else if (sent === -EAGAIN) {
        // Not for the signal: what listens to it may write, and that would come into the middle of this.
        this.#block(POLLOUT, this.#options.interrupt.end);
        if (this.#settled) throw this.#gone();
      } else if (sent !== -EINTR) throw this.#fail(sent, 'send to');
    }
  }

  /** Whether the descriptor is ready; if not, all may have changed. */
  #block(events: number, waker: number): boolean {
    const woken = blockingWait(this.#fd, events, waker, this.#idleDeadline());
    if (woken === 'ready') return true;
    if (woken === 'interrupted') this.#look();
    else this.cut(new NetError('timeout', `Silent for more than ${this.#options.idle} ms`));
    return false;
  }

  #look(): void {
    if (this.#options.interrupt.isStopping) this.cut(STOPPED);
    this.#options.interrupt.look();
  }

  #idleDeadline(): number {
    const { idle } = this.#options;
    if (idle === 0) return Number.POSITIVE_INFINITY;
    if (this.#moved !== this.#movedThen) {
      this.#movedThen = this.#moved;
      this.#silentSince = performance.now();
    }
    return this.#silentSince + idle;
  }

  #onReceiveEnd(): void {
    this.#receiveEnded = true;
    if (this.#sendEnded) this.#finish(undefined);
  }

  #endNow(): void {
    this.#sendEnded = true;
    if (this.#receiveEnded) {
      this.#finish(undefined);
      return;
    }
    const result = shutdown(this.#fd, SHUT_WR);
    if (result < 0) this.#fail(result, 'end the connection to');
  }

  /** Ends our half and reads what still comes: unread, it would make the system send a reset (RFC 1122, 4.2.2.13). */
  #linger(signal: AbortSignal | undefined): void {
    const { interrupt, closeGrace = CLOSE_GRACE } = this.#options;
    const deadline = performance.now() + closeGrace;
    if (!this.#settled && !this.#sendEnded) this.#endNow();
    while (!this.#settled) {
      if (interrupt.isStopping) this.#isCut = true;
      if (this.#isCut || signal?.aborted || performance.now() >= deadline) this.#finish(undefined);
      else this.#dropSome(deadline);
    }
  }

  #dropSome(deadline: number): void {
    const count = recvAt(this.#fd, buffer.reserve(), READ_SIZE);
    if (count === 0) this.#onReceiveEnd();
    else if (count === -EAGAIN) {
      const { interrupt } = this.#options;
      if (blockingWait(this.#fd, POLLIN, interrupt.news, deadline) === 'interrupted') interrupt.look();
    } else if (count < 0 && count !== -EINTR) this.#fail(count, 'receive from');
  }

  #fail(result: number, verb: string): Error {
    const error = kernelError(result, `Cannot ${verb} ${this.remote}`);
    this.#finish(error);
    return error;
  }

  #finish(reason: Error | undefined): void {
    if (this.#settled) return;
    close(this.#fd);
    this.#settle(reason);
  }

  #settle(reason: Error | undefined): void {
    this.#settled = true;
    this.#reason = reason;
    this.#end.resolve(reason);
  }

  /** To a receiver that comes when all is over. */
  #tellEnded(receiver: Receiver): void {
    if (this.#receiveEnded) receiver.onEnd();
    receiver.onClose(this.#reason);
  }

  /** Below 0 when it is closed: the number may be another's by then. */
  get #openFd(): number {
    if (this.#attached !== undefined) return this.#attached.wire.fd ?? -1;
    return this.#settled ? -1 : this.#fd;
  }

  #gone(): Error {
    return this.#reason ?? new NetError('closed', 'The connection is closed');
  }
}

function misuse(why: string): NetError {
  return new NetError('busy', `The connection cannot be used like this: ${why}`);
}
