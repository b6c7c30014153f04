/**
 * TLS by OpenSSL over any wire, both roles: ciphertext below, plaintext above. It knows neither sockets, addresses nor
 * certificates; what its engine is made of is its owner's.
 *
 * Backpressure: `pause` stops decrypting, and the wire beneath; `push` encrypts at once and returns what the wire beneath
 * returns. So all that is held lies there, within its limits.
 */
import type { Bytes, HalfCloseable, Receiver, Wire } from '../../core/contract.ts';
import { NetError, toNetError } from '../../core/error.ts';
import { PENDING_HIGH, PENDING_LIMIT, pendingLimitError } from '../../core/pending.ts';
import type { OpensslEngine } from '../../kernel/index.ts';
import type { ClientHello } from './client-hello.ts';
import type { Failure } from './failure.ts';
import { HTTP_ANSWER, speaksHttp } from './foreign.ts';
import { ClientGreeting, ServerGreeting } from './greeting.ts';
import { opensslFailure } from './openssl.ts';
import type { TlsDetails } from './options.ts';
import { plainRegions } from './regions.ts';
import { Sealer } from './sealer.ts';
import type { SecureWire } from './secure-wire.ts';
import { Unsealer } from './unsealer.ts';

/** What the two roles do differently. */
export interface WireRole {
  readonly isServer: boolean;
  /** Makes the engine: of a server when the client has said hello, of a client at once. @throws NetError */
  open(hello: ClientHello | undefined): OpensslEngine;
  /** What was agreed on. @throws NetError when that will not do */
  details(engine: OpensslEngine): TlsDetails;
  /** The error of what went wrong, in the handshake or later. */
  error(failure: Failure, isSecured: boolean): NetError;
  /** A client's, when the server may have given one: with the first data, and at the end. */
  keepSession?(engine: OpensslEngine): void;
}

export class TlsWire implements SecureWire, Receiver {
  readonly secured: Promise<void>;
  readonly #settle: PromiseWithResolvers<void>;
  readonly #connection: HalfCloseable;
  readonly #under: Wire;
  readonly #role: WireRole;
  readonly #greeting: ClientGreeting | ServerGreeting;
  #engine: OpensslEngine | undefined;
  #sealer: Sealer | undefined;
  /** From the end of the handshake on. */
  #unsealer: Unsealer | undefined;
  #details: TlsDetails | undefined;
  #receiver: Receiver | undefined;
  /** Pushed before the handshake was over. */
  #early: Bytes[] = [];
  #earlyLength = 0;
  #paused = false;
  #pumping = false;
  #drainWanted = false;
  #sessionKept = false;
  #endAsked = false;
  #sendEnded = false;
  #receiveEnded = false;
  #underEnded = false;
  #leaving = false;
  #lingering = false;
  #aborted = false;
  #closed = false;
  #told = false;
  #reason: Error | undefined;

  /** Takes the connection over; a handshake begins with `begin`. */
  constructor(connection: HalfCloseable, role: WireRole) {
    this.#connection = connection;
    this.#role = role;
    this.#settle = Promise.withResolvers<void>();
    this.secured = this.#settle.promise;
    this.secured.catch(() => {});
    this.#greeting = role.isServer ? new ClientGreeting() : new ServerGreeting();
    this.#under = connection.attach(this);
  }

  /** A client says hello; a server waits for it. */
  begin(): void {
    if (!this.#role.isServer) this.#guard(() => this.#open(undefined));
  }

  get details(): TlsDetails | undefined {
    return this.#details;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get pending(): number {
    return this.#closed ? 0 : this.#under.pending + this.#earlyLength;
  }

  get moved(): number | undefined {
    return this.#under.moved;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#closed) queueMicrotask(() => this.#tellClose());
    else this.#pumpLater();
  }

  push(data: Bytes): boolean {
    if (this.#closed || this.#endAsked || this.#aborted) return false;
    if (data.length === 0) return true;
    if (this.#details === undefined) return this.#keepEarly(data);
    const hasRoom = this.#seal(data);
    if (!hasRoom) this.#drainWanted = true;
    return hasRoom;
  }

  recycle(chunk: Bytes): void {
    plainRegions.giveBack(chunk);
  }

  pause(): void {
    this.#paused = true;
    if (this.#details !== undefined) this.#under.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#hasNews) this.#pumpLater();
    else this.#under.resume();
  }

  end(): void {
    if (this.#endAsked || this.#closed) return;
    this.#endAsked = true;
    if (this.#details !== undefined) this.#endNow();
  }

  abort(reason?: Error): void {
    this.#aborted = true;
    if (this.#closed) return;
    this.#free();
    this.#under.abort(reason);
  }

  leave(): void {
    this.#leaving = true;
  }

  fail(reason: Error): void {
    if (this.#closed || this.#aborted) return;
    this.#sealer?.flush();
    this.#close(reason);
    // What was said last, an alert, still leaves; then the connection beneath ends within its grace.
    this.#connection.close().catch(() => {});
    queueMicrotask(() => this.#tellClose());
  }

  onData(chunk: Bytes): void {
    if (this.#closed || this.#aborted) return;
    if (this.#unsealer === undefined) {
      this.#guard(() => this.#greet(chunk));
      return;
    }
    this.#unsealer.give(chunk);
    if (!this.#paused && this.#receiver !== undefined && !this.#pumping) this.#pump(this.#unsealer);
  }

  onEnd(): void {
    this.#underEnded = true;
    if (this.#hasNews) this.#pumpLater();
    else this.#onCut();
  }

  onDrain(): void {
    if (this.#lingering) this.#linger();
    if (!this.#drainWanted || this.#details === undefined) return;
    this.#drainWanted = false;
    this.#tell((receiver) => receiver.onDrain());
  }

  onClose(reason?: Error): void {
    if (this.#closed) return;
    const isEarly = this.#details === undefined && !this.#aborted;
    this.#close(isEarly ? this.#error({ reason: 'LOST', cause: reason }) : reason);
    this.#tellClose();
  }

  #greet(chunk: Bytes): void {
    if (this.#engine !== undefined) {
      if (this.#greeting instanceof ServerGreeting) this.#greeting.receive(chunk);
      this.#engine.give(chunk);
      this.#shake(this.#engine);
      return;
    }
    const hello = (this.#greeting as ClientGreeting).receive(chunk);
    if (hello !== null) this.#open(hello);
  }

  #open(hello: ClientHello | undefined): void {
    const engine = this.#role.open(hello);
    this.#engine = engine;
    this.#sealer = new Sealer(engine, this.#under);
    if (hello !== undefined) engine.give(hello.bytes);
    this.#shake(engine);
  }

  #shake(engine: OpensslEngine): void {
    const done = engine.handshake();
    if (done === null) {
      this.fail(this.#error(opensslFailure(engine)));
      return;
    }
    this.#sealer!.flush();
    if (!done || this.#closed) return;
    this.#details = this.#role.details(engine);
    this.#unsealer = new Unsealer(engine, this.#under);
    this.#settle.resolve();
    this.#onSecured();
  }

  /** What waited for the handshake goes on: what was pushed, and what came with its last flight. */
  #onSecured(): void {
    const early = this.#early;
    this.#early = [];
    this.#earlyLength = 0;
    let hasRoom = true;
    for (const data of early) hasRoom = this.#seal(data);
    if (this.#endAsked) this.#endNow();
    if (this.#paused) this.#under.pause();
    this.#pumpLater();
    if (hasRoom) queueMicrotask(() => this.onDrain());
  }

  /** Something came that the receiver has not been told. */
  get #hasNews(): boolean {
    const unsealer = this.#unsealer;
    return unsealer !== undefined && (unsealer.hasMore || (unsealer.state !== 'open' && !this.#receiveEnded));
  }

  #pumpLater(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      if (this.#unsealer === undefined || this.#paused || this.#receiver === undefined) return;
      this.#pump(this.#unsealer);
      if (!this.#paused && !this.#closed && !this.#aborted) this.#under.resume();
    });
  }

  /** Decrypts and delivers until nothing is left, or nobody wants it. */
  #pump(unsealer: Unsealer): void {
    while (!this.#paused && !this.#closed && !this.#aborted) {
      const data = unsealer.next();
      if (data === null) break;
      this.#deliver(data);
    }
    if (this.#closed || this.#aborted) return;
    if (unsealer.takeAnswered()) this.#sealer!.flush();
    if (!this.#sessionKept) this.#keepSession();
    if (unsealer.state === 'failed') this.fail(this.#error(unsealer.failure));
    else if (unsealer.state === 'ended') this.#onPeerEnd();
    else if (this.#underEnded && !this.#hasNews) this.#onCut();
  }

  /** Without a closure: this runs for every chunk. */
  #deliver(data: Bytes): void {
    try {
      this.#receiver!.onData(data);
    } catch (thrown) {
      this.abort(toNetError(thrown, 'The receiver failed'));
    }
  }

  /** The close_notify of the peer. */
  #onPeerEnd(): void {
    if (this.#receiveEnded || this.#paused) return;
    this.#receiveEnded = true;
    this.#tell((receiver) => receiver.onEnd());
    if (this.#sendEnded) this.#linger();
  }

  /** The connection beneath has ended without one: whoever sits between may have cut it (RFC 8446 section 6.1). */
  #onCut(): void {
    if (this.#receiveEnded || this.#closed || this.#aborted || this.#unsealer?.state === 'ended') return;
    if (this.#details === undefined) this.fail(this.#error({ reason: 'UNEXPECTED_EOF_WHILE_READING' }));
    else if (this.#leaving && this.#sendEnded) this.#onPeerEnd();
    else this.fail(this.#error({ reason: 'TRUNCATED' }));
  }

  #keepEarly(data: Bytes): boolean {
    if (this.#earlyLength > PENDING_LIMIT) {
      this.abort(pendingLimitError('Cannot send before the TLS handshake is over'));
      return false;
    }
    this.#early.push(data);
    this.#earlyLength += data.length;
    if (this.#earlyLength < PENDING_HIGH) return true;
    this.#drainWanted = true;
    return false;
  }

  #seal(data: Bytes): boolean {
    const hasRoom = this.#sealer!.push(data);
    if (hasRoom !== null) return hasRoom;
    const error = this.#error(opensslFailure(this.#engine!));
    queueMicrotask(() => this.fail(error));
    return false;
  }

  #endNow(): void {
    this.#sendEnded = true;
    this.#engine!.shutdown();
    this.#sealer!.flush();
    this.#under.end();
    if (this.#receiveEnded) this.#linger();
  }

  /** Both have said that they end. A peer that then keeps its socket open has the grace for closing, once it has all of ours. */
  #linger(): void {
    this.#lingering = this.#under.pending > 0;
    if (!this.#lingering) this.#connection.close().catch(() => {});
  }

  #error(failure: Failure): NetError {
    return this.#role.error(failure, this.#details !== undefined);
  }

  #keepSession(): void {
    this.#sessionKept = true;
    if (this.#details !== undefined) this.#role.keepSession?.(this.#engine!);
  }

  #free(): void {
    if (this.#engine === undefined || this.#engine.isFreed) return;
    this.#keepSession();
    this.#engine.free();
  }

  #close(reason: Error | undefined): void {
    this.#closed = true;
    this.#reason = reason;
    this.#early = [];
    this.#earlyLength = 0;
    this.#free();
    if (this.#details !== undefined) return;
    const otherwise = new NetError('closed', 'The connection was closed during the TLS handshake');
    this.#settle.reject(reason ?? otherwise);
  }

  /** What goes wrong while shaking hands ends the handshake, and not the process. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      const error = this.#error({ reason: 'FOREIGN', cause: thrown });
      if (this.#role.isServer && speaksHttp(error)) this.#under.push(HTTP_ANSWER);
      this.fail(error);
    }
  }

  #tell(call: (receiver: Receiver) => void): void {
    if (this.#closed || this.#aborted || this.#receiver === undefined) return;
    try {
      call(this.#receiver);
    } catch (thrown) {
      this.abort(toNetError(thrown, 'The receiver failed'));
    }
  }

  #tellClose(): void {
    if (this.#told || this.#receiver === undefined) return;
    this.#told = true;
    this.#receiver.onClose(this.#reason);
  }
}
