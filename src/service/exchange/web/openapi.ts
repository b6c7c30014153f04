/** `/api/openapi.json`: the API as OpenAPI 3.1 describes one. Tests hold the answers against it. */
import type { House } from '../house.ts';
import { json } from './answers.ts';
import { PARAMETERS, type Part, parameters, SCHEMAS, schema } from './openapi-schemas.ts';
import { PROBLEMS, type ProblemCode } from './problem.ts';

/** Grows when a change would confuse a client. */
const API_VERSION = '1.0.0';

/** What every request may be answered with. */
const ALWAYS: readonly ProblemCode[] = ['cross-origin', 'wrong-host', 'rate', 'closing', 'internal'];
const GUARDED: readonly ProblemCode[] = [...ALWAYS, 'token-needed'];
const IN_ROOM: readonly ProblemCode[] = [...GUARDED, 'no-such-room', 'bad-room', 'storage', 'not-acceptable'];
const SPEAKING: readonly ProblemCode[] = [
  ...GUARDED,
  'bad-json',
  'bad-request',
  'bad-name',
  'bad-body',
  'name-taken',
  'bad-room',
  'too-long',
  'media-type',
  'limit',
  'storage',
];
const ENTERING: readonly ProblemCode[] = [
  ...ALWAYS,
  'bad-token',
  'bad-json',
  'bad-request',
  'too-long',
  'media-type',
];

/** No token is needed. */
const OPEN: readonly Part[] = [];

export function openapi({ gate }: House): Response {
  return json(apiDocument(gate !== null));
}

/** @param needsToken whether this exchange asks for one */
export function apiDocument(needsToken: boolean): Part {
  return {
    openapi: '3.1.0',
    info: {
      title: 'The exchange of modnet',
      version: API_VERSION,
      summary: 'Rooms that anything can talk in, by HTTP.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: needsToken ? [{ bearer: [] }, { cookie: [] }] : [],
    tags: [{ name: 'rooms' }, { name: 'session' }, { name: 'watching' }],
    paths: { ...roomPaths(), ...messagePaths(), ...otherPaths() },
    components: {
      schemas: SCHEMAS,
      parameters: PARAMETERS,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The access token that `modnet up` prints.' },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'modnet-8080',
          description: 'What `POST /api/session` gives for it; the name ends in the port of the door.',
        },
      },
    },
  };
}

function roomPaths(): Part {
  return {
    '/api/rooms': {
      get: operation('rooms', 'listRooms', 'The rooms, the fullest first.', answer('Rooms'), [
        ...GUARDED,
        'not-acceptable',
      ]),
    },
    '/api/rooms/{room}': {
      parameters: parameters('room'),
      get: operation('rooms', 'getRoom', 'One room.', answer('RoomDetails'), IN_ROOM),
    },
    '/api/rooms/{room}/members': {
      parameters: parameters('room'),
      get: operation(
        'rooms',
        'listMembers',
        'Who is in the room, and through which door.',
        answer('Members'),
        IN_ROOM,
      ),
    },
    '/api/rooms/{room}/events': {
      parameters: parameters('room', 'lastEventId', 'eventsAfter', 'token'),
      get: operation(
        'rooms',
        'listen',
        'What happens in the room from now on (server-sent events).',
        events(),
        [...GUARDED, 'bad-request', 'bad-room', 'full', 'limit', 'storage', 'not-acceptable'],
      ),
    },
  };
}

function messagePaths(): Part {
  const page = answer('Messages');
  const link = {
    description: 'What is older (`prev`) and newer (`next`), RFC 8288.',
    schema: { type: 'string' },
  };
  const text = { 'text/plain': { schema: { type: 'string', description: 'A line for each.' } } };
  return {
    '/api/rooms/{room}/messages': {
      parameters: parameters('room'),
      get: {
        ...operation(
          'rooms',
          'listMessages',
          'What was said, oldest first: the newest unless told.',
          { ...page, headers: { Link: link }, content: { ...(page.content as Part), ...text } },
          [...IN_ROOM, 'bad-request'],
        ),
        parameters: parameters('before', 'after', 'limit'),
      },
      post: {
        ...operation(
          'rooms',
          'say',
          'Says something. Answered once it is in the history.',
          answer('Message'),
          SPEAKING,
          '201',
        ),
        requestBody: body('NewMessage'),
      },
    },
    '/api/rooms/{room}/messages/{id}': {
      parameters: parameters('room', 'id'),
      get: operation('rooms', 'getMessage', 'One message.', answer('Message'), [
        ...IN_ROOM,
        'no-such-message',
      ]),
    },
  };
}

function otherPaths(): Part {
  const done = { description: 'Done.', headers: { 'Set-Cookie': { schema: { type: 'string' } } } };
  const document = {
    description: 'This document.',
    content: { 'application/json': { schema: { type: 'object' } } },
  };
  return {
    '/api/session': {
      get: {
        ...operation('session', 'getSession', 'Whether a token is needed.', answer('Session'), [
          ...ALWAYS,
          'bad-token',
        ]),
        security: OPEN,
      },
      post: {
        ...operation('session', 'enter', 'Shows the token, for a cookie.', done, ENTERING, '204'),
        security: OPEN,
        requestBody: body('Token'),
      },
      delete: {
        ...operation('session', 'leave', 'Takes the cookie away.', done, ALWAYS, '204'),
        security: OPEN,
      },
    },
    '/api/stats': {
      get: operation('watching', 'getStats', 'How the exchange is.', answer('Stats'), GUARDED),
    },
    '/api/openapi.json': {
      get: { ...operation('watching', 'getOpenApi', 'This document.', document, ALWAYS), security: OPEN },
    },
  };
}

function operation(
  tag: string,
  operationId: string,
  summary: string,
  answered: Part,
  problems: readonly ProblemCode[],
  status = '200',
): Part {
  return { operationId, summary, tags: [tag], responses: { [status]: answered, ...refusals(problems) } };
}

function answer(name: string): Part {
  return { description: name, content: { 'application/json': { schema: schema(name) } } };
}

function events(): Part {
  return {
    description:
      'An event has the type of its data: `message`, `joined`, `left`, `renamed`, `missed`, `bye`; messages have ids.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  };
}

function body(name: string): Part {
  return { required: true, content: { 'application/json': { schema: schema(name) } } };
}

/** By status, each with its codes. */
function refusals(codes: readonly ProblemCode[]): Part {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes)
    byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => [
      `${status}`,
      {
        description: all.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: schema('Problem') } },
      },
    ]),
  );
}
