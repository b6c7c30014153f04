/**
 * A member of the exchange that stays one: it connects, enters the rooms again after a break, fetches what was missed and
 * delivers what was said meanwhile. It knows neither terminals nor transports.
 */
import { type Abortable, type Clock, type Connection, NetError, systemClock } from '../../core/index.ts';
import { Backoff, RECONNECT_STABLE } from './backoff.ts';
import { deliver, settleDoubt } from './delivery.ts';
import type { ChatEvent } from './event.ts';
import { Members } from './members.ts';
import type { MemberList, RoomInfo } from './message.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { pause } from './pause.ts';
import { Refusal } from './refusal.ts';
import type { CaughtUp, RoomLog } from './room-log.ts';
import { type Memory, Session } from './session.ts';

/** Messages of history shown on entering a room. */
export const HISTORY_SHOWN = 20;

/** Milliseconds that `close` waits for what was said to be confirmed. */
export const LEAVE_GRACE = 10_000;

/** Refusals that pass: the name of a lost connection is taken until the server notices the loss. */
const PASSING: readonly string[] = ['name-taken', 'full', 'closing', 'limit', 'rate', 'storage'];

export interface ChatClientOptions {
  readonly name: string;
  /** Default: the server's own default room. */
  readonly rooms?: readonly string[] | undefined;
  /** Messages of history shown on entering a room. Default `HISTORY_SHOWN`. */
  readonly history?: number | undefined;
  /** The access token, if the exchange asks for one. Default: none. */
  readonly token?: string | undefined;
  /** Connect again after a loss. Default true. */
  readonly reconnect?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, for the jitter of reconnecting. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Makes a connection to the exchange. */
  dial(options: Abortable): Promise<Connection>;
  /** Told in order. It must not throw. */
  onEvent(event: ChatEvent): void;
}

export class ChatClient {
  /** Settles when the stay is over for good: `undefined` after `close`. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  readonly #options: ChatClientOptions;
  readonly #memory: Memory;
  readonly #members = new Members();
  readonly #logs = new Map<string, RoomLog>();
  readonly #outbox = new Outbox();
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  readonly #settle: (reason: Error | undefined) => void;
  #session: Session | undefined;
  #room: string | undefined;
  #closing: Promise<void> | undefined;
  #leaving = false;

  constructor(options: ChatClientOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ random: options.random });
    this.#memory = {
      clock: options.clock ?? systemClock,
      members: this.#members,
      logs: this.#logs,
      history: options.history ?? HISTORY_SHOWN,
      name: options.name,
      token: options.token,
      onEvent: (event) => this.#onEvent(event),
    };
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settle = resolve;
  }

  get name(): string {
    return this.#memory.name;
  }

  /** The room that is spoken to when none is named: the last entered. */
  get room(): string | undefined {
    return this.#room;
  }

  /** In the order of entering. */
  get rooms(): readonly string[] {
    return [...this.#logs.keys()];
  }

  get connected(): boolean {
    return this.#session !== undefined;
  }

  /** Messages that are not confirmed. */
  get pending(): number {
    return this.#outbox.size;
  }

  /** Names for completion: of one room or of all. */
  known(room?: string): string[] {
    return this.#members.names(room);
  }

  /**
   * The first connection. From then on the client keeps itself connected until `close`, `abort`, or a refusal for good.
   * @throws NetError when it cannot be had; nothing is tried again
   */
  async connect(): Promise<void> {
    const session = await this.#open(this.#options.rooms);
    this.#keep(session).catch((error: Error) => this.#finish(error));
  }

  /**
   * Says it to a room. Resolves when the exchange has confirmed it; while there is no connection it waits.
   * @throws Refusal; NetError `limit` when too many wait, `broken` when nobody can know whether it arrived
   */
  say(body: string, room?: string): Promise<void> {
    return this.#put('say', body, room);
  }

  /** Says it as an action: `* anna waves`. */
  act(body: string, room?: string): Promise<void> {
    return this.#put('me', body, room);
  }

  /** Says it to one member. */
  tell(to: string, body: string): Promise<void> {
    return this.#send({ type: 'msg', to, body });
  }

  /** Enters a room, or returns to one, and makes it the current one. */
  async join(room: string): Promise<void> {
    const session = this.#here();
    const name = await session.join(room);
    this.#room = name;
    this.#tell('entered', name);
    await session.meet(name).catch(() => {});
  }

  /** Leaves a room, by default the current one. */
  async leave(room: string | undefined = this.#room): Promise<void> {
    if (room === undefined) throw nowhere();
    const name = await this.#here().leave(room);
    if (this.#room === name) this.#room = this.rooms.at(-1);
    this.#tell('exited', name);
  }

  /** Another name. Without a connection it is the one to come back with. */
  async nick(name: string): Promise<void> {
    if (this.#session === undefined) this.#memory.name = name;
    else {
      const reply = await this.#session.request('ok', { type: 'nick', name });
      this.#memory.name = reply.member ?? name;
    }
    this.#tell('named', this.#memory.name);
  }

  async who(room: string | undefined = this.#room): Promise<MemberList> {
    if (room === undefined) throw nowhere();
    const list = await this.#here().request('members', { type: 'who', room });
    if (this.#logs.has(list.room)) this.#members.set(list);
    return list;
  }

  async list(): Promise<readonly RoomInfo[]> {
    return (await this.#here().request('rooms', { type: 'rooms' })).rooms;
  }

  /** The last `limit` messages of a room, again. */
  async history(limit: number, room: string | undefined = this.#room): Promise<CaughtUp> {
    if (room === undefined) throw nowhere();
    const session = this.#here();
    const request = { type: 'history', room, limit: Math.min(limit, session.limits.history) };
    return { messages: (await session.request('history', request)).messages, gap: false };
  }

  /**
   * Leaves once all that was said is confirmed.
   * @throws NetError `timeout` when that took longer than `LEAVE_GRACE` or the signal ended it; it has left even so
   */
  close(options: Abortable = {}): Promise<void> {
    this.#closing ??= this.#close(options.signal);
    return this.#closing;
  }

  /** Leaves at once; what was not confirmed is given up. */
  abort(reason?: Error): void {
    this.#finish(reason ?? new NetError('closed', 'The chat was closed'));
  }

  async #open(rooms: readonly string[] | undefined): Promise<Session> {
    const { signal } = this.#stop;
    const connection = await this.#options.dial({ signal });
    const session = new Session(connection, this.#memory);
    const onAbort = (): void => session.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void session.ended.then(() => signal.removeEventListener('abort', onAbort));
    try {
      const again = this.#room !== undefined;
      const welcome = await session.hello(rooms);
      if (!again || !this.#logs.has(this.#room!)) this.#room = welcome.rooms.at(-1);
      this.#session = session;
      this.#onEvent({ type: 'connected', again, server: welcome.server });
    } catch (error) {
      session.abort();
      throw error;
    }
    return session;
  }

  /** Lives through sessions until the end. */
  async #keep(first: Session): Promise<void> {
    for (let session = first; ; session = await this.#return()) {
      const since = this.#memory.clock.now();
      this.#resume(session).catch(() => {});
      const reason = await session.ended;
      this.#session = undefined;
      this.#outbox.shut();
      if (this.#leaving || this.#stop.signal.aborted) return;
      if (this.#options.reconnect === false) throw reason;
      if (this.#memory.clock.now() - since >= RECONNECT_STABLE) this.#backoff.reset();
      await this.#wait(reason);
    }
  }

  /** After the hello: first what was missed, then what waits to be sent. */
  async #resume(session: Session): Promise<void> {
    const caught = await session.catchUp();
    settleDoubt(this.#outbox, caught);
    this.#outbox.open((outgoing) => deliver(session, outgoing, this.name));
    for (const room of this.rooms) await session.meet(room);
  }

  /** Attempts until one succeeds. */
  async #return(): Promise<Session> {
    for (;;) {
      try {
        return await this.#open(this.rooms);
      } catch (error) {
        if (error instanceof Refusal && !PASSING.includes(error.reason)) throw error;
        if (this.#stop.signal.aborted) throw error;
        await this.#wait(error as Error);
      }
    }
  }

  async #wait(reason: Error): Promise<void> {
    const retryIn = this.#backoff.next();
    this.#onEvent({ type: 'disconnected', reason, retryIn });
    await pause(this.#memory.clock, retryIn, this.#stop.signal);
  }

  #put(type: 'say' | 'me', body: string, room: string | undefined = this.#room): Promise<void> {
    return room === undefined ? Promise.reject(nowhere()) : this.#send({ type, room, body });
  }

  #send(request: Outgoing['request']): Promise<void> {
    if (this.#closing !== undefined || this.#stop.signal.aborted)
      return Promise.reject(new NetError('closed', 'The chat is closed'));
    return this.#outbox.put(request);
  }

  #here(): Session {
    if (this.#session !== undefined) return this.#session;
    throw new NetError('broken', 'Not connected to the exchange; this works once the connection is back');
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    const grace = new AbortController();
    const waits = signal === undefined ? grace.signal : AbortSignal.any([signal, grace.signal]);
    const late = pause(this.#memory.clock, LEAVE_GRACE, waits).catch(() => {});
    await Promise.race([this.#outbox.empty(), late, this.closed]);
    grace.abort();
    const left = this.#outbox.size;
    this.#leaving = true;
    await this.#session?.quit();
    this.#finish(undefined);
    if (left > 0)
      throw new NetError('timeout', `Left with ${left} messages that the exchange did not confirm`);
  }

  #finish(reason: Error | undefined): void {
    this.#settle(reason);
    this.#outbox.fail(
      reason ?? new NetError('closed', 'The chat was closed before the exchange confirmed this message'),
    );
    this.#stop.abort(reason ?? new NetError('closed', 'The chat was closed'));
  }

  #tell(type: 'entered' | 'exited' | 'named', value: string): void {
    this.#onEvent({ type, value });
  }

  #onEvent(event: ChatEvent): void {
    if (!this.#stop.signal.aborted) this.#options.onEvent(event);
  }
}

function nowhere(): NetError {
  return new NetError('busy', 'You are in no room; join one first');
}
