/**
 * Serves connections in this thread's event loop: claims a place for each, runs the handler, counts how it ended, and
 * drains. `serial`, `reactor`, and every worker that has a loop are stations. It does not know where connections come
 * from, nor that there are other workers.
 */
import {
  type Clock,
  type HalfCloseable,
  type InetAddress,
  NetError,
  systemClock,
  type Timer,
} from '../../core/index.ts';
import type { Context, Handler } from '../handler.ts';
import type { Drained } from '../server.ts';
import type { Outcome, Scoreboard } from '../workers/scoreboard.ts';
import type { AcceptedSocket, Intake } from './intake.ts';

/** Ms until a worker that found no place looks again: places of other workers become free without a word. */
const FULL_RETRY = 20;

/** Looks at a connection in the time that it may be silent: it is aborted after that time and at most this part of it. */
const IDLE_LOOKS = 4;

export interface StationOptions {
  readonly handler: Handler;
  readonly context: Omit<Context, 'signal'>;
  readonly scoreboard: Scoreboard;
  /** Connections at a time in this thread. */
  readonly concurrency: number;
  /** Whether addresses are limited, and so must be known. */
  readonly limitsAddresses: boolean;
  /** Ms; 0: never. */
  readonly idle: number;
  readonly clock?: Clock | undefined;
  /** The handler rejected. */
  onFailure(error: Error): void;
  onTrouble(error: Error): void;
  /** There will be no more connections: the listening socket failed. */
  onLost(error: Error): void;
}

/** A connection that is being served. */
interface Serving {
  readonly connection: HalfCloseable;
  readonly slot: number;
  readonly onEnd?: (outcome: Outcome) => void;
  moved: number | undefined;
  silentLooks: number;
  /** Made when the handler asks for its signal. Of this connection alone, so that what listens to it goes with it. */
  draining?: AbortController;
}

interface Held {
  readonly connection: HalfCloseable;
  readonly socket: AcceptedSocket | undefined;
}

interface Drain {
  readonly promise: Promise<Drained>;
  finish(): void;
  deadline: Timer;
  /** When it falls due. */
  at: number;
}

export class Station {
  readonly #options: StationOptions;
  readonly #clock: Clock;
  readonly #serving = new Set<Serving>();
  #intake: Intake | undefined;
  /** Accepted when there was no place. */
  #held: Held | undefined;
  #retry: Timer | undefined;
  #looking: Timer | undefined;
  #drain: Drain | undefined;
  #finished = 0;
  #aborted = 0;

  constructor(options: StationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get active(): number {
    return this.#serving.size;
  }

  /** Accepted and without a place. */
  get queued(): number {
    return this.#held === undefined ? 0 : 1;
  }

  /** Serves what comes out of `intake`. */
  open(intake: Intake): void {
    this.#intake = intake;
    intake.start({
      onConnection: (connection, socket) => this.take(connection, socket),
      onTrouble: (error) => this.#options.onTrouble(error),
      onClose: (error) => this.#options.onLost(error),
    });
  }

  /** Takes what waits already, for as long as there are places: nobody else will. */
  sweep(): void {
    const hasRoom = (): boolean => this.#held === undefined && this.#serving.size < this.#options.concurrency;
    this.#intake?.sweep?.(hasRoom);
  }

  /** Serves a connection that has its place; settles when it has ended, also where its handler never does. */
  adopt(connection: HalfCloseable, slot: number): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    void this.#serve({ connection, slot, moved: connection.moved, silentLooks: 0, onEnd: resolve });
    return promise;
  }

  /** Serves one connection, or holds it until there is a place. */
  take(connection: HalfCloseable, socket?: AcceptedSocket): void {
    const { scoreboard, context, limitsAddresses, concurrency } = this.#options;
    const address = limitsAddresses ? ((connection.remote as InetAddress).host ?? '') : '';
    const slot = scoreboard.claim(context.worker, address);
    if (slot === 'refused') {
      connection.abort(new NetError('limit', `${address} has as many connections as one address may`));
      return;
    }
    if (slot === 'full') {
      this.#hold(connection, socket);
      return;
    }
    if (socket !== undefined) scoreboard.setSocket(slot, socket.fd, socket.cookie);
    void this.#serve({ connection, slot, moved: connection.moved, silentLooks: 0 });
    if (this.#serving.size >= concurrency) this.#intake?.pause();
  }

  /**
   * Accepts no more and settles when nothing is served; at the deadline what still is, is aborted. Again, it can only
   * shorten the deadline.
   * @param timeout ms
   */
  drain(timeout: number): Promise<Drained> {
    const at = this.#clock.now() + timeout;
    if (this.#drain !== undefined) {
      if (at < this.#drain.at && this.#serving.size > 0) this.#setDeadline(this.#drain, timeout);
      return this.#drain.promise;
    }
    this.#stopAccepting();
    // What ended before is none of the drain's.
    this.#finished = 0;
    this.#aborted = 0;
    const { promise, resolve } = Promise.withResolvers<Drained>();
    const finish = (): void => resolve({ finished: this.#finished, aborted: this.#aborted });
    const deadline = this.#clock.after(timeout, () => this.abort());
    this.#drain = { promise, finish, deadline, at };
    for (const { draining } of this.#serving) draining?.abort(closing());
    this.#checkDrained();
    return promise;
  }

  /** Aborts all that is served. */
  abort(reason = new NetError('closed', 'The server closed before the connection had ended')): void {
    for (const serving of this.#serving) this.#abort(serving, reason);
  }

  #stopAccepting(): void {
    this.#intake?.close();
    this.#retry?.cancel();
    this.#dropHeld();
  }

  /** Nobody has read from it: the peer may try elsewhere. */
  #dropHeld(): void {
    if (this.#held === undefined) return;
    const error = new NetError(
      'closed',
      'A connection was dropped: the server closed before there was a place for it',
    );
    this.#held.connection.abort(error);
    this.#setHeld(undefined);
    this.#options.onTrouble(error);
  }

  #setDeadline(drain: Drain, timeout: number): void {
    drain.deadline.cancel();
    drain.at = this.#clock.now() + timeout;
    drain.deadline = this.#clock.after(timeout, () => this.abort());
  }

  async #serve(serving: Serving): Promise<void> {
    this.#serving.add(serving);
    this.#lookForSilence();
    const { connection } = serving;
    try {
      await this.#options.handler(connection, this.#contextOf(serving));
      await connection.close();
      this.#end(serving, 'finished');
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      connection.abort(error);
      if (this.#end(serving, 'failed')) this.#options.onFailure(error);
    }
  }

  #contextOf(serving: Serving): Context {
    const isDraining = (): boolean => this.#drain !== undefined;
    return {
      ...this.#options.context,
      get signal() {
        if (serving.draining === undefined) {
          serving.draining = new AbortController();
          if (isDraining()) serving.draining.abort(closing());
        }
        return serving.draining.signal;
      },
    };
  }

  #abort(serving: Serving, reason: Error): void {
    if (this.#end(serving, 'aborted')) serving.connection.abort(reason);
  }

  /** `false` when it has ended before. */
  #end(serving: Serving, outcome: Outcome): boolean {
    if (!this.#serving.delete(serving)) return false;
    const { scoreboard, context, concurrency } = this.#options;
    scoreboard.release(context.worker, serving.slot, outcome);
    if (outcome === 'aborted') this.#aborted++;
    else this.#finished++;
    if (this.#held !== undefined) this.#takeHeld();
    else if (this.#serving.size === concurrency - 1) this.#intake?.resume();
    this.#checkDrained();
    serving.onEnd?.(outcome);
    return true;
  }

  #checkDrained(): void {
    if (this.#drain === undefined || this.#serving.size > 0) return;
    this.#drain.deadline.cancel();
    this.#looking?.cancel();
    this.#drain.finish();
  }

  #hold(connection: HalfCloseable, socket: AcceptedSocket | undefined): void {
    this.#setHeld({ connection, socket });
    this.#intake?.pause();
    this.#retry = this.#clock.after(FULL_RETRY, () => this.#takeHeld());
  }

  #setHeld(held: Held | undefined): void {
    const { scoreboard, context } = this.#options;
    this.#held = held;
    scoreboard.setHeld(context.worker, held === undefined ? 0 : 1);
  }

  #takeHeld(): void {
    this.#retry?.cancel();
    const held = this.#held;
    if (held === undefined) return;
    this.#setHeld(undefined);
    this.take(held.connection, held.socket);
    if (this.#held === undefined && this.#serving.size < this.#options.concurrency) this.#intake?.resume();
  }

  /** One timer for all, and only while there is somebody to look at. */
  #lookForSilence(): void {
    const { idle } = this.#options;
    if (idle === 0 || this.#looking !== undefined) return;
    this.#looking = this.#clock.after(
      idle / IDLE_LOOKS,
      () => {
        this.#looking = undefined;
        for (const serving of this.#serving) this.#lookAt(serving);
        if (this.#serving.size > 0) this.#lookForSilence();
      },
      { background: true },
    );
  }

  #lookAt(serving: Serving): void {
    const { moved } = serving.connection;
    // A transport that does not count has an idle limit of its own: UDP.
    if (moved === undefined) return;
    serving.silentLooks = moved === serving.moved ? serving.silentLooks + 1 : 1;
    serving.moved = moved;
    // The first look that sees no change may come right after the last byte, or after the connection itself.
    if (serving.silentLooks <= IDLE_LOOKS) return;
    this.#abort(serving, new NetError('timeout', `Silent for more than ${this.#options.idle} ms`));
  }
}

function closing(): NetError {
  return new NetError('closed', 'The server is closing');
}
