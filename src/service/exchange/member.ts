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
