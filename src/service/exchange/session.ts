/**
 * One client's dealings with the hub: its requests, checked against rate and membership, and the replies. It does not
 * know what they are written in, nor what carries them.
 */

import type { TokenBucket } from '../token-bucket.ts';
import type { DoorKind, Message, Outlet } from './event.ts';
import type { Hub } from './hub.ts';
import { listMembers, type Member, type Room } from './member.ts';
import { type Hello, PROTOCOL_VERSION, type Reply, type Request, type WelcomeLimits } from './protocol.ts';
import { Refusal } from './refusal.ts';
import { DEFAULT_ROOM } from './rooms.ts';

/** Wrong tokens of one client. Precedent: PAM's login lets one try three times. */
const TOKEN_TRIES = 3;

/** Where replies and events go. */
export interface Voice extends Outlet {
  onReply(reply: Reply): void;
  /** The member left on its own; what it is to hear was replied. */
  onQuit(): void;
  /** The member broke a rule that ends it. */
  onBanned(reason: string): void;
}

export interface SessionOptions {
  readonly hub: Hub;
  readonly voice: Voice;
  readonly door: DoorKind;
  /** Names this session in logs. */
  readonly label: string;
  /** `modnet/0.1.0` */
  readonly server: string;
  /** The member's own rate. */
  readonly bucket: TokenBucket;
  /** The rate of the member's address. */
  readonly allows: () => boolean;
  readonly now: () => number;
  readonly wallTime: () => number;
  /** Silence, in ms, after which the door ends the client; for the `welcome`. */
  readonly idle: number;
  /** Looks at an access token and throws a Refusal if it is not right. Left out where none is needed. */
  readonly checkToken?: ((token: string) => void) | undefined;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #hub: Hub;
  #member: Member | null = null;
  #room: Room | null = null;
  /** The member never said hello: it was let in when it spoke, or when it was greeted. */
  #isImplicit = false;
  #isOver = false;
  #isAdmitted: boolean;
  #wrongTokens = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#hub = options.hub;
    this.#isAdmitted = options.checkToken === undefined;
  }

  /** Whether no token is needed, or the right one has been shown. */
  get isAdmitted(): boolean {
    return this.#isAdmitted;
  }

  get isMember(): boolean {
    return this.#member !== null;
  }

  /**
   * Enters under a name that the hub chooses. To say hello is possible afterwards.
   * @throws Refusal
   */
  enter(history: number): void {
    if (!this.#isAdmitted) throw tokenNeeded();
    this.#hello({ type: 'hello', history }, undefined);
    this.#isImplicit = true;
  }

  /** Does what is asked, and replies. Never throws. */
  handle(request: Request): void {
    if (this.#isOver) return;
    try {
      this.#checkRate();
      if (request.type === 'token') this.#admit(request.token, request.id);
      else if (request.type === 'quit') this.#quit(request.id);
      else if (!this.#isAdmitted) throw tokenNeeded();
      else if (request.type === 'hello') this.#hello(request, request.id);
      else this.#asMember(request);
    } catch (thrown) {
      this.refuse(thrown, request.id);
    }
  }

  /** Tells the client what was wrong. */
  refuse(thrown: unknown, id?: Request['id']): void {
    if (!(thrown instanceof Refusal)) throw thrown;
    this.#reply({ type: 'error', id, code: thrown.refusal, message: thrown.message });
  }

  /** The client is gone, or goes. Idempotent. */
  end(reason: string): void {
    this.#isOver = true;
    if (this.#member !== null) this.#hub.remove(this.#member, reason);
  }

  /** Where no token is needed any is right, so that a client need not know. */
  #admit(token: string, id: Request['id']): void {
    try {
      if (!this.#isAdmitted) this.#options.checkToken?.(token);
    } catch (thrown) {
      this.refuse(thrown, id);
      if (++this.#wrongTokens >= TOKEN_TRIES) this.#options.voice.onBanned('too many wrong tokens');
      return;
    }
    this.#isAdmitted = true;
    this.#reply({ type: 'ok', id, request: 'token' });
  }

  #checkRate(): void {
    const { bucket, allows, now } = this.#options;
    const { rate, addressRate } = this.#hub.limits;
    if (!bucket.take(now()))
      throw new Refusal('rate', `Too fast: at most ${rate} requests a second; this one was not done`);
    if (!allows())
      throw new Refusal('rate', `Too fast: at most ${addressRate} requests a second from one address`);
  }

  #hello(hello: Hello, id: Request['id']): void {
    if (this.#member !== null) this.#forgetImplicit(this.#member);
    const names = hello.rooms ?? [DEFAULT_ROOM];
    const member = this.#hub.enter(this.#options.voice, this.#options.door, hello.name);
    try {
      for (const name of names) this.#room = this.#hub.join(member, name);
    } catch (thrown) {
      this.#room = null;
      this.#hub.remove(member, 'refused');
      throw thrown;
    }
    this.#member = member;
    this.#isImplicit = false;
    this.#welcome(member, id);
    for (const room of member.rooms.values()) this.#sendHistory(room, hello.history ?? 0);
  }

  /** Who was greeted before the hello arrived is a new member with it. */
  #forgetImplicit(member: Member): void {
    if (!this.#isImplicit) throw new Refusal('bad-request', 'You said hello already; "nick" changes a name');
    this.#hub.remove(member, 'said hello');
    this.#member = null;
    this.#room = null;
  }

  #asMember(request: Exclude<Request, { type: 'hello' | 'quit' | 'token' }>): void {
    if (this.#member === null) this.enter(0);
    this.#do(this.#member!, request);
  }

  #do(member: Member, request: Exclude<Request, { type: 'hello' | 'quit' | 'token' }>): void {
    const { id } = request;
    switch (request.type) {
      case 'nick':
        this.#hub.rename(member, request.name);
        this.#reply({ type: 'ok', id, request: 'nick', member: member.name.text });
        break;
      case 'join':
        this.#join(member, request.room, request.history ?? 0, id);
        break;
      case 'leave':
        this.#leave(member, request.room, id);
        break;
      case 'say':
      case 'me':
        this.#say(member, request, id);
        break;
      case 'msg':
        this.#hub.tell(member, request.to, request.body);
        this.#reply({ type: 'ok', id, request: 'msg' });
        break;
      case 'history':
        this.#history(member, request);
        break;
      case 'who':
        this.#who(this.#roomOf(member, request.room), id);
        break;
      case 'rooms':
        this.#reply({ type: 'rooms', id, rooms: this.#hub.rooms(member) });
        break;
      case 'ping':
        this.#reply({ type: 'pong', id, time: this.#options.wallTime() });
        break;
    }
  }

  #quit(id: Request['id']): void {
    // What was said before is acknowledged before.
    this.#hub.flush();
    this.#reply({ type: 'bye', id, reason: 'you quit' });
    this.end('quit');
    this.#options.voice.onQuit();
  }

  #welcome(member: Member, id: Request['id']): void {
    const { server, label: session } = this.#options;
    this.#reply({
      type: 'welcome',
      id,
      protocol: PROTOCOL_VERSION,
      server,
      session,
      member: member.name.text,
      rooms: [...member.rooms.values()].map((room) => room.name),
      limits: this.#welcomeLimits(),
    });
  }

  #welcomeLimits(): WelcomeLimits {
    const { limits } = this.#hub;
    return {
      body: limits.bodyBytes,
      line: limits.lineBytes,
      name: limits.nameLength,
      rooms: limits.roomsPerMember,
      history: limits.historyMessages,
      rate: limits.rate,
      burst: limits.burst,
      idle: this.#options.idle / 1000,
    };
  }

  #join(member: Member, name: string, history: number, id: Request['id']): void {
    const room = this.#hub.join(member, name);
    this.#room = room;
    this.#reply({ type: 'ok', id, request: 'join', room: room.name, members: room.members.size });
    this.#sendHistory(room, history);
  }

  #leave(member: Member, name: string | undefined, id: Request['id']): void {
    const room = this.#hub.leave(member, name ?? this.#roomOf(member, undefined).name);
    if (room === this.#room) this.#room = [...member.rooms.values()].at(-1) ?? null;
    this.#reply({ type: 'ok', id, request: 'leave', room: room.name });
  }

  #say(member: Member, request: Request & { type: 'say' | 'me' }, id: Request['id']): void {
    const room = this.#roomOf(member, request.room);
    const onKept = (outcome: Message | Refusal): void => {
      if (this.#isOver) return;
      if (outcome instanceof Refusal) this.refuse(outcome, id);
      else if (id !== undefined)
        this.#reply({ type: 'ok', id, request: request.type, room: room.name, message: outcome.id });
    };
    this.#hub.say(member, room, request.type, request.body, onKept);
  }

  #history(member: Member, request: Request & { type: 'history' }): void {
    const room = this.#roomOf(member, request.room);
    const page = this.#hub.page(room, request.before ?? null, request.limit ?? 50);
    this.#reply({ type: 'history', id: request.id, room: room.name, ...page });
  }

  #sendHistory(room: Room, count: number): void {
    if (count > 0) this.#reply({ type: 'history', room: room.name, ...this.#hub.page(room, null, count) });
  }

  #who(room: Room, id: Request['id']): void {
    const members = listMembers(room, this.#hub.limits.whoNames);
    this.#reply({ type: 'members', id, room: room.name, members, total: room.members.size });
  }

  #roomOf(member: Member, name: string | undefined): Room {
    if (name !== undefined) return this.#hub.room(member, name);
    if (this.#room === null) throw new Refusal('not-joined', 'You are in no room; join one first');
    return this.#room;
  }

  #reply(reply: Reply): void {
    this.#options.voice.onReply(reply);
  }
}

function tokenNeeded(): Refusal {
  return new Refusal(
    'token-needed',
    'This exchange asks for a token first: /token TOKEN, or as JSON {"type":"token","token":"TOKEN"}',
  );
}
