/** The document is valid, complete, and true: the real answers are held against it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { apiDocument } from './openapi.ts';
import { enter, fill, from, posting, type TestSite, testSite } from './test-site.ts';

interface Answer {
  readonly content?: Record<string, { readonly schema: object }>;
}
type Operation = {
  readonly responses: Record<string, Answer>;
  readonly requestBody?: { readonly content: object };
};
type Paths = Record<string, Record<string, Operation>>;

const document = apiDocument(true) as { paths: Paths; components: { schemas: Record<string, object> } };

/** Answers of every operation in its good and its bad cases, `METHOD template path init`. */
const TOKEN = 'open-sesame';
const bearer = { authorization: `Bearer ${TOKEN}` };

type Case = readonly [status: number, template: string, path: string, init?: RequestInit];

const CASES: readonly Case[] = [
  [200, '/api/rooms', '/api/rooms'],
  [401, '/api/rooms', '/api/rooms', { headers: {} }],
  [403, '/api/rooms', '/api/rooms', { headers: { origin: 'http://evil.example' } }],
  [406, '/api/rooms', '/api/rooms', { headers: { ...bearer, accept: 'text/html' } }],
  [421, '/api/rooms', 'http://evil.example/api/rooms'],
  [200, '/api/rooms/{room}', '/api/rooms/lobby'],
  [404, '/api/rooms/{room}', '/api/rooms/nowhere'],
  [422, '/api/rooms/{room}', '/api/rooms/a%20b'],
  [200, '/api/rooms/{room}/members', '/api/rooms/lobby/members'],
  [200, '/api/rooms/{room}/messages', '/api/rooms/lobby/messages'],
  [200, '/api/rooms/{room}/messages', '/api/rooms/lobby/messages?after=1&limit=2'],
  [400, '/api/rooms/{room}/messages', '/api/rooms/lobby/messages?limit=none'],
  [
    201,
    '/api/rooms/{room}/messages',
    '/api/rooms/lobby/messages',
    posting({ name: 'cron', body: 'hi' }, bearer),
  ],
  [400, '/api/rooms/{room}/messages', '/api/rooms/lobby/messages', posting('{', bearer)],
  [
    409,
    '/api/rooms/{room}/messages',
    '/api/rooms/lobby/messages',
    posting({ name: 'anna', body: 'hi' }, bearer),
  ],
  [
    413,
    '/api/rooms/{room}/messages',
    '/api/rooms/lobby/messages',
    posting({ name: 'cron', body: 'x'.repeat(5_000) }, bearer),
  ],
  [415, '/api/rooms/{room}/messages', '/api/rooms/lobby/messages', { ...posting('{}'), headers: bearer }],
  [
    422,
    '/api/rooms/{room}/messages',
    '/api/rooms/lobby/messages',
    posting({ name: 'cron', body: ' ' }, bearer),
  ],
  [200, '/api/rooms/{room}/messages/{id}', '/api/rooms/lobby/messages/1'],
  [404, '/api/rooms/{room}/messages/{id}', '/api/rooms/lobby/messages/99'],
  [200, '/api/session', '/api/session'],
  [204, '/api/session', '/api/session', posting({ token: TOKEN })],
  [401, '/api/session', '/api/session', posting({ token: 'wrong-one' })],
  [204, '/api/session', '/api/session', { method: 'DELETE' }],
  [200, '/api/stats', '/api/stats'],
  [200, '/api/openapi.json', '/api/openapi.json'],
];

function ajv(): Ajv2020 {
  const validator = new Ajv2020({ strict: false, validateFormats: false });
  return validator.addSchema({ $id: 'http://api.test/document', ...document });
}

async function stage(): Promise<TestSite> {
  const site = testSite({ token: TOKEN });
  enter(site.house, 'anna');
  enter(site.house, 'bob', 'dev');
  await fill(site.house, 5);
  return site;
}

test('the document is valid OpenAPI', async () => {
  for (const needsToken of [true, false]) {
    const result = await new Validator().validate({ ...apiDocument(needsToken) });
    assert.deepEqual(result.errors, undefined);
    assert.ok(result.valid);
  }
});

test('each answer is one that the document foresees, and of its form', async () => {
  const site = await stage();
  const validator = ajv();
  for (const [status, template, path, init] of CASES) {
    const response = await site.ask(path, init ?? { headers: bearer });
    assert.equal(response.status, status, path);
    const method = (init?.method ?? 'GET').toLowerCase();
    const answer = document.paths[template]![method]!.responses[`${status}`];
    assert.ok(answer !== undefined, `${method} ${template} does not foresee ${status}`);
    const type = response.headers.get('content-type');
    if (type === null) continue;
    assert.ok(answer.content?.[type] !== undefined, `${template} ${status} does not foresee ${type}`);
    const pointer = `http://api.test/document#/paths/${template.replaceAll('/', '~1')}/${method}/responses/${status}/content/${type.replaceAll('/', '~1')}/schema`;
    const validate = validator.getSchema(encodeURI(pointer))!;
    assert.ok(validate(await response.json()), `${path}: ${JSON.stringify(validate.errors)}`);
  }
});

test('every operation was tried, and every route is described', async () => {
  const tried = new Set(
    CASES.map(([, template, , init]) => `${(init?.method ?? 'GET').toLowerCase()} ${template}`),
  );
  const described = Object.entries(document.paths).flatMap(([template, item]) =>
    Object.keys(item)
      .filter((key) => key !== 'parameters')
      .map((method) => `${method} ${template}`),
  );
  assert.deepEqual(
    described.filter((operation) => !tried.has(operation)),
    ['get /api/rooms/{room}/events'],
    'those are no JSON; they are tested with the events',
  );
  const site = await stage();
  for (const [template, item] of Object.entries(document.paths)) {
    const path = template.replace('{room}', 'lobby').replace('{id}', '1');
    const { headers } = await site.ask(path, { method: 'OPTIONS' });
    const allowed = headers
      .get('allow')!
      .split(', ')
      .filter((method) => method !== 'HEAD' && method !== 'OPTIONS');
    const known = Object.keys(item).filter((key) => key !== 'parameters');
    assert.deepEqual(allowed.map((method) => method.toLowerCase()).sort(), known.sort(), template);
  }
});

test('the document that is served is that one', async () => {
  const site = await stage();
  assert.deepEqual(await (await site.ask('/api/openapi.json', {}, from('192.0.2.1'))).json(), document);
});
