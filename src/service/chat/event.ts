/** What a chat client tells its face. Names and texts in it are as the server sent them: neutralise them before they are shown. */
import type { Joined, Left, Missed, PrivateMessage, Renamed, RoomMessage } from './message.ts';

/** In the rooms. `again` after a break. */
export interface Connected {
  readonly type: 'connected';
  readonly again: boolean;
  readonly server: string;
}

export interface Disconnected {
  readonly type: 'disconnected';
  readonly reason: Error;
  /** Milliseconds until the next attempt. */
  readonly retryIn: number;
}

/** What was said in a room before it was entered, or while the connection was lost. */
export interface Past {
  readonly type: 'past';
  readonly room: string;
  /** Oldest first. */
  readonly messages: readonly RoomMessage[];
  /** Whether messages are missing that this client would have seen. */
  readonly gap: boolean;
  /** After a break, in place of a first entrance. */
  readonly again: boolean;
}

/** This member is in the room, or has left it, or has another name. */
export interface Moved {
  readonly type: 'entered' | 'exited' | 'named';
  /** The room; the name for `named`. */
  readonly value: string;
}

export type ChatEvent =
  | Connected
  | Disconnected
  | Past
  | Moved
  | RoomMessage
  | PrivateMessage
  | Joined
  | Left
  | Renamed
  | Missed;
