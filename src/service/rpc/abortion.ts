/** A wait that ends when a signal says so, for as many waits as a stream has, one at a time. It knows no calls. */
import { Code, ConnectError } from '@connectrpc/connect';

export class Abortion {
  readonly #signal: AbortSignal;
  #reject: ((error: ConnectError) => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this);
  }

  /** What `waiting` brings, unless the signal comes before. A race of promises would keep something of every message. */
  unlessAborted<T>(waiting: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      waiting.then(resolve, reject);
      if (this.#signal.aborted) reject(abortError(this.#signal));
    });
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.#signal.removeEventListener('abort', this);
    this.#reject = undefined;
  }

  /** Of the signal. */
  handleEvent(): void {
    this.#reject?.(abortError(this.#signal));
    this.stop();
  }
}

/** Why the signal came: the deadline, the peer, the server. Whatever is no outcome of a call means that nobody waits for it. */
export function abortError(signal: AbortSignal): ConnectError {
  const { reason } = signal;
  if (reason instanceof ConnectError) return reason;
  const words = reason instanceof Error ? reason.message : 'the call was cancelled';
  return new ConnectError(words, Code.Canceled, undefined, undefined, reason);
}
