/** Who is in which room, as far as the exchange told. Good for completing names; not a promise. */
import type { Joined, Left, MemberList, Renamed } from './message.ts';

/** Names kept of one room. Beyond them, completion has no use. */
export const MEMBERS_KEPT = 1_000;

export class Members {
  readonly #rooms = new Map<string, Set<string>>();

  /** Everybody known, in all rooms or in one. */
  names(room?: string): string[] {
    if (room !== undefined) return [...(this.#rooms.get(room) ?? [])];
    return [...new Set([...this.#rooms.values()].flatMap((names) => [...names]))];
  }

  set(list: MemberList): void {
    this.#rooms.set(list.room, new Set(list.members.slice(0, MEMBERS_KEPT).map(({ member }) => member)));
  }

  see(event: Joined | Left | Renamed): void {
    const names = this.#rooms.get(event.room);
    if (names === undefined) return;
    if (event.type !== 'joined') names.delete(event.member);
    if (event.type === 'left' || names.size >= MEMBERS_KEPT) return;
    names.add(event.type === 'renamed' ? event.name : event.member);
  }

  forget(room: string): void {
    this.#rooms.delete(room);
  }
}
