/**
 * One stay at the exchange: from the hello over one connection until that ends. It keeps the rooms' logs right; it does
 * not know how connections are made, nor whether there will be another.
 */
import type { Clock, Connection, NetError } from '../../core/index.ts';
import type { ChatEvent } from './event.ts';
import { Link, type Reply } from './link.ts';
import type { Members } from './members.ts';
import type { Limits, ServerMessage, Welcome } from './message.ts';
import { pause } from './pause.ts';
import { Refusal } from './refusal.ts';
import { type CaughtUp, RoomLog } from './room-log.ts';

/** Messages asked for in one page of history, unless the server gives fewer. */
export const PAGE = 50;

/** Milliseconds to wait before a request that came too fast for the server is tried again. */
export const RATE_PAUSE = 1_000;

/** Rooms of which a log is kept. A server lets a member into fewer. */
export const ROOMS_MAX = 64;

/** What outlives a connection. */
export interface Memory {
  readonly clock: Clock;
  readonly members: Members;
  /** The rooms, by the name that the server gave them, in the order of entering. */
  readonly logs: Map<string, RoomLog>;
  /** Messages shown on the first entrance into a room. */
  readonly history: number;
  /** The access token; `undefined` where none is needed. */
  readonly token: string | undefined;
  name: string;
  onEvent(event: ChatEvent): void;
}

export class Session {
  readonly #memory: Memory;
  readonly #link: Link;
  #limits: Limits = { body: Number.POSITIVE_INFINITY, history: PAGE, idle: 0 };

  constructor(connection: Connection, memory: Memory) {
    this.#memory = memory;
    this.#link = new Link(connection, memory.clock, (message) => this.#take(message));
  }

  /** Settles when the connection is over. Never rejects. */
  get ended(): Promise<NetError> {
    return this.#link.ended;
  }

  get limits(): Limits {
    return this.#limits;
  }

  /** Shows the token, says the name and the rooms. @throws Refusal, with the reason `name-taken` among others */
  async hello(rooms: readonly string[] | undefined): Promise<Welcome> {
    const { logs, name, token } = this.#memory;
    for (const log of logs.values()) log.begin();
    if (token !== undefined) await this.request('ok', { type: 'token', token });
    const welcome = await this.request('welcome', { type: 'hello', name, rooms, history: 0 });
    this.#limits = welcome.limits;
    this.#memory.name = welcome.member;
    this.#adopt(welcome.rooms);
    this.#link.keepAlive(welcome.limits.idle);
    return welcome;
  }

  /** Fetches what was said in each room since it was last seen, tells it, and returns it by room. */
  async catchUp(): Promise<Map<string, CaughtUp>> {
    const caught = new Map<string, CaughtUp>();
    for (const room of [...this.#memory.logs.keys()]) caught.set(room, await this.#catchUp(room));
    return caught;
  }

  /** Learns who is in the room, for completion. */
  async meet(room: string): Promise<void> {
    this.#memory.members.set(await this.request('members', { type: 'who', room }));
  }

  /** Enters a room; its name as the server writes it. */
  async join(room: string): Promise<string> {
    const reply = await this.request('ok', { type: 'join', room });
    const name = reply.room ?? room;
    if (this.#log(name)?.fresh) await this.#catchUp(name);
    return name;
  }

  /** Leaves a room; its name as the server writes it. */
  async leave(room: string): Promise<string> {
    const reply = await this.request('ok', { type: 'leave', room });
    const name = reply.room ?? room;
    this.#memory.logs.delete(name);
    this.#memory.members.forget(name);
    return name;
  }

  /** A request that is tried again for as long as the server says that it came too fast. */
  async request<T extends ServerMessage['type']>(type: T, request: object): Promise<Reply<T>> {
    for (;;) {
      try {
        return await this.#link.request(type, request);
      } catch (error) {
        if (!(error instanceof Refusal) || error.reason !== 'rate') throw error;
      }
      await pause(this.#memory.clock, RATE_PAUSE);
    }
  }

  quit(): Promise<void> {
    return this.#link.quit();
  }

  abort(reason?: Error): void {
    this.#link.abort(reason);
  }

  /** Rooms that the server did not let this member back into are left. */
  #adopt(rooms: readonly string[]): void {
    const { logs, onEvent } = this.#memory;
    for (const room of [...logs.keys()].filter((known) => !rooms.includes(known))) {
      logs.delete(room);
      onEvent({ type: 'exited', value: room });
    }
    for (const room of rooms) this.#log(room);
  }

  async #catchUp(room: string): Promise<CaughtUp> {
    const log = this.#log(room);
    if (log === undefined) return { messages: [], gap: true };
    const again = !log.fresh;
    const wanted = again ? PAGE : Math.max(1, this.#memory.history);
    const limit = Math.min(wanted, this.#limits.history);
    let caught = await this.#page(log, { type: 'history', room, limit });
    while (typeof caught === 'number')
      caught = await this.#page(log, { type: 'history', room, limit, before: caught });
    this.#memory.onEvent({ type: 'past', room, ...caught, again });
    return caught;
  }

  async #page(log: RoomLog, request: object): Promise<number | CaughtUp> {
    try {
      return log.page(await this.request('history', request));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return log.giveUp();
    }
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'message': {
        const shown = this.#log(message.room)?.live(message);
        if (shown) this.#memory.onEvent(shown);
        break;
      }
      case 'joined':
      case 'left':
      case 'renamed':
        this.#memory.members.see(message);
        this.#memory.onEvent(message);
        break;
      case 'missed':
        this.#memory.onEvent(message);
        this.#refill();
        break;
      case 'private':
        this.#memory.onEvent(message);
        break;
    }
  }

  #refill(): void {
    for (const [room, log] of this.#memory.logs) {
      // That the connection ends meanwhile is told by `ended`, and the next session fetches the rest.
      if (log.missed()) this.#catchUp(room).catch(() => {});
    }
  }

  /** The log of a room, new when the server speaks of it for the first time: its events may come before its reply. */
  #log(room: string): RoomLog | undefined {
    const { logs, history } = this.#memory;
    const known = logs.get(room);
    if (known !== undefined || logs.size >= ROOMS_MAX) return known;
    const log = new RoomLog(history);
    log.begin();
    logs.set(room, log);
    return log;
  }
}
