/**
 * One request and its answer: takes in the body, runs the handler, has its answer sent. It knows neither the parser nor the
 * wire; the connection that it is on feeds it.
 */
import { type Bytes, NetError } from '../../../core/index.ts';
import { Http1Error } from '../../../protocol/http1/index.ts';
import type { HeaderSource } from '../headers.ts';
import { HttpRequest, type RequestOrigin } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { type Answerer, releaseBody } from './answer.ts';
import type { ExchangeHead, Line, Reply } from './line.ts';
import { type BodyFeeder, RequestBody } from './request-body.ts';

export class Exchange implements RequestOrigin, BodyFeeder, Answerer {
  readonly head: ExchangeHead;
  readonly answer: Reply;
  /** All of the request has come. */
  isReceived: boolean;
  /** All of the answer was written, or nobody waits for it. */
  isOver = false;
  /** All of the answer was written. */
  isComplete = false;
  /** The handler has not settled. */
  isPending = false;
  /** Bytes of the body of the request. */
  received = 0;
  /** Ms since the epoch, and of the monotonic clock, when the head had come; 0 while nobody observes. */
  time = 0;
  began = 0;
  readonly #line: Line;
  readonly #body: RequestBody | undefined;
  #request: HttpRequest | undefined;
  #continued = false;
  #abort: AbortController | undefined;
  #reason: Error | undefined;
  #trailers: HeaderSource | undefined;
  #onTrailers: PromiseWithResolvers<HeaderSource | undefined> | undefined;

  constructor(line: Line, head: ExchangeHead) {
    this.#line = line;
    this.head = head;
    this.isReceived = head.bodyLength === 0;
    this.#body = this.isReceived ? undefined : new RequestBody(this);
    this.answer = line.answerTo(this);
  }

  /** Somebody will want to know how long it took. @param now ms of the monotonic clock */
  note(now: number): void {
    this.time = Date.now();
    this.began = now;
  }

  /** Runs the handler. */
  start(): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      this.refuse(refusal.status, refusal);
      return;
    }
    this.#request = new HttpRequest(this.head, this, this.#body);
    try {
      const answer = this.#line.host.handler(this.#request, this.#line.contextOf(this.head));
      if (answer instanceof HttpResponse) this.#respond(answer);
      else this.#await(answer);
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  /** Whether more of the request's body can be taken; what nobody wants always can. */
  get wantsInput(): boolean {
    return !this.isReceived && this.#body?.isFull !== true;
  }

  /** The peer waits to hear that it may send the body, and the handler has not asked for it. */
  get isHeldBack(): boolean {
    return this.head.expectsContinue && !this.#continued && this.received === 0;
  }

  /** What is left of a body that nobody reads would have to be read before the next request. */
  get mustClose(): boolean {
    if (!this.head.keepAlive) return true;
    if (this.isReceived) return false;
    if (this.isHeldBack) return true;
    return (
      this.#body?.isWanted !== true &&
      this.head.bodyLength - this.received > this.#line.host.settings.discardLimit
    );
  }

  onData(data: Bytes): void {
    this.received += data.length;
    const { bodyLimit } = this.#line.host.settings;
    if (this.received > bodyLimit && !this.isOver) this.refuse(413, tooLarge(bodyLimit));
    else this.#body?.push(data);
  }

  onRequestEnd(trailers?: HeaderSource): void {
    this.isReceived = true;
    this.#trailers = trailers;
    this.#onTrailers?.resolve(trailers);
    this.#body?.end();
  }

  /** The server answers in place of the handler. Where an answer has begun, the connection is aborted. */
  refuse(status: number, error: Error): void {
    const canAnswer = !this.isOver && !this.answer.hasBegun;
    this.#line.onRefused(canAnswer ? status : 0, error);
    this.#body?.fail(error);
    if (this.isOver) return;
    this.#cancel(error);
    if (!canAnswer) this.#line.abort(error);
    else this.answer.sendPlain(status, `${error.message}\n`);
  }

  /** The connection is gone. */
  onGone(reason: Error): void {
    this.#body?.fail(reason);
    this.#onTrailers?.reject(reason);
    if (this.isOver) return;
    this.isOver = true;
    this.#cancel(reason);
    this.answer.stop(reason);
  }

  origin(): string {
    return this.#line.originOf(this.head.host);
  }

  signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  trailers(): Promise<HeaderSource | undefined> {
    if (this.isReceived) return Promise.resolve(this.#trailers);
    if (this.isOver) return Promise.reject(this.#reason ?? answered());
    this.#onTrailers ??= Promise.withResolvers();
    return this.#onTrailers.promise;
  }

  inform(status: number, fields: readonly string[]): boolean {
    return !this.isOver && !this.answer.hasBegun && this.#line.inform(status, fields);
  }

  onBodyWanted(): void {
    if (this.isHeldBack && this.inform(100, [])) this.#continued = true;
  }

  onBodyRoom(): void {
    this.#line.onBodyRoom();
  }

  onAnswered(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isComplete = true;
    this.#body?.fail(answered());
    if (!this.isReceived) this.#onTrailers?.reject(answered());
    this.#line.onAnswered();
  }

  onBroken(error: Error): void {
    if (this.isOver) return;
    if (!this.answer.hasBegun) {
      this.#onThrown(error);
      return;
    }
    this.#line.host.tellError(error, this.#request);
    this.#line.abort(error);
  }

  #await(answer: unknown): void {
    if (isThenable(answer)) {
      this.isPending = true;
      answer.then(
        (response) => {
          this.isPending = false;
          this.#respond(response);
        },
        (error: unknown) => {
          this.isPending = false;
          this.#onThrown(error);
        },
      );
    } else {
      this.#respond(answer);
    }
  }

  #respond(response: unknown): void {
    try {
      if (!isResponse(response))
        throw new TypeError(`The handler returned no Response but ${nameOf(response)}`);
      if (this.isOver) releaseBody(response);
      else if (response instanceof HttpResponse && response.takeover !== undefined) this.#switch(response);
      else this.answer.send(response);
    } catch (error) {
      this.#onThrown(error);
    }
  }

  #switch(response: HttpResponse): void {
    const { method, upgrade } = this.head;
    const isAsked = response.status === 101 ? upgrade !== undefined : method === 'CONNECT';
    if (!isAsked || !this.isReceived)
      throw new TypeError(
        `The client did not ask for what HttpResponse.upgrade with status ${response.status} answers`,
      );
    this.answer.sendSwitch(response);
    this.isOver = true;
    this.isComplete = true;
    this.#line.onSwitched(response.takeover!);
  }

  #onThrown(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (this.isOver) return;
    if (this.answer.hasBegun) {
      this.onBroken(error);
      return;
    }
    const { host } = this.#line;
    host.tellError(error, this.#request);
    this.#cancel(error);
    this.answer.sendPlain(
      500,
      host.settings.exposeErrors ? `${error.stack ?? error.message}\n` : 'Internal Server Error\n',
    );
  }

  #cancel(reason: Error): void {
    this.#reason = reason;
    this.#abort?.abort(reason);
  }

  /** What the handler is not asked about. */
  #refusal(): Http1Error | undefined {
    const { method, bodyLength } = this.head;
    const { allowTrace, allowConnect, bodyLimit } = this.#line.host.settings;
    if (method === 'TRACE' && !allowTrace)
      return new Http1Error(405, 'protocol', 'TRACE is not allowed here');
    if (method === 'CONNECT' && !allowConnect)
      return new Http1Error(405, 'protocol', 'CONNECT is not allowed here');
    return bodyLength > bodyLimit ? tooLarge(bodyLimit) : undefined;
  }
}

function answered(): NetError {
  return new NetError('closed', 'The request has been answered; what is left of its body is dropped');
}

function tooLarge(limit: number): Http1Error {
  return new Http1Error(
    413,
    'limit',
    `The body of the request is larger than the ${limit} bytes that are taken`,
  );
}

/** By its shape: other classes than the global one are as good. */
function isResponse(value: unknown): value is Response {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === 'number' && typeof headers?.get === 'function';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `an object (${value.constructor?.name ?? 'without a class'})`
    : String(value);
}
