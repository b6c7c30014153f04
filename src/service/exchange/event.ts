/** What happens in rooms, and how the hub hands it to the one who carries it to a member. */
import type { Refusal } from './refusal.ts';

/** How something came in. */
export type DoorKind = 'tcp' | 'unix' | 'udp' | 'ws' | 'http' | 'memory' | 'server';

export type MessageKind = 'say' | 'me' | 'notice';

/** Something said in a room. `time` is milliseconds since the epoch, here and below. */
export interface Message {
  readonly type: 'message';
  /** Grows with every message of the exchange, across restarts. */
  readonly id: number;
  readonly room: string;
  readonly sender: string;
  readonly time: number;
  readonly kind: MessageKind;
  readonly body: string;
  readonly door: DoorKind;
  /** The body was shortened to fit into a datagram. */
  readonly cut?: true;
}

export interface Joined {
  readonly type: 'joined';
  readonly room: string;
  readonly member: string;
  readonly time: number;
  readonly door: DoorKind;
}

export interface Left {
  readonly type: 'left';
  readonly room: string;
  readonly member: string;
  readonly time: number;
  /** Left out when the member left the room and stays in the exchange. */
  readonly reason?: string | undefined;
}

export interface Renamed {
  readonly type: 'renamed';
  readonly room: string;
  readonly member: string;
  readonly name: string;
  readonly time: number;
}

export type RoomEvent = Message | Joined | Left | Renamed;

/** From one member to another; no history keeps it. */
export interface Private {
  readonly type: 'private';
  readonly sender: string;
  readonly recipient: string;
  readonly time: number;
  readonly body: string;
  readonly door: DoorKind;
  /** The body was shortened to fit into a datagram. */
  readonly cut?: true;
}

/**
 * Events of one room in their order, for everybody in it. The same object goes to all of them, so that it is encoded
 * once.
 */
export interface Batch {
  readonly events: readonly RoomEvent[];
  /** Whose doing each event is; `null` is the server's. */
  readonly by: readonly (Outlet | null)[];
}

/** Carries to one member. None of the calls may throw, wait or call the hub. */
export interface Outlet {
  onEvents(batch: Batch): void;
  onPrivate(event: Private): void;
  /** The server ends the membership. */
  onDismissed(reason: string): void;
}

/** Called once the message is in the history and on its way to everybody, or could not be kept. */
export type OnKept = (outcome: Message | Refusal) => void;
