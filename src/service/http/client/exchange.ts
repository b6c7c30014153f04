/**
 * One request and its answer on one connection: both directions at the same time, with their deadlines. It does not know
 * where the connection comes from, nor what becomes of the answer.
 */
import { type Bytes, type Clock, type HalfCloseable, NetError } from '../../../core/index.ts';
import type { Fields, ResponseHead } from '../../../protocol/http1/index.ts';
import { BodyQueue } from './body-queue.ts';
import type { HeadersInput } from './header-input.ts';
import type { Answer, HttpConnection } from './http-connection.ts';
import { DRAIN_BYTES, DRAIN_TIME } from './limits.ts';
import type { RequestBody } from './request-body.ts';
import type { Stopwatch } from './timing.ts';
import { Upload } from './upload.ts';
import { Watch } from './watch.ts';

export interface ExchangeRequest {
  readonly method: string;
  /** Request line and fields, as they are sent. */
  readonly head: Bytes;
  readonly body: RequestBody | undefined;
  /** As the fields say it: in bytes, or `CHUNKED`. */
  readonly bodyLength: number;
  /** For a body in chunks; asked for when the body has been sent. */
  readonly trailers: (() => HeadersInput | Promise<HeadersInput>) | undefined;
  /** Ms that 100 (Continue) is waited for; `undefined` sends the body at once. */
  readonly continueTimeout: number | undefined;
  /** Whether 101, or 2xx to CONNECT, hands the connection over. */
  readonly upgrades: boolean;
  /** Whether we keep the connection. */
  readonly keepAlive: boolean;
  /** Ms from the end of the request to the end of the head. */
  readonly headerTimeout: number;
  /** Ms in which nothing of a body moves, or nobody reads it. */
  readonly bodyTimeout: number;
  readonly onInterim: ((head: ResponseHead) => void) | undefined;
}

export interface ExchangeHooks {
  readonly clock: Clock;
  readonly stopwatch: Stopwatch;
  /** What goes to the caller in place of an error of the connection. */
  describe(error: unknown): unknown;
  /** Nothing more happens. */
  onSettled(error: unknown): void;
}

export class Exchange implements Answer {
  readonly method: string;
  readonly upgrades: boolean;
  readonly body: BodyQueue;
  /** Whether a byte of the answer came before it failed. */
  answered = false;
  /** After an upgrade. */
  upgraded: HalfCloseable | undefined;
  readonly #connection: HttpConnection;
  readonly #request: ExchangeRequest;
  readonly #hooks: ExchangeHooks;
  readonly #upload: Upload;
  readonly #watch: Watch;
  readonly #head = Promise.withResolvers<ResponseHead>();
  readonly #trailers = Promise.withResolvers<Fields | undefined>();
  #answer: ResponseHead | undefined;
  #settled = false;
  /** Bytes that are still read of a body that nobody wants. */
  #drain: number | undefined;

  constructor(connection: HttpConnection, request: ExchangeRequest, hooks: ExchangeHooks) {
    this.#connection = connection;
    this.#request = request;
    this.#hooks = hooks;
    this.method = request.method;
    this.upgrades = request.upgrades;
    this.body = new BodyQueue({ onRoom: () => connection.resume(), onCancel: () => this.#cancel() });
    this.#watch = new Watch(hooks.clock);
    this.#upload = new Upload(connection, request, hooks.clock, {
      onSent: () => this.#onSent(),
      onError: (error) => this.abort(error as Error),
    });
    this.#head.promise.catch(() => {});
    this.#trailers.promise.catch(() => {});
  }

  get head(): Promise<ResponseHead> {
    return this.#head.promise;
  }

  /** Whether nothing more happens. */
  get isSettled(): boolean {
    return this.#settled;
  }

  /** Those that follow the body; nobody must wait for them. */
  get trailers(): Promise<Fields | undefined> {
    return this.#trailers.promise;
  }

  /** @throws NetError `closed` when the connection is gone, `busy` when it has an exchange */
  start(): void {
    this.#hooks.stopwatch.step = 'send';
    this.#connection.begin(this);
    this.#watchBodies('the server took nothing of the request');
    this.#upload.start();
  }

  /** At once; the connection is lost. Does nothing after the answer is complete. */
  abort(reason: Error): void {
    if (!this.#settled) this.#connection.abort(reason);
  }

  onFirstByte(): void {
    this.#hooks.stopwatch.mark('firstByte');
  }

  onInterim(head: ResponseHead): void {
    if (head.status === 100) this.#upload.proceed();
    this.#request.onInterim?.(head);
  }

  onHead(head: ResponseHead): void {
    this.#hooks.stopwatch.step = 'body';
    this.#answer = head;
    // A final answer in place of 100: the body is not wanted.
    this.#upload.refuse();
    this.#watchBodies('nothing of the body moved, or nobody read it');
    this.#head.resolve(head);
  }

  onData(data: Bytes): boolean {
    if (this.#drain === undefined) return this.body.push(data);
    this.#drain -= data.length;
    if (this.#drain < 0) this.abort(unwanted());
    return true;
  }

  onEnd(trailers: Fields | undefined): void {
    const { keepAlive } = this.#request;
    const sent = this.#upload.isComplete;
    this.#upload.stop();
    this.body.end();
    this.#trailers.resolve(trailers);
    this.#settle(undefined);
    if (this.#isUpgrade) this.upgraded = this.#connection.release();
    else this.#connection.finish(sent && keepAlive && this.#answer!.keepAlive);
  }

  get #isUpgrade(): boolean {
    const { status } = this.#answer!;
    return this.upgrades && (status === 101 || (this.method === 'CONNECT' && status < 300));
  }

  onFail(error: Error): void {
    if (this.#settled) return;
    this.answered = this.#connection.answered;
    this.#upload.stop();
    const told = this.#hooks.describe(error);
    this.#head.reject(told);
    this.#trailers.reject(told);
    this.body.fail(told);
    this.#settle(told);
  }

  onDrain(): void {
    this.#upload.onDrain();
  }

  #onSent(): void {
    const { stopwatch } = this.#hooks;
    stopwatch.mark('sent');
    if (this.#answer !== undefined || this.#settled) return;
    stopwatch.step = 'head';
    const { headerTimeout } = this.#request;
    this.#watch.arm(headerTimeout, () => this.abort(late(`no answer within ${headerTimeout} ms`)));
  }

  /** While a body is under way, either way: what counts is that something moves. */
  #watchBodies(what: string): void {
    const { bodyTimeout } = this.#request;
    const probe = (): number => this.#connection.moved + this.body.taken;
    this.#watch.arm(bodyTimeout, () => this.abort(late(`${what} for ${bodyTimeout} ms`)), probe);
  }

  /** Nobody wants the rest. A little is read, so that the connection can go on. */
  #cancel(): void {
    if (this.#settled) return;
    const length = this.#answer?.bodyLength ?? 0;
    if (!this.#upload.isComplete || length > DRAIN_BYTES) {
      this.abort(unwanted());
      return;
    }
    this.#drain = DRAIN_BYTES;
    this.#watch.arm(DRAIN_TIME, () => this.abort(unwanted()));
    this.#connection.resume();
  }

  #settle(error: unknown): void {
    this.#settled = true;
    this.#watch.stop();
    this.#hooks.stopwatch.mark('total');
    this.#hooks.onSettled(error);
  }
}

function late(why: string): NetError {
  return new NetError('timeout', why, { errno: 'ETIMEDOUT' });
}

function unwanted(): NetError {
  return new NetError('closed', 'the rest of the body was not wanted');
}
