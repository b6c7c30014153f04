/**
 * One end of a WebSocket after the handshake (RFC 6455 sections 5 to 7, RFC 7692): bytes in, events out, messages in, bytes out.
 * It holds no socket and no clock.
 */
import type { Bytes, Protocol } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { ABNORMAL_CLOSURE, INTERNAL_ERROR, POLICY_VIOLATION } from './close-code.ts';
import { type CloseFrame, encodeClose } from './close-frame.ts';
import { ControlRate } from './control-rate.ts';
import { DEFLATE_FROM, type Deflation } from './deflate.ts';
import type { ControlEvent, WebSocketEvent } from './event.ts';
import { FIN, RSV1, SHORT } from './frame-head.ts';
import { checkText, encodeText, writeFrame, writeText } from './frame-writer.ts';
import { Keepalive } from './keepalive.ts';
import { limitsOf, type WebSocketLimits } from './limits.ts';
import { randomMaskKey } from './mask-keys.ts';
import { MessageReader } from './message-reader.ts';
import { BINARY, CLOSE, PING, PONG, TEXT } from './opcode.ts';
import { Outbox } from './outbox.ts';
import { PreparedMessage } from './prepared-message.ts';
import { after, INITIAL, type State, type Step } from './state.ts';
import { WebSocketError } from './websocket-error.ts';

/** What can be sent: text, bytes, or either of them encoded beforehand. */
export type Outgoing = string | Bytes | PreparedMessage;

/** How long the peer may take, in ms, to answer our Close frame. Precedent: `CLOSE_GRACE` of connections; browsers wait some seconds. */
export const CLOSE_TIMEOUT = 5_000;

/** Silence in ms after which a ping is sent, where keeping alive was asked for. Precedent: 20 s in Python's websockets; proxies give up after 60. */
export const PING_INTERVAL = 30_000;

/** Ms from a ping until a peer that sends nothing is gone. Precedent: Python's websockets. */
export const PONG_TIMEOUT = 20_000;

export interface EndpointOptions {
  /** A client masks what it sends; a server takes nothing that is not masked. */
  readonly role: 'client' | 'server';
  readonly limits?: Partial<WebSocketLimits> | undefined;
  /** When permessage-deflate was agreed on. */
  readonly deflation?: Deflation | undefined;
  /**
   * `messages`: whole messages, and the peer's Close frame is answered at once (default). `bytes`: what messages carry as one stream,
   * part by part; the peer's Close frame ends one half, and ours is sent when `close` is called.
   */
  readonly mode?: 'messages' | 'bytes' | undefined;
  /** Ms; 0 sends no pings, which is the default. */
  readonly pingInterval?: number | undefined;
  /** Ms; default `PONG_TIMEOUT`. */
  readonly pongTimeout?: number | undefined;
  /** Ms; default `CLOSE_TIMEOUT`. Not for `bytes`, whose other half may go on for as long as it likes. */
  readonly closeTimeout?: number | undefined;
  /** Default: random. */
  readonly maskKey?: (() => number) | undefined;
}

/** How it ended, as a browser would tell it. */
export interface CloseInfo extends CloseFrame {
  /** `NO_STATUS` for a Close frame without a code, `ABNORMAL_CLOSURE` for none. */
  readonly code: number;
  /** Whether both Close frames were exchanged. */
  readonly wasClean: boolean;
}

export class WebSocketEndpoint implements Protocol<WebSocketEvent, Outgoing> {
  readonly #options: EndpointOptions;
  readonly #limits: WebSocketLimits;
  readonly #reader: MessageReader;
  readonly #outbox = new Outbox();
  readonly #maskKey: (() => number) | undefined;
  readonly #keepalive: Keepalive | undefined;
  #state: State = INITIAL;
  #now: number;
  #hasEnded = false;
  #closeDeadline: number | null = null;
  /** What the peer's Close frame said, or what we failed with. */
  #close: CloseFrame | undefined;
  /** Pongs that were queued since all was taken, and the ping that is to be answered then. */
  #pongs = 0;
  #unanswered: Bytes | undefined;
  readonly #controlRate: ControlRate;

  /** @param now on the clock of all other calls */
  constructor(options: EndpointOptions, now: number) {
    const isServer = options.role === 'server';
    this.#options = options;
    this.#limits = limitsOf(options.limits);
    this.#maskKey = isServer ? undefined : (options.maskKey ?? randomMaskKey);
    this.#reader = new MessageReader({
      limits: this.#limits,
      isMasked: isServer,
      inflater: options.deflation?.inflater,
      asBytes: options.mode === 'bytes',
    });
    const interval = options.pingInterval ?? 0;
    if (interval > 0) this.#keepalive = new Keepalive(interval, options.pongTimeout ?? PONG_TIMEOUT, now);
    this.#now = now;
    this.#controlRate = new ControlRate(this.#limits.controlRate, now);
  }

  get state(): State {
    return this.#state;
  }

  get role(): 'client' | 'server' {
    return this.#options.role;
  }

  /** Whether messages can be sent. */
  get canSend(): boolean {
    return after(this.#state, 'send message') !== undefined;
  }

  /** Whether the connection below has ended, which may come long before `next` tells. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Bytes to take. */
  get pending(): number {
    return this.#outbox.length;
  }

  /** Meant for when it is over; before, it tells of the peer's Close frame, if that has come. */
  get closeInfo(): CloseInfo {
    const { code, reason } = this.#close ?? { code: ABNORMAL_CLOSURE, reason: '' };
    return { code, reason, wasClean: this.#state === 'closed' };
  }

  /** The chunk is unmasked in place, and events are views of it. */
  receive(data: Bytes | null, now: number): void {
    this.#now = now;
    this.#keepalive?.heard();
    if (data === null) this.#hasEnded = true;
    else if (this.#isReceiving) this.#reader.receive(data);
  }

  /** While it is not asked for more, because somebody holds back, the peer's pong is not seen and must not be missed. */
  held(): void {
    this.#keepalive?.heard();
  }

  /** @throws WebSocketError, once; the Close frame that tells the peer is there to be taken, and then the connection ends */
  next(): WebSocketEvent | null {
    while (this.#isReceiving) {
      const event = this.#read();
      if (event === null) {
        if (this.#hasEnded) this.#step('receive end');
        return null;
      }
      if (event.type === 'message') return event;
      if (event.type === 'close') return this.#onClose(event);
      this.#onControl(event);
      return event;
    }
    if (this.#hasEnded) this.#step('receive end');
    return null;
  }

  /**
   * @param message bytes are handed over
   * @throws NetError `closed` once a Close frame was sent, `protocol` for text that has no UTF-8
   */
  send(message: Outgoing): void {
    if (!this.canSend) throw closed(this.#state);
    if (message instanceof PreparedMessage) this.#sendPrepared(message);
    else if (typeof message === 'string') this.#sendText(message);
    else this.#sendPayload(BINARY, message);
  }

  /** @throws NetError `closed`, or `protocol` for a payload of more than 125 bytes */
  ping(payload: Bytes, now: number): void {
    this.#now = now;
    if (payload.length > SHORT)
      throw new NetError('protocol', `A ping carries up to ${SHORT} bytes, not ${payload.length}`, {
        fault: 'local',
      });
    if (!this.#step('send control')) throw closed(this.#state);
    this.#frame(PING, payload);
  }

  /**
   * Sends a Close frame, once; afterwards nothing is sent. It does nothing when one was sent already.
   * @throws NetError `protocol` for a code or a reason that cannot be sent
   */
  close(code: number, reason: string, now: number): void {
    this.#now = now;
    const payload = encodeClose(code, reason);
    if (!this.#step('send close')) return;
    this.#frame(CLOSE, payload);
    if (this.#state !== 'closing' || this.#options.mode === 'bytes') return;
    this.#closeDeadline = now + (this.#options.closeTimeout ?? CLOSE_TIMEOUT);
  }

  /** Gives up on the peer: tells it why where it still can be told. */
  fail(error: unknown): void {
    const code = error instanceof WebSocketError ? error.closeCode : INTERNAL_ERROR;
    const hasSent = after(this.#state, 'send close') === undefined;
    if (!this.#step('fail')) return;
    this.#close = { code, reason: '' };
    this.#reader.clear();
    if (!hasSent) this.#frame(CLOSE, encodeClose(code, ''));
  }

  take(): Bytes | null {
    const piece = this.#outbox.take();
    if (piece !== null || this.#pongs === 0) return piece;
    this.#pongs = 0;
    const ping = this.#unanswered;
    if (ping === undefined) return null;
    this.#unanswered = undefined;
    this.#answer(ping);
    return this.#outbox.take();
  }

  deadline(): number | null {
    const alive = this.#keepalive !== undefined && this.#isReceiving ? this.#keepalive.deadline : null;
    if (this.#state !== 'closing' || this.#closeDeadline === null) return alive;
    return alive === null ? this.#closeDeadline : Math.min(alive, this.#closeDeadline);
  }

  /** @throws NetError `timeout` when the peer does not answer: the connection is to be aborted */
  timeout(now: number): void {
    this.#now = now;
    if (this.#state === 'closing' && this.#closeDeadline !== null && now >= this.#closeDeadline)
      throw this.#lose(
        `The peer did not answer the Close frame within ${this.#options.closeTimeout ?? CLOSE_TIMEOUT} ms`,
      );
    if (!this.#isReceiving) return;
    const due = this.#keepalive?.timeout(now);
    if (due === 'gone')
      throw this.#lose(
        `The peer sent nothing for ${this.#options.pongTimeout ?? PONG_TIMEOUT} ms after a ping`,
      );
    if (due === 'ping' && this.#step('send control')) this.#frame(PING, new Uint8Array(0));
  }

  get #isReceiving(): boolean {
    return after(this.#state, 'receive close') !== undefined;
  }

  #read(): WebSocketEvent | null {
    try {
      return this.#reader.next();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  #onControl(event: ControlEvent): void {
    if (!this.#controlRate.add(this.#now)) {
      const words = `more than ${this.#limits.controlRate} control frames within a second`;
      const error = new WebSocketError(POLICY_VIOLATION, words);
      this.fail(error);
      throw error;
    }
    if (event.type === 'ping' && after(this.#state, 'send control') !== undefined) this.#answer(event.data);
  }

  #answer(ping: Bytes): void {
    if (this.#pongs >= this.#limits.pongs) {
      this.#unanswered = new Uint8Array(ping);
      return;
    }
    this.#pongs++;
    this.#frame(PONG, ping);
  }

  #onClose(event: WebSocketEvent & { type: 'close' }): WebSocketEvent {
    const { code, reason } = event;
    this.#close = { code, reason };
    this.#step('receive close');
    this.#reader.clear();
    if (this.#options.mode !== 'bytes') this.close(code, '', this.#now);
    return event;
  }

  #sendPrepared(message: PreparedMessage): void {
    const deflater = this.#deflaterFor(message.length);
    const isShared = this.#maskKey === undefined && (deflater === undefined || deflater.isStateless);
    if (isShared) this.#outbox.addShared(deflater === undefined ? message.plain : message.deflated(deflater));
    else this.send(message.data);
  }

  #sendText(text: string): void {
    checkText(text);
    // A code unit is up to three bytes of UTF-8: short text needs no look at its length.
    const from = this.#options.deflation === undefined ? Number.POSITIVE_INFINITY : this.#deflateFrom;
    if (text.length * 3 < from) writeText(this.#outbox, FIN | TEXT, text, this.#maskKey?.());
    else this.#sendPayload(TEXT, encodeText(text));
  }

  #sendPayload(opcode: number, payload: Bytes): void {
    const deflater = this.#deflaterFor(payload.length);
    if (deflater === undefined) writeFrame(this.#outbox, FIN | opcode, payload, this.#maskKey?.());
    else writeFrame(this.#outbox, FIN | RSV1 | opcode, deflater.deflate(payload), this.#maskKey?.());
  }

  #deflaterFor(length: number): Deflation['deflater'] | undefined {
    const { deflation } = this.#options;
    return deflation !== undefined && length >= this.#deflateFrom ? deflation.deflater : undefined;
  }

  get #deflateFrom(): number {
    return this.#options.deflation?.from ?? DEFLATE_FROM;
  }

  #frame(opcode: number, payload: Bytes): void {
    writeFrame(this.#outbox, FIN | opcode, payload, this.#maskKey?.());
  }

  #step(step: Step): boolean {
    const next = after(this.#state, step);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #lose(words: string): NetError {
    this.#state = 'lost';
    this.#reader.clear();
    return new NetError('timeout', words);
  }
}

function closed(state: State): NetError {
  const why = state === 'open' || state === 'closing' ? 'it is being closed' : `it is ${state}`;
  return new NetError('closed', `Nothing can be sent on this WebSocket any more: ${why}`);
}
