/**
 * What the exchange sends in JSON lines, checked before anybody relies on it (docs/exchange.schema.json). It knows the
 * shapes and not what they are for. Types and fields that it does not know are left alone.
 */
import { NetError } from '../../core/index.ts';

/** Something said in a room. */
export interface RoomMessage {
  readonly type: 'message';
  /** Grows with every message of the exchange. */
  readonly id: number;
  readonly room: string;
  readonly sender: string;
  /** ISO 8601, the server's clock. */
  readonly time: string;
  readonly kind: 'say' | 'me' | 'notice';
  /** As it was said: it may hold anything, line ends and terminal escapes included. */
  readonly body: string;
}

/** Something said to one member; the sender gets a copy. */
export interface PrivateMessage {
  readonly type: 'private';
  readonly sender: string;
  readonly recipient: string;
  readonly time: string;
  readonly body: string;
}

export interface Joined {
  readonly type: 'joined';
  readonly room: string;
  readonly member: string;
  readonly time: string;
}

export interface Left extends Omit<Joined, 'type'> {
  readonly type: 'left';
  readonly reason?: string;
}

export interface Renamed extends Omit<Joined, 'type'> {
  readonly type: 'renamed';
  /** The name from now on; `member` is the one until now. */
  readonly name: string;
}

/** The server could not send so many events: this client read too slowly. */
export interface Missed {
  readonly type: 'missed';
  readonly count: number;
}

export interface RoomInfo {
  readonly room: string;
  readonly members: number;
  /** Whether this member is in it. */
  readonly joined: boolean;
}

export interface Limits {
  /** Bytes of UTF-8 of a body. */
  readonly body: number;
  /** Messages in one page of history. */
  readonly history: number;
  /** Seconds of silence after which the server says goodbye; 0 for never. */
  readonly idle: number;
}

export interface Welcome {
  readonly type: 'welcome';
  readonly server: string;
  readonly member: string;
  readonly rooms: readonly string[];
  readonly limits: Limits;
}

export interface Done {
  readonly type: 'ok';
  readonly request: string;
  readonly member?: string;
  readonly room?: string;
}

export interface Failed {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
}

export interface HistoryPage {
  readonly type: 'history';
  readonly room: string;
  /** Oldest first. */
  readonly messages: readonly RoomMessage[];
  /** The cursor for what is older, or `null` when nothing is. */
  readonly before: number | null;
}

export interface MemberList {
  readonly type: 'members';
  readonly room: string;
  readonly members: readonly { readonly member: string; readonly door: string }[];
  /** The list may be shorter. */
  readonly total: number;
}

export interface RoomList {
  readonly type: 'rooms';
  readonly rooms: readonly RoomInfo[];
}

interface Pong {
  readonly type: 'pong';
}

export interface Bye {
  readonly type: 'bye';
  readonly reason: string;
}

/** With an `id` it is the reply to a request. */
export type ServerMessage = { readonly id?: unknown } & (
  | RoomMessage
  | PrivateMessage
  | Joined
  | Left
  | Renamed
  | Missed
  | Welcome
  | Done
  | Failed
  | HistoryPage
  | MemberList
  | RoomList
  | Pong
  | Bye
);

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === 'string';
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const number: Check = (value) => typeof value === 'number' && value >= 0;
const flag: Check = (value) => typeof value === 'boolean';
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const object =
  (shape: Shape): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shape).every(([field, check]) => check((value as Record<string, unknown>)[field]));

const presence = { room: text, member: text, time: text };
const message = { id: count, room: text, sender: text, time: text, kind: text, body: text };

const SHAPES: Readonly<Record<string, Shape>> = {
  message,
  private: { sender: text, recipient: text, time: text, body: text },
  joined: presence,
  left: { ...presence, reason: optional(text) },
  renamed: { ...presence, name: text },
  missed: { count },
  welcome: {
    server: text,
    member: text,
    rooms: list(text),
    limits: object({ body: count, history: count, idle: number }),
  },
  ok: { request: text, member: optional(text), room: optional(text) },
  error: { code: text, message: text },
  history: {
    room: text,
    messages: list(object(message)),
    before: (value) => value === null || count(value),
  },
  members: { room: text, members: list(object({ member: text, door: text })), total: count },
  rooms: { rooms: list(object({ room: text, members: count, joined: flag })) },
  pong: {},
  bye: { reason: text },
};

/**
 * The message in a line, or `null` for a type that is not known here.
 * @throws NetError `protocol` (fault `remote`) for anything that is no such object.
 */
export function parseMessage(line: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw wrong('a line that is not JSON', cause);
  }
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== 'string') throw wrong('an object without a type');
  const shape = Object.hasOwn(SHAPES, type) ? SHAPES[type]! : undefined;
  if (shape === undefined) return null;
  if (!object(shape)(value)) throw wrong(`a "${type}" that is not as its schema says`);
  return value as ServerMessage;
}

function wrong(what: string, cause?: unknown): NetError {
  return new NetError('protocol', `The exchange sent ${what}`, { fault: 'remote', cause });
}
