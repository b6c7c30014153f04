/**
 * One call on the server, from the request to the last byte of the answer: its signal, its deadlines beside the client's own, and
 * what is told of it. It knows neither the protocol nor the implementation.
 */
import type { DescMethod } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Clock, Timer } from '../../../core/index.ts';
import { codeName } from '../code-name.ts';
import type { RpcRequestContext } from '../contract.ts';
import { callEnded, type RpcCallEvent } from '../diagnostics.ts';

export interface CallLimits {
  readonly clock: Clock;
  /** Ms, as the others; `Infinity`: never. */
  readonly requestTimeout: number;
  readonly streamIdle: number;
  readonly drainGrace: number;
  /** The server of a call drains. Called at least once for each call that hears of it. */
  onDraining(): void;
}

/** One for all: an abort without a reason makes an error with a stack for each call. */
const OVER = new ConnectError('The call is over', Code.Canceled);

export class RpcCall {
  readonly method: DescMethod;
  /** Aborts when nobody waits for the answer any more, a deadline of the server passed, or the call is over. */
  readonly signal: AbortSignal;
  /** Of the implementation, once there is one. */
  context: HandlerContext | undefined;
  /** What the implementation threw, or an interceptor. */
  thrown: unknown;
  received = 0;
  sent = 0;
  readonly #limits: CallLimits;
  readonly #abort = new AbortController();
  readonly #request: AbortSignal;
  readonly #surroundings: RpcRequestContext | undefined;
  readonly #began: number;
  #moved: number;
  #timer: Timer | undefined;
  #drainTimer: Timer | undefined;
  #isOver = false;

  constructor(
    method: DescMethod,
    request: Request,
    surroundings: RpcRequestContext | undefined,
    limits: CallLimits,
  ) {
    this.method = method;
    this.signal = this.#abort.signal;
    this.#limits = limits;
    this.#request = request.signal;
    this.#surroundings = surroundings;
    this.#began = limits.clock.now();
    this.#moved = this.#began;
    this.#request.addEventListener('abort', this);
    if (this.#request.aborted) this.handleEvent();
    surroundings?.draining.addEventListener('abort', this.#onDraining);
    if (surroundings?.draining.aborted === true) this.#onDraining();
    this.#watch(this.#patience);
  }

  /** Something of the request came, or of the answer left. */
  move(): void {
    this.#moved = this.#limits.clock.now();
  }

  /** All of the request has come: from here on the client has nothing to be late with. */
  onRequestEnd(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Ends it for everybody who waits in it. */
  stop(code: Code, words: string): void {
    this.#abort.abort(new ConnectError(words, code));
  }

  /**
   * The answer has left, or nobody takes it. Idempotent.
   * @param code as it was told, where it can be known; default: as the context of the implementation has it
   */
  end(code?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onRequestEnd();
    this.#drainTimer?.cancel();
    this.#request.removeEventListener('abort', this);
    this.#surroundings?.draining.removeEventListener('abort', this.#onDraining);
    this.#abort.abort(OVER);
    if (callEnded.hasSubscribers) callEnded.publish(this.#event(code ?? this.#code));
  }

  /** Of the request's signal. */
  handleEvent(): void {
    this.#abort.abort(this.#request.reason);
  }

  /** Ms that the client has until the next part of its request. */
  get #patience(): number {
    const { requestTimeout, streamIdle } = this.#limits;
    return this.#isStreamed ? streamIdle : requestTimeout;
  }

  get #isStreamed(): boolean {
    return this.method.methodKind === 'client_streaming' || this.method.methodKind === 'bidi_streaming';
  }

  #watch(wait: number): void {
    if (wait === Infinity) return;
    this.#timer = this.#limits.clock.after(wait, () => this.#look(), { background: true });
  }

  #look(): void {
    const from = this.#isStreamed ? this.#moved : this.#began;
    const left = from + this.#patience - this.#limits.clock.now();
    if (left > 0) this.#watch(left);
    else if (this.#isStreamed) this.stop(Code.DeadlineExceeded, `Nothing moved for ${this.#patience} ms`);
    else this.stop(Code.DeadlineExceeded, `The request did not come within ${this.#patience} ms`);
  }

  readonly #onDraining = (): void => {
    const { clock, drainGrace } = this.#limits;
    this.#limits.onDraining();
    const stop = (): void => this.stop(Code.Unavailable, 'The server is shutting down');
    this.#drainTimer = clock.after(drainGrace, stop, { background: true });
  };

  get #code(): string {
    const status = this.context?.responseTrailer.get('grpc-status');
    if (status !== null && status !== undefined) return codeName(Number(status));
    if (this.thrown === undefined) return 'ok';
    return codeName(this.thrown instanceof ConnectError ? this.thrown.code : Code.Internal);
  }

  #event(code: string): RpcCallEvent {
    const { method, context, thrown, received, sent } = this;
    return {
      service: method.parent.typeName,
      method: method.name,
      kind: method.methodKind,
      protocol: context?.protocolName ?? '',
      code,
      duration: this.#limits.clock.now() - this.#began,
      received,
      sent,
      remote: this.#surroundings?.remote.toString(),
      error: thrown instanceof ConnectError ? undefined : thrown,
    };
  }
}
