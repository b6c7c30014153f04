/**
 * How long a connection may take for what is waited for. Looked at now and then: nothing is paid for each request but a
 * comparison. It knows no bytes.
 */
import type { HttpHost } from './host.ts';
import { BODY_GRACE } from './options.ts';

/**
 * - `first`: the first request of a connection, from its beginning
 * - `idle`: another request
 * - `head`: the rest of a head
 * - `body`: more of a request's body
 * - `handler`: the beginning of an answer
 * - `nothing`: of the peer or the handler; what was written may still have to leave
 */
export type Phase = 'nothing' | 'first' | 'idle' | 'head' | 'body' | 'handler';

export type Overdue = Exclude<Phase, 'nothing'> | 'write';

export interface Progress {
  /** Bytes pushed since the beginning, and those of them that have not left. */
  readonly pushed: number;
  readonly pending: number;
  /** Bytes of the body of the request. */
  readonly received: number;
}

export class Watch {
  readonly #host: HttpHost;
  #phase: Phase = 'nothing';
  #deadline = Number.POSITIVE_INFINITY;
  /** Ms in which the body of this request was waited for. */
  #bodyTime = 0;
  /** Bytes that had left at the last look, and by when more must have. */
  #left = -1;
  #leaveBy = Number.POSITIVE_INFINITY;

  constructor(host: HttpHost) {
    this.#host = host;
  }

  /** Another request: all times begin anew. */
  renew(): void {
    this.#phase = 'nothing';
    this.#bodyTime = 0;
  }

  /** No effect while it is waited for the same. */
  enter(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#deadline =
      phase === 'nothing' ? Number.POSITIVE_INFINITY : this.#host.after(this.#timeoutOf(phase));
  }

  /** Something of a body came. */
  touch(): void {
    if (this.#phase === 'body') this.#deadline = this.#host.after(this.#host.settings.bodyTimeout);
  }

  /** What is overdue. @param passed ms since the last look */
  look(now: number, passed: number, progress: Progress): Overdue | undefined {
    if (this.#isStalled(now, progress)) return 'write';
    if (this.#phase === 'nothing') return undefined;
    if (this.#phase === 'body' && this.#isTooSlow(passed, progress.received)) return 'body';
    return now >= this.#deadline ? this.#phase : undefined;
  }

  #isStalled(now: number, { pushed, pending }: Progress): boolean {
    const left = pushed - pending;
    if (pending === 0 || left !== this.#left) {
      this.#left = left;
      this.#leaveBy = now + this.#host.settings.writeTimeout;
    }
    return pending > 0 && now >= this.#leaveBy;
  }

  #isTooSlow(passed: number, received: number): boolean {
    this.#bodyTime += passed;
    return this.#bodyTime > BODY_GRACE && received < (this.#host.settings.bodyRate * this.#bodyTime) / 1_000;
  }

  #timeoutOf(phase: Exclude<Phase, 'nothing'>): number {
    const { settings } = this.#host;
    if (phase === 'idle') return settings.keepAliveTimeout;
    if (phase === 'body') return settings.bodyTimeout;
    return phase === 'handler' ? settings.handlerTimeout : settings.headerTimeout;
  }
}
