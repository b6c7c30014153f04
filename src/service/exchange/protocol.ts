/** The requests and replies of the exchange, whatever they are written in. docs/exchange.schema.json describes them. */
import type { Message } from './event.ts';
import { Refusal, type RefusalCode } from './refusal.ts';

/** Goes into `welcome`; grows when a change would confuse a client. */
export const PROTOCOL_VERSION = 1;

export type RequestId = number | string;

export type Request = { readonly id?: RequestId | undefined } & (
  | Hello
  | { readonly type: 'nick'; readonly name: string }
  | { readonly type: 'join'; readonly room: string; readonly history?: number | undefined }
  | { readonly type: 'leave'; readonly room?: string | undefined }
  | { readonly type: 'say' | 'me'; readonly room?: string | undefined; readonly body: string }
  | { readonly type: 'msg'; readonly to: string; readonly body: string }
  | {
      readonly type: 'history';
      readonly room?: string | undefined;
      readonly before?: number | undefined;
      readonly limit?: number | undefined;
    }
  | { readonly type: 'who'; readonly room?: string | undefined }
  /** The access token, before anything else where one is needed. */
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'rooms' | 'ping' | 'quit' }
);

export interface Hello {
  readonly type: 'hello';
  readonly name?: string | undefined;
  readonly rooms?: readonly string[] | undefined;
  readonly history?: number | undefined;
  /** UDP: the proof that the exchange sent to the address. Not the access token. */
  readonly token?: string | undefined;
}

export interface WelcomeLimits {
  readonly body: number;
  readonly line: number;
  readonly name: number;
  readonly rooms: number;
  readonly history: number;
  readonly rate: number;
  readonly burst: number;
  /** Seconds. */
  readonly idle: number;
}

export type Reply = { readonly id?: RequestId | undefined } & (
  | {
      readonly type: 'welcome';
      readonly protocol: typeof PROTOCOL_VERSION;
      readonly server: string;
      readonly session: string;
      readonly member: string;
      readonly rooms: readonly string[];
      readonly limits: WelcomeLimits;
    }
  | {
      readonly type: 'ok';
      readonly request: 'nick' | 'join' | 'leave' | 'say' | 'me' | 'msg' | 'token';
      readonly member?: string;
      readonly room?: string;
      readonly members?: number;
      readonly message?: number;
    }
  | { readonly type: 'error'; readonly code: RefusalCode; readonly message: string }
  | {
      readonly type: 'history';
      readonly room: string;
      readonly messages: readonly Message[];
      readonly before: number | null;
    }
  | {
      readonly type: 'rooms';
      readonly rooms: readonly { room: string; members: number; joined: boolean }[];
    }
  | {
      readonly type: 'members';
      readonly room: string;
      readonly members: readonly { member: string; door: string }[];
      readonly total: number;
    }
  | { readonly type: 'missed'; readonly count: number }
  /** `time` is milliseconds since the epoch. */
  | { readonly type: 'pong'; readonly time: number }
  | { readonly type: 'bye'; readonly reason: string }
);

type Kind = 'text' | 'texts' | 'count' | 'cursor';

/** The fields of each request, and of which kind they are; `!` marks those that must be there. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Kind | `${Kind}!`>>>> = {
  hello: { name: 'text', rooms: 'texts', history: 'count', token: 'text' },
  nick: { name: 'text!' },
  join: { room: 'text!', history: 'count' },
  leave: { room: 'text' },
  say: { room: 'text', body: 'text!' },
  me: { room: 'text', body: 'text!' },
  msg: { to: 'text!', body: 'text!' },
  history: { room: 'text', before: 'cursor', limit: 'cursor' },
  who: { room: 'text' },
  token: { token: 'text!' },
  rooms: {},
  ping: {},
  quit: {},
};

const KINDS: Readonly<Record<Kind, readonly [(value: unknown) => boolean, string]>> = {
  text: [(value) => typeof value === 'string', 'a string'],
  texts: [
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    'a list of strings',
  ],
  count: [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a whole number'],
  cursor: [(value) => Number.isSafeInteger(value) && (value as number) >= 1, 'a whole number from 1 on'],
};

/** Longest `id` in characters. */
const ID_LENGTH = 64;

/**
 * Checks a JSON value against the protocol. Fields that it does not know are dropped.
 * @throws Refusal `bad-request`, `unknown-type`
 */
export function toRequest(value: unknown): Request {
  if (!isObject(value)) throw new Refusal('bad-request', 'A request is a JSON object');
  const { type } = value;
  if (typeof type !== 'string')
    throw new Refusal(
      'bad-request',
      'The request has no "type"; send for example {"type":"say","body":"hi"}',
    );
  if (!Object.hasOwn(FIELDS, type)) throw new Refusal('unknown-type', 'There is no such type of request');
  const id = requestId(value);
  if (value.id !== undefined && id === undefined)
    throw new Refusal(
      'bad-request',
      `"id" must be a whole number or a string of up to ${ID_LENGTH} characters`,
    );
  const request: Record<string, unknown> = { type, id };
  for (const [field, kind] of Object.entries(FIELDS[type]!))
    request[field] = checkedField(value, field, kind);
  return request as unknown as Request;
}

/** The `id` of something that may not be a request, for the refusal of it. */
export function requestId(value: unknown): RequestId | undefined {
  if (!isObject(value)) return undefined;
  const { id } = value;
  if (typeof id === 'number') return Number.isSafeInteger(id) ? id : undefined;
  return typeof id === 'string' && id.length <= ID_LENGTH ? id : undefined;
}

function checkedField(value: Record<string, unknown>, field: string, kind: Kind | `${Kind}!`): unknown {
  const given = value[field];
  const isNeeded = kind.endsWith('!');
  if (given === undefined && !isNeeded) return undefined;
  const [isGood, words] = KINDS[(isNeeded ? kind.slice(0, -1) : kind) as Kind];
  if (!isGood(given)) throw new Refusal('bad-request', `"${field}" must be ${words}`);
  return given;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
