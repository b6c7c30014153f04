/** One stream of a connection, as a line for one request and its answer. It knows neither frames nor other streams. */
import type { ServerHttp2Stream } from 'node:http2';
import { type Bytes, fromNodeStream, type HalfCloseable, NetError } from '../../../core/index.ts';
import { ERROR_CODE } from '../../../protocol/http2/index.ts';
import type { HttpContext } from '../contract.ts';
import type { Takeover } from '../response.ts';
import type { Answerer } from '../server/answer.ts';
import { httpUpgrades } from '../server/diagnostics.ts';
import { Exchange } from '../server/exchange.ts';
import type { HttpHost } from '../server/host.ts';
import type { ExchangeHead, Line, Reply } from '../server/line.ts';
import { type Surroundings, tellOf } from '../server/surroundings.ts';
import { type Overdue, type Phase, Watch } from '../server/watch.ts';
import { informFields } from './answer-fields.ts';
import { FieldList } from './field-list.ts';
import { Http2Answer } from './http2-answer.ts';
import type { Http2Head } from './request-head.ts';

/** The connection that the stream is of. */
export interface LineOwner {
  readonly host: HttpHost;
  readonly connection: HalfCloseable;
  readonly surroundings: Surroundings;
  /** The stream is gone. @param code as RST_STREAM gives it; 0: it ended */
  onLineClosed(line: Http2Line, code: number): void;
  /** An answer asks for the end of the connection. */
  onLastAnswer(): void;
}

export class Http2Line implements Line {
  readonly id: number;
  readonly host: HttpHost;
  readonly exchange: Exchange;
  readonly isLast = false;
  readonly canSendFiles = false;
  readonly #owner: LineOwner;
  readonly #stream: ServerHttp2Stream;
  readonly #head: Http2Head;
  readonly #watch: Watch;
  #hasRoom = true;
  #awaitsDrain = false;
  /** Bytes of DATA frames that have left. */
  #left = 0;
  /** Bytes of a body that nobody wants. */
  #discarded = 0;
  #isSwitched = false;
  #trailers: FieldList | undefined;

  constructor(owner: LineOwner, stream: ServerHttp2Stream, head: Http2Head) {
    this.id = stream.id!;
    this.host = owner.host;
    this.#owner = owner;
    this.#stream = stream;
    this.#head = head;
    this.#watch = new Watch(owner.host);
    this.exchange = new Exchange(this, head);
    // What it tells comes with `close`, too.
    stream.on('error', ignore);
    stream.on('close', () => this.#onClose());
  }

  /** Runs the handler, or refuses. */
  start(): void {
    this.host.counts.requests++;
    this.host.counts.active++;
    if (this.host.isObserved) this.exchange.note(performance.now());
    const { refusal } = this.#head;
    if (refusal === undefined) this.exchange.start();
    else this.exchange.refuse(refusal.status, refusal);
    if (!this.#isSwitched && !this.#stream.destroyed) this.#receive();
  }

  get hasRoom(): boolean {
    return this.#hasRoom;
  }

  contextOf(head: ExchangeHead): HttpContext {
    return this.#owner.surroundings.contextOf(head.version);
  }

  originOf(host: string | undefined): string {
    return this.#owner.surroundings.originOf(host);
  }

  answerTo(owner: Answerer): Reply {
    return new Http2Answer(this, owner, this.#stream);
  }

  inform(status: number, fields: readonly string[]): boolean {
    if (this.#stream.destroyed || this.#stream.closed) return false;
    this.#stream.additionalHeaders(informFields(status, fields));
    return true;
  }

  pushBytes(bytes: Bytes): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    this.#hasRoom = this.#stream.write(bytes);
    if (this.#hasRoom || this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    this.#stream.once('drain', () => {
      this.#awaitsDrain = false;
      this.#hasRoom = true;
      this.exchange.answer.onDrain();
    });
  }

  sendFile(): void {
    throw new NetError('unsupported', 'A stream of HTTP/2 does not move files by itself');
  }

  onBodyRoom(): void {
    if (this.exchange.wantsInput) this.#stream.resume();
  }

  onAnswered(): void {
    if (this.exchange.answer.closes) this.#owner.onLastAnswer();
    if (this.exchange.isReceived && !this.#isTunnel) return;
    if (!this.#isTunnel && !this.exchange.mustClose) {
      // A little more is read, and dropped: not every client bears to be told to stop.
      this.#stream.resume();
      return;
    }
    if (this.#stream.writableFinished) this.#stopReceiving();
    else this.#stream.once('finish', () => this.#stopReceiving());
  }

  onSwitched(takeover: Takeover): void {
    this.#isSwitched = true;
    this.host.counts.upgrades++;
    this.host.outbox.drop(this);
    const { local, remote } = this.#owner.connection;
    const connection = fromNodeStream(this.#stream, { local, remote });
    if (httpUpgrades.hasSubscribers) httpUpgrades.publish({ connection, protocol: this.#head.upgrade });
    keep(takeover, connection).catch((error: Error) => {
      this.#stream.close(ERROR_CODE.internalError);
      connection.abort(error);
      this.host.tellError(error, undefined);
    });
  }

  onRefused(status: number, error: Error): void {
    this.host.tellFault({ remote: this.#owner.connection.remote, status, error });
  }

  abort(): void {
    this.#stream.close(ERROR_CODE.internalError);
  }

  /** Nothing more comes: not the rest of a body, and nothing of what is carried over the stream. */
  onPeerEnd(): void {
    if (this.#isSwitched || !this.exchange.isReceived) this.#stream.close(ERROR_CODE.cancel);
  }

  /** A DATA frame with this many bytes has left. */
  onSent(bytes: number): void {
    this.#left += bytes;
  }

  look(now: number, passed: number): void {
    if (this.#isSwitched) return;
    this.#watch.enter(this.#phase);
    const { sent } = this.exchange.answer;
    const progress = {
      pushed: sent,
      pending: Math.max(0, sent - this.#left),
      received: this.exchange.received,
    };
    const overdue = this.#watch.look(now, passed, progress);
    if (overdue !== undefined) this.#onOverdue(overdue);
  }

  /** A CONNECT that was not granted: its client would send for ever. */
  get #isTunnel(): boolean {
    return !this.#isSwitched && (this.#head.isExtended || this.#head.method === 'CONNECT');
  }

  #receive(): void {
    const stream = this.#stream;
    if (this.exchange.isReceived) {
      // Nothing comes, or what nobody wants.
      if (!stream.endAfterHeaders) stream.resume();
      return;
    }
    stream.on('trailers', (_fields, _flags, ...[raw]: unknown[]) => this.#onTrailers(raw as string[]));
    stream.on('data', (chunk: Bytes) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd());
    if (!this.exchange.wantsInput) stream.pause();
  }

  #onData(chunk: Bytes): void {
    this.exchange.onData(chunk);
    this.#watch.touch();
    if (this.exchange.isOver) this.#discarded += chunk.length;
    if (this.#discarded > this.host.settings.discardLimit) this.#stopReceiving();
    if (!this.exchange.wantsInput) this.#stream.pause();
  }

  #onTrailers(raw: readonly string[]): void {
    this.#trailers = FieldList.of(raw, () => {});
  }

  /** Also comes when the stream is torn down in the middle. */
  #onEnd(): void {
    if (this.#stream.rstCode !== 0 || this.#stream.aborted) return;
    this.exchange.onRequestEnd(this.#trailers);
  }

  /** The client need not send what nobody reads (RFC 9113, section 8.1). */
  #stopReceiving(): void {
    if (!this.#stream.closed && !this.#stream.destroyed) this.#stream.close(ERROR_CODE.noError);
  }

  get #phase(): Phase {
    const { exchange } = this;
    if (exchange.wantsInput && !exchange.isHeldBack) return 'body';
    return exchange.answer.hasBegun ? 'nothing' : 'handler';
  }

  #onOverdue(overdue: Overdue): void {
    const { settings } = this.host;
    if (overdue === 'body' && this.exchange.isOver) this.#stopReceiving();
    else if (overdue === 'body')
      this.exchange.refuse(408, late('The client sends the body of its request too slowly'));
    else if (overdue === 'handler') this.exchange.refuse(503, late('No answer was found in time'));
    else this.#stall(late(`The client took nothing of an answer for ${settings.writeTimeout} ms`));
  }

  #stall(error: NetError): void {
    this.onRefused(0, error);
    this.#stream.close(ERROR_CODE.cancel);
  }

  #onClose(): void {
    this.host.outbox.drop(this);
    const { exchange } = this;
    const isBroken = this.#stream.rstCode !== 0 || !this.#stream.writableFinished;
    if (isBroken && !this.#isSwitched) exchange.isComplete = false;
    if (!exchange.isOver)
      exchange.onGone(new NetError('broken', 'The client has cancelled the request, or is gone'));
    this.host.counts.active--;
    if (exchange.began > 0) tellOf(this.host, this.#owner.connection, exchange);
    this.#owner.onLineClosed(this, this.#stream.rstCode);
  }
}

/** Settles when the connection is closed, in order. */
async function keep(takeover: Takeover, connection: HalfCloseable): Promise<void> {
  const kept = takeover(connection);
  if (kept === undefined) await connection.closed;
  else await kept;
  // The peer may be gone by then, which is no fault of the handler.
  await connection.close().catch(() => {});
}

function ignore(): void {}

function late(message: string): NetError {
  return new NetError('timeout', message);
}
