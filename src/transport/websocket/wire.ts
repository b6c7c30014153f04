/**
 * The push level of a WebSocket: an endpoint on a connection, for whoever wants plain calls and no promise a message. It does not
 * know how the handshake was made, nor which transport is below.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import type { Bytes, Connection, Receiver, Wire } from '../../core/contract.ts';
import { NetError, toNetError } from '../../core/error.ts';
import { PENDING_HIGH, PENDING_LIMIT, pendingLimitError } from '../../core/pending.ts';
import {
  CLOSE_TIMEOUT,
  type CloseInfo,
  NORMAL_CLOSURE,
  type Outgoing,
  type WebSocketEndpoint,
  type WebSocketEvent,
} from '../../protocol/websocket/index.ts';
import { flushSoon, notePush } from './flush-queue.ts';

/**
 * Called in this order: `onMessage` any number of times, `onPeerClose` at most once, `onClose` once and last. What it throws closes
 * the socket with 1011. It may call the socket from within any of them.
 */
export interface WebSocketReceiver {
  /** Bytes are a view of what was read: whoever keeps them for long copies them. */
  onMessage(data: string | Bytes): void;
  /** After a `push` that returned `false`: there is room again. */
  onDrain?(): void;
  /** Pings are answered without it. */
  onPing?(data: Bytes): void;
  onPong?(data: Bytes): void;
  /** The peer's Close frame has come: it sends no more. It has been answered already. */
  onPeerClose?(code: number, reason: string): void;
  /** @param error why it was not a clean end */
  onClose(info: CloseInfo, error?: Error): void;
}

export class WebSocketWire implements Receiver {
  readonly #connection: Connection;
  readonly #endpoint: WebSocketEndpoint;
  readonly #clock: Clock;
  #unread: Bytes | undefined;
  #wire: Wire | undefined;
  #receiver: WebSocketReceiver | undefined;
  #first: (string | Bytes)[] = [];
  #timer: Timer | undefined;
  #timerAt: number | null = null;
  #hasRoom = true;
  #wantsDrain = false;
  #isQueued = false;
  #isPaused = false;
  /** What the wire had moved at the last look. */
  #movedThen: number | undefined;
  #isDelivering = false;
  #isFinishing = false;
  #isAborted = false;
  #isClosed = false;
  #isTold = false;
  #error: Error | undefined;
  #info: CloseInfo | undefined;
  readonly #waiting: ((error: Error | undefined) => void)[] = [];

  /** @param unread what was read of the connection behind the handshake */
  constructor(connection: Connection, endpoint: WebSocketEndpoint, clock: Clock, unread?: Bytes) {
    this.#connection = connection;
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#unread = unread;
  }

  /**
   * Begins delivery, never before the call has returned. Called again, it hands delivery over to another receiver.
   * @param first messages that it is given before all others
   */
  start(receiver: WebSocketReceiver, first: readonly (string | Bytes)[] = []): void {
    this.#receiver = receiver;
    this.#isTold = false;
    this.#first.push(...first);
    queueMicrotask(() => this.#begin(receiver));
    if (this.#wire !== undefined) return;
    // Behind the microtask above: what the connection has read ahead comes after what was read with the handshake.
    this.#wire = this.#connection.attach(this);
    this.#schedule();
  }

  /**
   * Sends a message; bytes are handed over. `false` asks to wait for `onDrain`; a socket whose queue passes `PENDING_LIMIT` because
   * nobody waits is aborted (`limit`). After `close`, `abort` or the end the message is dropped and it returns `false`.
   *
   * Messages leave together when the code that runs has come to its end.
   * @throws NetError `protocol` for text with half a surrogate pair
   */
  push(message: Outgoing): boolean {
    const endpoint = this.#endpoint;
    if (!this.canSend) return false;
    if (!this.#hasRoom && this.pending > PENDING_LIMIT) {
      this.abort(pendingLimitError(`Cannot send to ${this.#connection.remote}`));
      return false;
    }
    endpoint.send(message);
    notePush();
    this.#flushSoon();
    if (endpoint.pending < PENDING_HIGH && this.#hasRoom) return true;
    return this.#onFull();
  }

  /** Asks for a sign of life; the answer is `onPong`. Up to 125 bytes. */
  ping(data: Bytes = new Uint8Array(0)): void {
    this.#endpoint.ping(data, this.#clock.now());
    this.#flushSoon();
  }

  /** Stops delivery. Pings that arrive in the meantime are answered after `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#wire?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#wire?.resume();
    queueMicrotask(() => this.#deliver());
  }

  /**
   * Sends what was pushed, then a Close frame, and waits for the peer's. Idempotent.
   * @throws NetError `protocol` for a code that nobody may send, or a reason of more than 123 bytes
   */
  close(code: number = NORMAL_CLOSURE, reason = ''): void {
    this.#endpoint.close(code, reason, this.#clock.now());
    this.#flushSoon();
    this.#schedule();
  }

  /** Ends at once and without a Close frame; the receiver hears `onClose` and nothing else. */
  abort(reason?: Error): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#wire?.abort(reason);
  }

  /** Closes in good order, and tells `error` at the end all the same. */
  giveUp(error: Error): void {
    this.#error ??= error;
    this.close();
  }

  /** Whether `push` still takes messages. */
  get canSend(): boolean {
    return !this.#isClosed && !this.#isAborted && this.#endpoint.canSend;
  }

  /** Settles last and never rejects. `undefined` is a clean end. */
  get closed(): Promise<Error | undefined> {
    if (this.#isClosed) return Promise.resolve(this.#error);
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** How it ended; `undefined` as long as it has not. */
  get closeInfo(): CloseInfo | undefined {
    return this.#info;
  }

  /** Why the end was not clean, once it has come. */
  get error(): Error | undefined {
    return this.#isClosed ? this.#error : undefined;
  }

  /** Bytes pushed that the system has not taken yet. */
  get pending(): number {
    return this.#endpoint.pending + (this.#wire?.pending ?? 0);
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get moved(): number | undefined {
    return this.#connection.moved;
  }

  onData(chunk: Bytes): void {
    this.#endpoint.receive(chunk, this.#clock.now());
    this.#deliver();
  }

  onEnd(): void {
    this.#endpoint.receive(null, this.#clock.now());
    this.#deliver();
  }

  onDrain(): void {
    this.#hasRoom = true;
    this.flush();
    if (!this.#wantsDrain || !this.#hasRoom || this.#isAborted) return;
    this.#wantsDrain = false;
    this.#tell(() => this.#receiver?.onDrain?.());
  }

  onClose(reason?: Error): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#info = this.#endpoint.closeInfo;
    if (this.#isAborted) this.#error ??= reason;
    else if (!this.#info.wasClean) this.#error ??= reason ?? endedEarly(this.#connection);
    for (const settle of this.#waiting.splice(0)) settle(this.#error);
    this.#tellClose();
  }

  /** For the queue of those that have something to write. */
  flush(): void {
    this.#isQueued = false;
    if (this.#wire === undefined || this.#isClosed) return;
    const isOver = this.#isOver;
    while (this.#hasRoom || isOver) {
      const piece = this.#endpoint.take();
      if (piece === null) break;
      if (!this.#wire.push(piece)) this.#hasRoom = false;
    }
    if (isOver) this.#finish();
  }

  /** Both Close frames were exchanged, or ours ends it all. */
  get #isOver(): boolean {
    const { state } = this.#endpoint;
    return state === 'closed' || state === 'failed' || state === 'lost';
  }

  #begin(receiver: WebSocketReceiver): void {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined && unread.length > 0) this.#endpoint.receive(unread, this.#clock.now());
    this.#deliver();
    if (this.#isClosed && !this.#isTold && this.#receiver === receiver) this.#tellClose();
  }

  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      while (!this.#isPaused && !this.#isAborted && this.#deliverNext());
    } catch (thrown) {
      this.#fail(thrown);
    }
    this.#isDelivering = false;
    if (this.#endpoint.pending > 0 || this.#isOver) this.#flushSoon();
  }

  #deliverNext(): boolean {
    const first = this.#first.shift();
    if (first !== undefined) {
      this.#receiver!.onMessage(first);
      return true;
    }
    const event = this.#isClosed ? null : this.#endpoint.next();
    if (event !== null) this.#hand(this.#receiver!, event);
    return event !== null;
  }

  #hand(receiver: WebSocketReceiver, event: WebSocketEvent): void {
    if (event.type === 'message') receiver.onMessage(event.data);
    else if (event.type === 'close') receiver.onPeerClose?.(event.code, event.reason);
    else if (event.type === 'ping') receiver.onPing?.(event.data);
    else receiver.onPong?.(event.data);
  }

  #tell(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The peer broke a rule, or the receiver threw. The peer is told which, as far as it listens. */
  #fail(thrown: unknown): void {
    this.#error ??= toNetError(
      thrown,
      `The receiver of the WebSocket with ${this.#connection.remote} failed`,
    );
    this.#endpoint.fail(thrown);
    this.#flushSoon();
  }

  #tellClose(): void {
    this.#isTold = true;
    this.#receiver?.onClose(this.#info!, this.#error);
  }

  #onFull(): boolean {
    if (this.#hasRoom) this.flush();
    if (this.#hasRoom) return true;
    this.#wantsDrain = true;
    return false;
  }

  #flushSoon(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    flushSoon(this);
  }

  /** The server ends the connection, so that the client's port is free at once (RFC 6455 section 7.1.1). */
  #finish(): void {
    const { role, state, hasEnded } = this.#endpoint;
    const waits = role === 'client' && state === 'closed' && !hasEnded;
    if (!waits) this.#closeConnection();
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    if (!waits) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(CLOSE_TIMEOUT, () => this.#closeConnection());
  }

  #closeConnection(): void {
    this.#timer?.cancel();
    this.#connection.close().catch(() => {});
  }

  #schedule(): void {
    if (this.#isFinishing || this.#isClosed) return;
    const at = this.#endpoint.deadline();
    if (at === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    if (at === null) return;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerAt = null;
    if (this.#isPaused && this.#isTaken()) this.#endpoint.held();
    try {
      this.#endpoint.timeout(this.#clock.now());
    } catch (thrown) {
      this.#error ??= thrown as Error;
      this.#wire?.abort(thrown as NetError);
      return;
    }
    if (this.#endpoint.pending > 0) this.#flushSoon();
    this.#schedule();
  }

  /** Whether the peer has taken some of what waits for it since the last look: one that takes nothing is not spared for our pause. */
  #isTaken(): boolean {
    const { pending = 0, moved = pending } = this.#wire ?? {};
    const before = this.#movedThen;
    this.#movedThen = moved;
    return pending === 0 || moved !== before;
  }
}

function endedEarly(connection: Connection): NetError {
  return new NetError('broken', `The WebSocket with ${connection.remote} ended without a Close frame`);
}
