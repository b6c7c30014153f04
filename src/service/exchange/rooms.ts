/** Which rooms there are: they come with the first who enters, and go with the last. It does not know who may enter. */
import type { Member, Room } from './member.ts';
import { type Name, roomName } from './names.ts';
import { Refusal } from './refusal.ts';

/** The room that everybody enters first. */
export const DEFAULT_ROOM = 'lobby';

export interface RoomSummary {
  readonly room: string;
  readonly members: number;
  readonly joined: boolean;
}

export interface RoomsOptions {
  /** Rooms that may exist. */
  readonly max: number;
  /** Names of those that exist from the beginning, because something was said there. */
  readonly known: readonly string[];
  /** Whether something that was said there is kept, or about to be. */
  readonly hasHistory: (room: Room) => boolean;
}

export class Rooms implements Iterable<Room> {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();

  constructor(options: RoomsOptions) {
    this.#options = options;
    for (const name of [DEFAULT_ROOM, ...options.known]) this.#open(roomName(name, Number.MAX_SAFE_INTEGER));
  }

  get size(): number {
    return this.#rooms.size;
  }

  get(key: string): Room | undefined {
    return this.#rooms.get(key);
  }

  [Symbol.iterator](): Iterator<Room> {
    return this.#rooms.values();
  }

  /**
   * The room, made if need be.
   * @throws Refusal `limit`
   */
  obtain(name: Name): Room {
    const room = this.#rooms.get(name.key);
    if (room !== undefined) return room;
    const { max } = this.#options;
    if (this.#rooms.size >= max)
      throw new Refusal('limit', `There are ${max} rooms already; join one of those (see /rooms)`);
    return this.#open(name);
  }

  /** A room lives while somebody is in it, or listens to it, or its history is kept. The first is always there. */
  drop(room: Room): void {
    if (room.members.size > 0 || room.listeners.size > 0 || room.key === DEFAULT_ROOM) return;
    if (!this.#options.hasHistory(room)) this.#rooms.delete(room.key);
  }

  /** All of them, the fullest first, as the member sees them. */
  summary(member: Member): RoomSummary[] {
    return [...this.#rooms.values()]
      .map((room) => ({ room: room.name, members: room.members.size, joined: room.members.has(member) }))
      .sort((a, b) => b.members - a.members || (a.room < b.room ? -1 : 1));
  }

  clear(): void {
    this.#rooms.clear();
  }

  #open(name: Name): Room {
    const room: Room = { name: name.text, key: name.key, members: new Set(), listeners: new Set() };
    this.#rooms.set(room.key, room);
    return room;
  }
}
