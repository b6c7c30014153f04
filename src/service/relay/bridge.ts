/**
 * Joins two connections: what the one sends, the other gets. Half-close, reset and backpressure are carried over in
 * both directions. It does not know which transports it joins, nor who opened the connections.
 */
import { type Bytes, type Clock, systemClock } from '../../core/index.ts';
import { type Loop, StreamWire } from '../../loop/index.ts';
import { IdleTimer } from './idle-timer.ts';
import type { PipePool } from './pipe-pool.ts';
import { type Bridgeable, Side, type SideOwner } from './side.ts';
import { type SpliceHandler, SplicePump } from './splice-pump.ts';

/**
 * Bytes that a connection has moved by copying before the kernel moves them; what is short never pays for pipes.
 * Also how much is copied before it is tried again where no pipe was to be had.
 */
export const SPLICE_FROM = 128 * 1024;

export interface BridgeOptions {
  /** Ms without a byte in either direction after which both sides are closed; default 0, never. */
  readonly idle?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Most bytes handed at once to `to`, for a transport that keeps boundaries; default no limit. */
  readonly chunkTo?: number | undefined;
  /** The same for `from`. */
  readonly chunkFrom?: number | undefined;
  /** Lets the kernel move the bytes where both wires are sockets on this loop; default: they are copied. */
  readonly splice?: { readonly loop: Loop; readonly pipes: PipePool } | undefined;
}

/** Two connections that belong to the bridge until both have ended. */
export class Bridge implements SideOwner, SpliceHandler {
  /** Settles when both sides are gone, and never rejects; the reason is that of the side that broke first. */
  readonly closed: Promise<Error | undefined>;
  readonly #from: Side;
  readonly #to: Side;
  readonly #idle: IdleTimer;
  readonly #settle: (reason: Error | undefined) => void;
  readonly #splice: BridgeOptions['splice'];
  #pump: SplicePump | undefined;
  /** Total of bytes from which splicing is tried. */
  #spliceFrom = Infinity;
  #spliced = false;
  #closing = false;
  #reason: Error | undefined;
  #timedOut = false;

  constructor(from: Bridgeable, to: Bridgeable, options: BridgeOptions = {}) {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settle = resolve;
    this.#from = new Side(this, from, options.chunkFrom ?? Infinity);
    this.#to = new Side(this, to, options.chunkTo ?? Infinity);
    this.#from.join(this.#to);
    this.#to.join(this.#from);
    this.#splice = options.splice;
    if (this.#splice !== undefined && this.#areSockets()) this.#spliceFrom = SPLICE_FROM;
    this.#idle = new IdleTimer(options.clock ?? systemClock, options.idle ?? 0, () => this.#onIdle());
  }

  /** Bytes that came from `from` and were given to `to`. */
  get forward(): number {
    return this.#from.bytes;
  }

  /** Bytes that came from `to` and were given to `from`. */
  get backward(): number {
    return this.#to.bytes;
  }

  /** Whether silence ended it. */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** Whether the kernel moved any of them. */
  get spliced(): boolean {
    return this.#spliced;
  }

  /** Ends both sides in order: what was taken from one still leaves to the other. */
  close(): Promise<Error | undefined> {
    this.#closing = true;
    this.#pump?.stop(false);
    this.#from.close();
    this.#to.close();
    return this.closed;
  }

  abort(reason?: Error): void {
    this.#closing = true;
    this.#from.abort(reason);
    this.#to.abort(reason);
  }

  onMoved(from?: 0 | 1, count = 0): void {
    this.#idle.touch();
    if (from !== undefined) this.#sideOf(from).bytes += count;
    else if (this.forward + this.backward >= this.#spliceFrom) this.#trySplice();
  }

  onDrained(): void {
    this.#idle.touch();
    if (this.forward + this.backward >= this.#spliceFrom && this.#canSplice()) this.#beginSplice();
  }

  onSideClosed(reason: Error | undefined): void {
    this.#pump?.cancel();
    this.#pump = undefined;
    this.#spliceFrom = Infinity;
    this.#reason ??= reason;
    if (this.#from.isOpen || this.#to.isOpen) return;
    this.#idle.cancel();
    this.#settle(this.#reason);
  }

  onStopped(rests: readonly [Bytes | null, Bytes | null], possible: boolean): void {
    this.#pump = undefined;
    this.#spliceFrom = possible ? this.forward + this.backward + SPLICE_FROM : Infinity;
    for (const from of [0, 1] as const) {
      const rest = rests[from];
      if (rest !== null && rest.length > 0) this.#sideOf(from).carry(rest);
    }
  }

  #onIdle(): void {
    this.#timedOut = true;
    void this.close();
  }

  #sideOf(end: 0 | 1): Side {
    return end === 0 ? this.#from : this.#to;
  }

  #areSockets(): boolean {
    return this.#from.wire instanceof StreamWire && this.#to.wire instanceof StreamWire;
  }

  /** Not within a wire's own reading: when the events at hand have been served. */
  #trySplice(): void {
    const from = this.#spliceFrom;
    this.#spliceFrom = Infinity;
    this.#splice!.loop.defer(() => {
      if (this.#pump !== undefined) return;
      if (this.#canSplice()) this.#beginSplice();
      else this.#spliceFrom = from;
    });
  }

  #canSplice(): boolean {
    const sides = [this.#from, this.#to];
    return !this.#closing && sides.every((side) => side.isOpen && side.isDrained);
  }

  #beginSplice(): void {
    const { loop, pipes } = this.#splice!;
    this.#spliced = true;
    this.#spliceFrom = Infinity;
    this.#pump = new SplicePump(loop, pipes, [endOf(this.#from), endOf(this.#to)], this);
  }
}

function endOf(side: Side): { wire: StreamWire; receiveEnded: boolean } {
  return { wire: side.wire as StreamWire, receiveEnded: side.receiveEnded };
}
