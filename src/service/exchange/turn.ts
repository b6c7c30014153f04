/** What was said and done since the last turn of the loop: kept first, then carried to those who hear it. */
import { reportTrouble } from './diagnostics.ts';
import type { Batch, Message, OnKept, Outlet, Private, RoomEvent } from './event.ts';
import type { History } from './history.ts';
import { Refusal } from './refusal.ts';

/** Events, and characters of bodies, in one batch: what a slow reader can miss at once stays small. */
const BATCH_EVENTS = 128;
const BATCH_CHARACTERS = 32 * 1024;

interface Audience {
  readonly members: ReadonlySet<{ readonly outlet: Outlet }>;
  readonly listeners: ReadonlySet<Outlet>;
}

interface Author {
  readonly outlet: Outlet;
}

interface Pending {
  readonly events: RoomEvent[];
  readonly by: (Outlet | null)[];
}

export class Turn {
  readonly #history: History;
  readonly #schedule: (task: () => void) => void;
  #rooms = new Map<Audience, Pending>();
  #privates: { readonly outlet: Outlet; readonly event: Private }[] = [];
  #messages: Message[] = [];
  #waiting: OnKept[] = [];
  #scheduled = false;
  #nextId: number;
  /** Messages kept, and events handed to members. */
  kept = 0;
  delivered = 0;

  constructor(history: History, schedule: (task: () => void) => void) {
    this.#history = history;
    this.#schedule = schedule;
    this.#nextId = history.lastId;
  }

  nextId(): number {
    return ++this.#nextId;
  }

  /** Whether something said in the room is still to be kept. */
  holdsMessage(room: Audience): boolean {
    return this.#rooms.get(room)?.events.some((event) => event.type === 'message') ?? false;
  }

  add(room: Audience, event: RoomEvent, by: Author | null): void {
    let pending = this.#rooms.get(room);
    if (pending === undefined) {
      pending = { events: [], by: [] };
      this.#rooms.set(room, pending);
    }
    pending.events.push(event);
    pending.by.push(by === null ? null : by.outlet);
    this.#request();
  }

  addMessage(room: Audience, message: Message, by: Author | null, onKept: OnKept): void {
    this.#messages.push(message);
    this.#waiting.push(onKept);
    this.add(room, message, by);
  }

  addPrivate(outlet: Outlet, event: Private): void {
    this.#privates.push({ outlet, event });
    this.#request();
  }

  /** Now, not at the end of the turn. */
  flush(): void {
    const rooms = this.#rooms;
    const privates = this.#privates;
    this.#rooms = new Map();
    this.#privates = [];
    const refusal = this.#keep();
    for (const [room, pending] of rooms)
      this.#deliver(room, refusal === null ? pending : withoutMessages(pending));
    for (const { outlet, event } of privates) outlet.onPrivate(event);
    this.delivered += privates.length;
  }

  #request(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Writes the messages and tells their senders. Where the disk fails nobody hears them, and the senders are told. */
  #keep(): Refusal | null {
    const messages = this.#messages;
    const waiting = this.#waiting;
    if (messages.length === 0) return null;
    this.#messages = [];
    this.#waiting = [];
    let refusal: Refusal | null = null;
    try {
      this.#history.append(messages);
      this.kept += messages.length;
    } catch (cause) {
      reportTrouble(cause);
      refusal = new Refusal('storage', 'The message was not sent: the history cannot be written', { cause });
    }
    for (const [index, onKept] of waiting.entries()) onKept(refusal ?? messages[index]!);
    return refusal;
  }

  #deliver(room: Audience, pending: Pending): void {
    for (const batch of batches(pending)) {
      for (const member of room.members) member.outlet.onEvents(batch);
      for (const listener of room.listeners) listener.onEvents(batch);
      this.delivered += batch.events.length * (room.members.size + room.listeners.size);
    }
  }
}

function withoutMessages({ events, by }: Pending): Pending {
  const kept = events.map((event) => event.type !== 'message');
  return { events: events.filter((_, index) => kept[index]), by: by.filter((_, index) => kept[index]) };
}

function* batches({ events, by }: Pending): Generator<Batch, void, undefined> {
  let start = 0;
  let characters = 0;
  for (const [index, event] of events.entries()) {
    characters += event.type === 'message' ? event.body.length : 0;
    if (index + 1 - start < BATCH_EVENTS && characters < BATCH_CHARACTERS) continue;
    yield { events: events.slice(start, index + 1), by: by.slice(start, index + 1) };
    start = index + 1;
    characters = 0;
  }
  if (start < events.length) yield { events: events.slice(start), by: by.slice(start) };
}
