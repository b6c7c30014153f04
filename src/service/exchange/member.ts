/** Who is in the exchange, and the rooms they are in. The hub alone changes either. */
import type { DoorKind, Outlet } from './event.ts';
import type { Name } from './names.ts';

export class Member {
  readonly outlet: Outlet;
  readonly door: DoorKind;
  /** In the order of joining. */
  readonly rooms = new Map<string, Room>();
  name: Name;

  constructor(outlet: Outlet, door: DoorKind, name: Name) {
    this.outlet = outlet;
    this.door = door;
    this.name = name;
  }
}

export interface Room {
  readonly name: string;
  readonly key: string;
  readonly members: Set<Member>;
  /** Who hears what happens there without being a member: nobody sees them, and they say nothing. */
  readonly listeners: Set<Outlet>;
}

/** Up to so many of those in a room, by name, and the door of each. */
export function listMembers(
  room: Room,
  most: number,
): { readonly member: string; readonly door: DoorKind }[] {
  return [...room.members]
    .slice(0, most)
    .map(({ name, door }) => ({ member: name.text, door }))
    .sort((a, b) => (a.member < b.member ? -1 : 1));
}
