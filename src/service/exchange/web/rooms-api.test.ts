import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Message } from '../event.ts';
import { codeOf, enter, fill, from, posting, type TestSite, testSite } from './test-site.ts';

type Json = Record<string, unknown>;

async function get(site: TestSite, path: string): Promise<Json> {
  const response = await site.ask(path);
  assert.equal(response.status, 200, path);
  assert.equal(response.headers.get('content-type'), 'application/json');
  return (await response.json()) as Json;
}

test('rooms, the fullest first, and who is in them', async () => {
  const site = testSite({ limits: { whoNames: 2 } });
  assert.deepEqual(await get(site, '/api/rooms'), { rooms: [{ room: 'lobby', members: 0, listeners: 0 }] });
  for (const name of ['carl', 'anna', 'bob']) enter(site.house, name, 'Dev');
  await fill(site.house, 3, 'dev');
  assert.deepEqual(await get(site, '/api/rooms'), {
    rooms: [
      { room: 'Dev', members: 3, listeners: 0 },
      { room: 'lobby', members: 0, listeners: 0 },
    ],
  });
  assert.deepEqual(await get(site, '/api/rooms/dev'), {
    room: 'Dev',
    members: 3,
    listeners: 0,
    messages: 3,
    last: 3,
  });
  assert.deepEqual(await get(site, '/api/rooms/DEV/members'), {
    room: 'Dev',
    members: [
      { member: 'anna', door: 'tcp' },
      { member: 'carl', door: 'tcp' },
    ],
    total: 3,
    listeners: 0,
  });
  assert.deepEqual((await get(site, '/api/rooms/lobby')).last, null);
});

test('a room may have any name that a path can carry', async () => {
  const site = testSite();
  enter(site.house, 'anna', 'dév%?');
  assert.equal((await get(site, `/api/rooms/${encodeURIComponent('dév%?')}`)).room, 'dév%?');
  assert.equal(await codeOf(await site.ask('/api/rooms/a%20b')), 'bad-room');
  assert.equal(await codeOf(await site.ask('/api/rooms/%ff')), 'bad-path');
  assert.equal(await codeOf(await site.ask('/api/rooms/nowhere')), 'no-such-room');
  assert.equal(await codeOf(await site.ask('/api/rooms/nowhere/messages')), 'no-such-room');
  assert.equal(await codeOf(await site.ask('/api/rooms/nowhere/members')), 'no-such-room');
});

test('cursors lead through all messages, back and forth', async () => {
  const site = testSite();
  await fill(site.house, 25);
  const walk = async (start: string, relation: string): Promise<number[][]> => {
    const pages: number[][] = [];
    for (let next: string | undefined = start; next !== undefined; ) {
      const response = await site.ask(`/api/rooms/lobby/messages${next}`);
      const { messages } = (await response.json()) as { messages: Message[] };
      pages.push(messages.map(({ id }) => id));
      next = new RegExp(`<([^>]*)>; rel="${relation}"`).exec(response.headers.get('link') ?? '')?.[1];
    }
    return pages;
  };
  const all = Array.from({ length: 25 }, (_, index) => index + 1);
  const back = await walk('?limit=10', 'prev');
  assert.deepEqual(back, [all.slice(15), all.slice(5, 15), all.slice(0, 5)]);
  assert.deepEqual(await walk('?after=0&limit=10', 'next'), [
    all.slice(0, 10),
    all.slice(10, 20),
    all.slice(20),
  ]);
  assert.deepEqual(await walk('?before=11&limit=10', 'next'), [
    all.slice(0, 10),
    all.slice(10, 20),
    all.slice(20),
  ]);
});

test('the cursors of a page are good for what comes later', async () => {
  const site = testSite();
  const page = async (query: string): Promise<[number[], unknown, unknown]> => {
    const { messages, before, after } = await get(site, `/api/rooms/lobby/messages${query}`);
    return [(messages as Message[]).map(({ id }) => id), before, after];
  };
  assert.deepEqual(await page(''), [[], null, 0]);
  assert.deepEqual(await page('?after=0'), [[], null, 0]);
  await fill(site.house, 3);
  assert.deepEqual(await page('?after=0'), [[1, 2, 3], null, 3]);
  assert.deepEqual(await page('?after=3'), [[], 4, 3]);
  assert.deepEqual(await page('?after=1&limit=1'), [[2], 2, 2]);
  assert.deepEqual(await page('?before=1'), [[], null, 0]);
  assert.deepEqual(await page('?limit=1'), [[3], 3, 3]);
  assert.equal((await page('?limit=100000'))[0].length, 3);
  for (const query of ['?before=0', '?before=x', '?after=-1', '?limit=0', '?limit=1.5', '?before=2&after=1'])
    assert.equal(await codeOf(await site.ask(`/api/rooms/lobby/messages${query}`)), 'bad-request', query);
});

test('one message has an address of its own', async () => {
  const site = testSite();
  await fill(site.house, 2);
  await fill(site.house, 1, 'dev');
  const { time, ...message } = await get(site, '/api/rooms/lobby/messages/2');
  assert.equal(time, '2026-01-02T03:04:05.006Z');
  assert.deepEqual(message, {
    type: 'message',
    id: 2,
    room: 'lobby',
    sender: 'speaker-2',
    kind: 'say',
    body: 'body 2',
    door: 'http',
  });
  for (const id of ['3', '4', '0', '-1', 'x', '1e0', '9999999999999999'])
    assert.equal(await codeOf(await site.ask(`/api/rooms/lobby/messages/${id}`)), 'no-such-message', id);
});

test('messages can be had as lines, harmless to a terminal', async () => {
  const site = testSite();
  site.house.hub.post('a', 'cron', 'lobby', 'me', 'waves \x1b[2J', () => {});
  await turn();
  const response = await site.ask('/api/rooms/lobby/messages', {
    headers: { accept: 'text/plain, */*;q=0.1' },
  });
  assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.equal(response.headers.get('vary'), 'Accept');
  assert.equal(await response.text(), '2026-01-02T03:04:05.006Z #lobby * cron waves ␛[2J\n');
});

test('what is said by HTTP is heard, kept, and answered with what it became', async () => {
  const site = testSite();
  const anna = enter(site.house, 'anna');
  const response = await site.ask(
    '/api/rooms/lobby/messages',
    posting({ name: 'cron', body: 'done', kind: 'me' }),
  );
  assert.equal(response.status, 201);
  const message = (await response.json()) as Message;
  assert.deepEqual([message.id, message.sender, message.kind, message.door], [1, 'cron', 'me', 'http']);
  const address = new URL(
    response.headers.get('location')!,
    'http://127.0.0.1:8080/api/rooms/lobby/messages',
  );
  assert.deepEqual(await get(site, address.pathname), message);
  assert.equal((anna.heard.at(-1) as Message).body, 'done');
  const made = await site.ask('/api/rooms/new/messages', posting({ name: 'cron', body: 'first' }));
  assert.equal(made.status, 201, 'a room is made if need be');
  assert.equal((await get(site, '/api/rooms/new')).messages, 1);
});

test("a name is its member's, or that of the address which used it last", async () => {
  const site = testSite({ limits: { nameHold: 60_000, rate: 1, burst: 2 } });
  enter(site.house, 'anna');
  const say = (name: string, remote?: string): Promise<Response> =>
    site.ask(
      '/api/rooms/lobby/messages',
      posting({ name, body: 'hi' }),
      remote === undefined ? {} : from(remote),
    );
  const taken = await say('Anna');
  assert.equal(taken.headers.get('retry-after'), null);
  assert.equal(await codeOf(taken), 'name-taken');
  assert.equal((await say('cron')).status, 201);
  const held = await say('CRON', '192.0.2.1');
  assert.equal(held.status, 409);
  assert.equal(held.headers.get('retry-after'), '60');
  assert.equal((await say('cron')).status, 201);
  const fast = await say('cron');
  assert.equal(fast.headers.get('retry-after'), '1');
  assert.equal(await codeOf(fast), 'rate');
  site.house.clock.advance(60_000);
  assert.equal((await say('cron', '192.0.2.1')).status, 201);
});

test('what cannot be said is refused, each for its reason', async () => {
  const site = testSite();
  const refused = async (
    init: RequestInit,
    path = '/api/rooms/lobby/messages',
  ): Promise<[number, string]> => {
    const response = await site.ask(path, init);
    return [response.status, await codeOf(response)];
  };
  const good = { name: 'cron', body: 'hi' };
  assert.deepEqual(await refused(posting('{"name"')), [400, 'bad-json']);
  assert.deepEqual(await refused(posting('')), [400, 'bad-json']);
  assert.deepEqual(await refused({ ...posting(''), body: new Uint8Array([0x22, 0xff, 0x22]) }), [
    400,
    'bad-json',
  ]);
  assert.deepEqual(await refused(posting([good])), [400, 'bad-request']);
  assert.deepEqual(await refused(posting({ body: 'hi' })), [400, 'bad-request']);
  assert.deepEqual(await refused(posting({ name: 'cron' })), [400, 'bad-request']);
  assert.deepEqual(await refused(posting({ ...good, kind: 'notice' })), [400, 'bad-request']);
  assert.deepEqual(await refused(posting({ ...good, name: 'c on' })), [422, 'bad-name']);
  assert.deepEqual(await refused(posting({ ...good, name: 'exchange' })), [422, 'bad-name']);
  assert.deepEqual(await refused(posting({ ...good, body: ' ' })), [422, 'bad-body']);
  assert.deepEqual(await refused(posting(good), '/api/rooms/a%20b/messages'), [422, 'bad-room']);
  assert.deepEqual(await refused(posting({ ...good, body: 'x'.repeat(4_097) })), [413, 'too-long']);
  assert.deepEqual(await refused(posting({ ...good, body: 'x'.repeat(40_000) })), [413, 'too-long']);
  assert.deepEqual(await refused(posting(good, { 'content-type': 'text/plain' })), [415, 'media-type']);
  const form = posting('name=cron&body=hi', { 'content-type': 'application/x-www-form-urlencoded' });
  assert.equal(
    (await site.ask('/api/rooms/lobby/messages', form)).headers.get('accept-post'),
    'application/json',
  );
  assert.equal((await get(site, '/api/rooms/lobby')).messages, 0);
  site.house.hub.history.append = () => {
    throw new Error('the disk is full');
  };
  assert.deepEqual(await refused(posting(good)), [503, 'storage']);
});
