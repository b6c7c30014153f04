/** The shapes of what the API takes and gives (JSON Schema 2020-12), and its parameters. */
import { PROBLEMS, TYPE_PREFIX } from './problem.ts';

/** Part of an OpenAPI document. */
export type Part = Readonly<Record<string, unknown>>;

export function schema(name: string): Part {
  return { $ref: `#/components/schemas/${name}` };
}

const COUNT: Part = { type: 'integer', minimum: 0 };
const DOORS = ['tcp', 'unix', 'udp', 'ws', 'http', 'memory', 'server'];

/** An object with all these fields, or all but the optional ones, and no others. */
function record(properties: Readonly<Record<string, Part>>, optional: readonly string[] = []): Part {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

function list(items: Part): Part {
  return { type: 'array', items };
}

function orNull(part: Part): Part {
  return { anyOf: [part, { type: 'null' }] };
}

function described(description: string, part: Part): Part {
  return { description, ...part };
}

const PAGE: Readonly<Record<string, Part>> = {
  room: schema('RoomName'),
  messages: list(schema('Message')),
  before: described(
    'The cursor to ask for what is older; null when there is nothing.',
    orNull(schema('MessageId')),
  ),
  after: described('The cursor to ask for what is newer, now or later.', COUNT),
};

export const SCHEMAS: Readonly<Record<string, Part>> = {
  MemberName: described('Unique without regard to case; no control, format or white space characters.', {
    type: 'string',
    minLength: 1,
    maxLength: 64,
  }),
  RoomName: { type: 'string', minLength: 1, maxLength: 64 },
  MessageId: described('Grows with every message of the exchange, also across restarts.', {
    type: 'integer',
    minimum: 1,
  }),
  Time: described('The clock of the server, UTC, milliseconds.', { type: 'string', format: 'date-time' }),
  Door: described('How it came in.', { enum: DOORS }),
  Message: record({
    type: { const: 'message' },
    id: schema('MessageId'),
    room: schema('RoomName'),
    sender: schema('MemberName'),
    time: schema('Time'),
    kind: described('`say` is text, `me` an action, `notice` comes from the exchange.', {
      enum: ['say', 'me', 'notice'],
    }),
    body: { type: 'string', minLength: 1 },
    door: schema('Door'),
  }),
  Room: record({
    room: schema('RoomName'),
    members: COUNT,
    listeners: described('Who hears what is said without being a member.', COUNT),
  }),
  RoomDetails: record({
    room: schema('RoomName'),
    members: COUNT,
    listeners: COUNT,
    messages: described('Messages that are kept.', COUNT),
    last: described('The newest of them.', orNull(schema('MessageId'))),
  }),
  Rooms: record({ rooms: list(schema('Room')) }),
  Members: record({
    room: schema('RoomName'),
    members: list(record({ member: schema('MemberName'), door: schema('Door') })),
    total: described('How many there are; the list may be shorter.', COUNT),
    listeners: COUNT,
  }),
  Messages: record(PAGE),
  NewMessage: {
    type: 'object',
    properties: {
      name: schema('MemberName'),
      body: { type: 'string', minLength: 1 },
      kind: { enum: ['say', 'me'], default: 'say' },
    },
    required: ['name', 'body'],
  },
  Token: { type: 'object', properties: { token: { type: 'string' } }, required: ['token'] },
  Session: record({
    needsToken: described('Whether the exchange asks for one.', { type: 'boolean' }),
    admitted: described('Whether this request showed it, or none is needed.', { type: 'boolean' }),
  }),
  Stats: record({
    server: { type: 'string', pattern: '^modnet/' },
    uptime: described('Seconds.', COUNT),
    members: COUNT,
    rooms: COUNT,
    connections: COUNT,
    messages: COUNT,
    deliveries: COUNT,
    refused: COUNT,
    dropped: COUNT,
    slow: COUNT,
    wrongTokens: COUNT,
    doors: list(record({ kind: schema('Door'), url: { type: 'string' }, clients: COUNT })),
  }),
  Problem: described(
    'Problem details (RFC 9457). `code` is the last part of `type`.',
    record({
      type: { enum: Object.keys(PROBLEMS).map((code) => `${TYPE_PREFIX}${code}`) },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: described('A sentence for people.', { type: 'string' }),
      code: { enum: Object.keys(PROBLEMS) },
    }),
  ),
};

function parameter(where: 'path' | 'query' | 'header', name: string, description: string, part: Part): Part {
  return { name, in: where, description, required: where === 'path', schema: part };
}

export const PARAMETERS: Readonly<Record<string, Part>> = {
  room: parameter('path', 'room', 'The name of the room.', { type: 'string' }),
  id: parameter('path', 'id', 'The id of the message.', schema('MessageId')),
  before: parameter(
    'query',
    'before',
    'Only messages older than this one. Not together with `after`.',
    schema('MessageId'),
  ),
  after: parameter(
    'query',
    'after',
    'Only messages newer than this one, the oldest first; 0 for all.',
    COUNT,
  ),
  limit: parameter('query', 'limit', 'At most so many; there may be fewer.', {
    type: 'integer',
    minimum: 1,
    default: 50,
  }),
  lastEventId: parameter(
    'header',
    'Last-Event-ID',
    'The last message that was seen; those since then come first.',
    COUNT,
  ),
  eventsAfter: parameter('query', 'after', 'As `Last-Event-ID`, for the first time.', COUNT),
  token: parameter(
    'query',
    'token',
    'The access token, for those who can set neither a header nor a cookie.',
    {
      type: 'string',
    },
  ),
};

export function parameters(...names: readonly string[]): Part[] {
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}
