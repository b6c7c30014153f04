/**
 * The core of the exchange: members, rooms, messages, presence, private messages, history. It knows no protocol, no
 * socket and no format.
 *
 * What a member does changes the state at once; what others hear of it is gathered and goes out once per turn of
 * the loop, after the turn's messages are in the history. So whatever anybody saw is there after a crash, a turn costs
 * one transaction however much was said, and an event is encoded once for all who hear it.
 */
import { type Clock, systemClock, type Timer } from '../../core/index.ts';
import { reportTrouble } from './diagnostics.ts';
import type { DoorKind, MessageKind, OnKept, Outlet, Private } from './event.ts';
import { HeldNames } from './held-names.ts';
import type { History, HistoryPage, NewerPage } from './history.ts';
import { EXCHANGE_LIMITS, type ExchangeLimits } from './limits.ts';
import { Member, type Room } from './member.ts';
import { memberName, type Name, nameKey, roomName, SERVER_NAME } from './names.ts';
import { Refusal } from './refusal.ts';
import { type RoomSummary, Rooms } from './rooms.ts';
import { Turn } from './turn.ts';

/** How often messages that are too old are looked for. */
const EXPIRE_EVERY = 60 * 60_000;

export interface HubOptions {
  readonly history: History;
  readonly limits?: ExchangeLimits | undefined;
  readonly clock?: Clock | undefined;
  /** Milliseconds since the epoch, for the times that people see. */
  readonly wallTime?: (() => number) | undefined;
  /** Runs a task after what is ready now. Default `setImmediate`: after the poll that brought this turn's input. */
  readonly schedule?: ((task: () => void) => void) | undefined;
}

export class Hub {
  readonly limits: ExchangeLimits;
  readonly history: History;
  readonly #clock: Clock;
  readonly #wallTime: () => number;
  readonly #turn: Turn;
  readonly #members = new Map<string, Member>();
  readonly #rooms: Rooms;
  readonly #held: HeldNames;
  #expiry: Timer | undefined;
  #guests = 0;
  #closing = false;

  constructor(options: HubOptions) {
    this.limits = options.limits ?? EXCHANGE_LIMITS;
    this.history = options.history;
    this.#clock = options.clock ?? systemClock;
    this.#wallTime = options.wallTime ?? Date.now;
    this.#turn = new Turn(options.history, options.schedule ?? setImmediate);
    this.#held = new HeldNames(this.limits, this.#clock);
    this.#rooms = new Rooms({
      max: this.limits.rooms,
      known: this.history.rooms,
      hasHistory: (room) => this.#turn.holdsMessage(room) || this.history.has(room.name),
    });
    this.#expire();
  }

  get memberCount(): number {
    return this.#members.size;
  }

  get roomCount(): number {
    return this.#rooms.size;
  }

  /** Messages said since the start. */
  get messageCount(): number {
    return this.#turn.kept;
  }

  /** Events that went to members since the start. */
  get deliveryCount(): number {
    return this.#turn.delivered;
  }

  /**
   * A new member, in no room yet.
   * @param name `undefined` lets the hub choose one
   * @throws Refusal `bad-name`, `name-taken`, `closing`
   */
  enter(outlet: Outlet, door: DoorKind, name?: string): Member {
    if (this.#closing) throw closing();
    const member = new Member(outlet, door, name === undefined ? this.#guestName() : this.#freeName(name));
    this.#members.set(member.name.key, member);
    return member;
  }

  /** Whether nobody is let in any more. */
  get isClosing(): boolean {
    return this.#closing;
  }

  /** The room of that name, whoever asks. */
  find(name: string): Room | undefined {
    return this.#rooms.get(roomName(name, this.limits.nameLength).key);
  }

  /** In no order. */
  get allRooms(): Iterable<Room> {
    return this.#rooms;
  }

  /**
   * Hears what happens in a room from now on, which is made if need be; what happened before has gone to the others.
   * @throws Refusal `bad-room`, `limit`, `closing`
   */
  listen(outlet: Outlet, name: string): Room {
    if (this.#closing) throw closing();
    const wanted = roomName(name, this.limits.nameLength);
    this.#turn.flush();
    const room = this.#rooms.obtain(wanted);
    room.listeners.add(outlet);
    return room;
  }

  /** Idempotent. */
  unlisten(outlet: Outlet, room: Room): void {
    if (room.listeners.delete(outlet)) this.#rooms.drop(room);
  }

  /** Ends a membership. Idempotent. */
  remove(member: Member, reason: string): void {
    if (this.#members.get(member.name.key) !== member) return;
    this.#members.delete(member.name.key);
    for (const room of [...member.rooms.values()]) this.#part(member, room, reason);
  }

  /** @throws Refusal `bad-name`, `name-taken` */
  rename(member: Member, name: string): void {
    const next = this.#freeName(name, member);
    const old = member.name.text;
    if (old === next.text) return;
    this.#members.delete(member.name.key);
    member.name = next;
    this.#members.set(next.key, member);
    const time = this.#wallTime();
    for (const room of member.rooms.values())
      this.#turn.add(room, { type: 'renamed', room: room.name, member: old, name: next.text, time }, member);
  }

  /**
   * Enters a room, making it if need be. To be in it already is no error.
   * @throws Refusal `bad-room`, `limit`
   */
  join(member: Member, name: string): Room {
    const wanted = roomName(name, this.limits.nameLength);
    const present = member.rooms.get(wanted.key);
    if (present !== undefined) return present;
    if (member.rooms.size >= this.limits.roomsPerMember)
      throw new Refusal('limit', `You are in ${this.limits.roomsPerMember} rooms already; leave one first`);
    const room = this.#rooms.obtain(wanted);
    if (room.members.size >= this.limits.membersPerRoom)
      throw new Refusal('limit', `#${room.name} is full: ${this.limits.membersPerRoom} members`);
    room.members.add(member);
    member.rooms.set(room.key, room);
    const { door } = member;
    const time = this.#wallTime();
    this.#turn.add(room, { type: 'joined', room: room.name, member: member.name.text, time, door }, member);
    return room;
  }

  /** @throws Refusal `bad-room`, `not-joined` */
  leave(member: Member, name: string): Room {
    const room = this.room(member, name);
    this.#part(member, room, undefined);
    return room;
  }

  /**
   * The room of that name, which the member is in.
   * @throws Refusal `bad-room`, `not-joined`
   */
  room(member: Member, name: string): Room {
    const wanted = roomName(name, this.limits.nameLength);
    const room = member.rooms.get(wanted.key);
    if (room === undefined) throw new Refusal('not-joined', `You are not in #${wanted.text}; join it first`);
    return room;
  }

  /**
   * Says something to a room that the member is in.
   * @throws Refusal `bad-body`, `too-long`
   */
  say(member: Member, room: Room, kind: MessageKind, body: string, onKept: OnKept): void {
    const text = this.#checkBody(body);
    this.#add(room, member.name.text, kind, text, member.door, member, onKept);
  }

  /**
   * Says something to a room, which is made if need be, in the name of somebody who does not stay.
   * @param address whose name it is from now on, for the limit `nameHold`
   * @throws Refusal `bad-name`, `name-taken`, `bad-room`, `bad-body`, `too-long`, `limit`, `rate`, `closing`
   */
  post(address: string, name: string, to: string, kind: MessageKind, body: string, onKept: OnKept): void {
    if (this.#closing) throw closing();
    const speaker = memberName(name, this.limits.nameLength);
    const wanted = roomName(to, this.limits.nameLength);
    const text = this.#checkBody(body);
    if (this.#members.has(speaker.key)) throw taken(speaker);
    const room = this.#rooms.obtain(wanted);
    try {
      this.#held.use(speaker, address);
    } catch (thrown) {
      this.#rooms.drop(room);
      throw thrown;
    }
    this.#add(room, speaker.text, kind, text, 'http', null, onKept);
  }

  /** Tells a room something in the server's name. A room that is not there is not told. */
  announce(name: string, body: string, door: DoorKind = 'server'): void {
    const room = this.#rooms.get(nameKey(name));
    if (room !== undefined)
      this.#add(room, SERVER_NAME, 'notice', this.#checkBody(body), door, null, () => {});
  }

  /**
   * Tells one member something. The sender gets a copy.
   * @throws Refusal `no-such-member`, `bad-body`, `too-long`
   */
  tell(sender: Member, to: string, body: string): void {
    const recipient = this.#members.get(nameKey(to.slice(0, 4 * this.limits.nameLength)));
    if (recipient === undefined) throw new Refusal('no-such-member', 'Nobody here has that name');
    const text = this.#checkBody(body);
    const event: Private = {
      type: 'private',
      sender: sender.name.text,
      recipient: recipient.name.text,
      time: this.#wallTime(),
      body: text,
      door: sender.door,
    };
    this.#turn.addPrivate(recipient.outlet, event);
    if (recipient !== sender) this.#turn.addPrivate(sender.outlet, event);
  }

  /** Earlier messages of a room; what was said in this turn is not among them, it is still to come. */
  page(room: Room, before: number | null, limit: number): HistoryPage {
    return this.#read(() => this.history.page(room.name, before, limit));
  }

  /** Messages of a room that are newer than `after`. */
  newer(room: Room, after: number, limit: number): NewerPage {
    return this.#read(() => this.history.newer(room.name, after, limit));
  }

  /** How many messages of a room are kept that are newer than `after`, and the id of the newest. */
  count(room: Room, after = 0): { readonly count: number; readonly last: number | null } {
    return this.#read(() => this.history.count(room.name, after));
  }

  #read<T>(ask: () => T): T {
    try {
      return ask();
    } catch (cause) {
      reportTrouble(cause);
      throw new Refusal('storage', 'The history cannot be read', { cause });
    }
  }

  /** All rooms, the fullest first. */
  rooms(member: Member): RoomSummary[] {
    return this.#rooms.summary(member);
  }

  /** Keeps and carries what was said now, not at the end of the turn. Not from within an outlet. */
  flush(): void {
    this.#turn.flush();
  }

  /** Tells everybody that the exchange ends, and forgets them. Nobody enters from now on. */
  close(reason: string): number {
    this.#closing = true;
    this.#expiry?.cancel();
    this.#turn.flush();
    const members = [...this.#members.values()];
    const listeners = [...this.#rooms].flatMap((room) => [...room.listeners]);
    this.#members.clear();
    this.#rooms.clear();
    for (const member of members) member.outlet.onDismissed(reason);
    for (const listener of listeners) listener.onDismissed(reason);
    return members.length;
  }

  #add(
    room: Room,
    sender: string,
    kind: MessageKind,
    body: string,
    door: DoorKind,
    by: Member | null,
    onKept: OnKept,
  ): void {
    const id = this.#turn.nextId();
    const time = this.#wallTime();
    this.#turn.addMessage(
      room,
      { type: 'message', id, room: room.name, sender, time, kind, body, door },
      by,
      onKept,
    );
  }

  #part(member: Member, room: Room, reason: string | undefined): void {
    room.members.delete(member);
    member.rooms.delete(room.key);
    const time = this.#wallTime();
    if (room.members.size > 0)
      this.#turn.add(room, { type: 'left', room: room.name, member: member.name.text, time, reason }, member);
    else this.#rooms.drop(room);
  }

  #freeName(text: string, bearer?: Member): Name {
    const name = memberName(text, this.limits.nameLength);
    const holder = this.#members.get(name.key);
    if (holder !== undefined && holder !== bearer) throw taken(name);
    const wait = this.#held.heldFor(name.key);
    if (wait > 0) throw taken(name, wait);
    return name;
  }

  #guestName(): Name {
    for (;;) {
      const text = `guest-${++this.#guests}`;
      if (!this.#members.has(text) && this.#held.heldFor(text) === 0) return { text, key: text };
    }
  }

  #checkBody(body: string): string {
    const text = body.toWellFormed();
    if (text.trim() === '') throw new Refusal('bad-body', 'The message is empty');
    // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no count.
    if (text.length * 3 > this.limits.bodyBytes && Buffer.byteLength(text) > this.limits.bodyBytes)
      throw new Refusal(
        'too-long',
        `The message is longer than ${this.limits.bodyBytes} bytes; it was not sent`,
      );
    return text;
  }

  #expire(): void {
    try {
      this.history.expire(this.#wallTime());
      for (const room of [...this.#rooms]) this.#rooms.drop(room);
    } catch (error) {
      // Tried again in an hour.
      reportTrouble(error);
    }
    this.#expiry = this.#clock.after(EXPIRE_EVERY, () => this.#expire(), { background: true });
  }
}

function closing(): Refusal {
  return new Refusal('closing', 'The exchange is closing');
}

function taken(name: Name, wait?: number): Refusal {
  return new Refusal('name-taken', `The name ${name.text} is taken`, { wait });
}
