/** One connection to the exchange: requests and their replies, and events between them. It is never used again once lost. */
import { printable } from '../../bytes/printable.ts';
import {
  type Channel,
  type Clock,
  type Connection,
  drive,
  NetError,
  type Timer,
  toNetError,
} from '../../core/index.ts';
import { JsonLines } from './json-lines.ts';
import type { ServerMessage } from './message.ts';
import { Refusal } from './refusal.ts';

/** Milliseconds that a reply may take. Beyond it the connection is given up. Precedent: gRPC's keepalive takes 20 s. */
export const REPLY_DEADLINE = 10_000;

/** Milliseconds between two signs of life, in which a dead peer or a forgetful NAT would be noticed. */
export const PING_EVERY = 60_000;

/** Requests without a reply. More than a member who types, or a client that enters all its rooms, has at once. */
export const REQUESTS_MAX = 64;

/** The message of a type. */
export type Reply<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

interface Waiting {
  readonly type: string;
  resolve(reply: ServerMessage): void;
  reject(reason: Error): void;
  readonly timer: Timer;
}

export class Link {
  /** Settles when the connection is over, with what ended it. Never rejects. */
  readonly ended: Promise<NetError>;
  readonly #channel: Channel<ServerMessage, object>;
  readonly #protocol = new JsonLines();
  readonly #clock: Clock;
  readonly #onEvent: (event: ServerMessage) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ping: Timer | undefined;
  #over: NetError | undefined;
  #farewell: string | undefined;

  constructor(connection: Connection, clock: Clock, onEvent: (event: ServerMessage) => void) {
    this.#channel = drive(connection, this.#protocol, { clock });
    this.#clock = clock;
    this.#onEvent = onEvent;
    this.ended = this.#run();
  }

  /**
   * Asks, and waits for the reply of the type.
   * @throws Refusal when the exchange says no; NetError when the connection ends first, or nothing comes until the deadline
   */
  request<T extends ServerMessage['type']>(type: T, request: object): Promise<Reply<T>> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    if (this.#waiting.size >= REQUESTS_MAX)
      return Promise.reject(new NetError('limit', `${REQUESTS_MAX} requests wait for the exchange already`));
    const id = ++this.#lastId;
    return new Promise<Reply<T>>((resolve, reject) => {
      const timer = this.#clock.after(REPLY_DEADLINE, () => this.abort(silence()));
      const waiting = { type, resolve: resolve as (reply: ServerMessage) => void, reject, timer };
      this.#waiting.set(id, waiting);
      this.#channel.send({ ...request, id }).catch(() => {});
    });
  }

  /** Pings from now on, often enough for a server that says goodbye after so many seconds of silence (0: never). */
  keepAlive(idle: number): void {
    const every = idle > 0 ? Math.min(PING_EVERY, (idle * 1_000) / 2) : PING_EVERY;
    const ping = (): void => {
      if (this.#over !== undefined) return;
      this.request('pong', { type: 'ping' }).catch(() => {});
      this.#ping = this.#clock.after(every, ping);
    };
    this.#ping = this.#clock.after(every, ping);
  }

  /** Says goodbye and waits for the end. */
  async quit(): Promise<void> {
    await this.request('bye', { type: 'quit' }).catch(() => {});
    await this.#channel.close().catch(() => {});
  }

  abort(reason?: Error): void {
    this.#finish(
      reason === undefined
        ? new NetError('closed', 'The chat was closed')
        : toNetError(reason, 'The chat ended'),
    );
    this.#channel.abort(reason);
  }

  async #run(): Promise<NetError> {
    let reason: NetError;
    try {
      for await (const message of this.#channel) this.#take(message);
      reason = this.#endOfStream();
    } catch (thrown) {
      reason = toNetError(thrown, 'The connection to the exchange was lost');
    }
    this.#finish(reason);
    // The peer has ended its half or is lost; nothing that matters is left to send.
    this.#channel.close().catch(() => {});
    return this.#over!;
  }

  #take(message: ServerMessage): void {
    const waiting =
      typeof message.id === 'number' && message.type !== 'message' ? this.#answer(message.id) : undefined;
    if (message.type === 'bye') this.#farewell = message.reason;
    if (waiting === undefined) this.#onEvent(message);
    else if (message.type === 'error') waiting.reject(new Refusal(message.code, message.message));
    else if (message.type === waiting.type) waiting.resolve(message);
    else waiting.reject(mismatch(waiting.type, message.type));
  }

  #answer(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.timer.cancel();
    return waiting;
  }

  #finish(reason: NetError): void {
    this.#over ??= reason;
    this.#ping?.cancel();
    for (const id of [...this.#waiting.keys()]) this.#answer(id)?.reject(this.#over);
  }

  #endOfStream(): NetError {
    const why = printable(this.#farewell ?? this.#protocol.text);
    if (why !== '') return new NetError('refused', `The exchange ended the connection: ${why}`);
    return new NetError('broken', 'The exchange ended the connection');
  }
}

function silence(): NetError {
  return new NetError('timeout', `The exchange did not answer within ${REPLY_DEADLINE / 1_000} s`);
}

function mismatch(wanted: string, got: string): NetError {
  return new NetError('protocol', `The exchange answered with "${got}" where "${wanted}" was due`, {
    fault: 'remote',
  });
}
