/**
 * What a member said and the exchange has not confirmed. One message is under way at a time, so their order holds, and
 * after a lost connection only that one is in doubt. It does not know how it is sent.
 */
import { NetError } from '../../core/index.ts';
import { Refusal } from './refusal.ts';

/** Messages that may wait while there is no connection. Enough for a person; a script is told to slow down. */
export const OUTBOX_MAX = 1_000;

/** A message on its way. */
export interface Outgoing {
  readonly request:
    | { readonly type: 'say' | 'me'; readonly room: string; readonly body: string }
    | { readonly type: 'msg'; readonly to: string; readonly body: string };
  /** The name under which it was handed to a connection, while nobody knows whether it arrived. */
  doubt: string | undefined;
  /** How often it was handed to a connection. */
  tries: number;
}

interface Entry extends Outgoing {
  resolve(): void;
  reject(reason: Error): void;
}

export class Outbox {
  readonly #queue: Entry[] = [];
  #send: ((outgoing: Outgoing) => Promise<void>) | undefined;
  #idle: PromiseWithResolvers<void> | undefined;

  /** Messages that are not confirmed. */
  get size(): number {
    return this.#queue.length;
  }

  /**
   * Resolves when the exchange has confirmed it.
   * @throws NetError `limit` when too many wait; Refusal when the exchange says no
   */
  put(request: Outgoing['request']): Promise<void> {
    if (this.#queue.length >= OUTBOX_MAX)
      return Promise.reject(
        new NetError('limit', `${OUTBOX_MAX} messages wait already; this one was not sent`),
      );
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, doubt: undefined, tries: 0, resolve, reject });
      if (this.#queue.length === 1 && this.#send !== undefined) this.#pump(this.#send);
    });
  }

  /**
   * Sends what waits, and what comes, through `send`. A Refusal that it throws is about the message; any other error
   * means that the way is gone, and the message stays.
   */
  open(send: (outgoing: Outgoing) => Promise<void>): void {
    this.#send = send;
    if (this.#queue.length > 0) this.#pump(send);
  }

  /** The way is gone; messages wait from now on. */
  shut(): void {
    this.#send = undefined;
  }

  /** The first message, when it is in doubt whether it arrived. */
  get doubtful(): Outgoing | undefined {
    const first = this.#queue[0];
    return first?.doubt === undefined ? undefined : first;
  }

  /** Takes the first message out: it arrived after all, or there is a reason to give it up. */
  settle(reason?: Error): void {
    const entry = this.#queue.shift();
    if (reason === undefined) entry?.resolve();
    else entry?.reject(reason);
    if (this.#queue.length > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Gives everything up. */
  fail(reason: Error): void {
    while (this.#queue.length > 0) this.settle(reason);
  }

  /** Resolves when nothing waits. */
  empty(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  #pump(send: (outgoing: Outgoing) => Promise<void>): void {
    const entry = this.#queue[0];
    if (entry === undefined || this.#send !== send) return;
    send(entry).then(
      () => this.#next(entry, send),
      (error: Error) => {
        if (this.#send !== send || !(error instanceof Refusal)) return;
        this.#next(entry, send, error);
      },
    );
  }

  #next(entry: Entry, send: (outgoing: Outgoing) => Promise<void>, reason?: Error): void {
    if (this.#queue[0] === entry) this.settle(reason);
    this.#pump(send);
  }
}
