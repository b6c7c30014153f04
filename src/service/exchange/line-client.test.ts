import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import type { ExchangeLimits } from './limits.ts';
import type { LineDoor } from './line-door.ts';
import { type Client, memoryDoor, type TestHouse, testHouse } from './test-house.ts';

interface Stage {
  readonly house: TestHouse;
  readonly door: LineDoor;
  readonly enter: () => Promise<Client>;
}

async function stage(t: TestContext | null, limits: Partial<ExchangeLimits> = {}): Promise<Stage> {
  const house = testHouse(limits);
  const { door, enter } = await memoryDoor(house);
  t?.after(() => door.close(AbortSignal.abort()));
  return { house, door, enter };
}

/** A person who has been greeted under the name. */
async function person({ enter }: Stage, name: string): Promise<Client> {
  const client = await enter();
  await client.write(`/nick ${name}\n`);
  await client.until(/help shows more/);
  await turn();
  return client;
}

/** A program that has been welcomed under the name, and has seen itself join. */
async function program({ enter }: Stage, name: string): Promise<Client> {
  const client = await enter();
  await client.ask({ type: 'hello', name });
  await client.messageOf('joined');
  return client;
}

test('a person is greeted without a word, and what they type reaches the room', async (t) => {
  const play = await stage(t);
  const anna = await play.enter();
  await turn();
  play.house.clock.advance(250);
  await turn();
  assert.deepEqual(await anna.lines(2), [
    '* This is the exchange of modnet/test. You are guest-1 in #lobby.',
    '* Type to talk; /nick NAME gives you a name, /help shows more.',
  ]);
  const bob = await person(play, 'bob');
  assert.equal(await anna.line(), '* bob joined #lobby');
  await bob.write('hello\r\n//slash\n/me waves\n');
  assert.deepEqual(await anna.lines(3), ['#lobby <bob> hello', '#lobby <bob> /slash', '#lobby * bob waves']);
  await anna.write('hi bob\n');
  assert.equal(await bob.line(), '#lobby <guest-1> hi bob');
});

test('every command works as the help says', async (t) => {
  const play = await stage(t);
  const anna = await person(play, 'anna');
  const bob = await person(play, 'bob');
  await anna.line();
  await bob.write('/help\n');
  const help = await bob.lines(10);
  for (const command of ['nick', 'join', 'leave', 'rooms', 'who', 'msg', 'me', 'history', 'quit'])
    assert.ok(
      help.some((line) => line?.startsWith(`* /${command}`)),
      command,
    );
  await bob.write('/nick Robert\n/who\n/join #dev\n/rooms\nfirst\n/leave\n/msg anna hi there\n');
  assert.deepEqual(await bob.lines(7), [
    '* You are now Robert',
    '* In #lobby (2): Robert, anna',
    '* You are in #dev, 1 here; what you type goes there',
    '* #lobby: 2 here, you too',
    '* #dev: 1 here, you too',
    '* You left #dev',
    '[Robert -> anna] hi there',
  ]);
  assert.deepEqual(await anna.lines(2), ['* bob is now Robert', '[Robert -> anna] hi there']);
  await anna.write('/join dev\n/history 5\n/history dev\n');
  assert.deepEqual((await anna.lines(2))[1], '* Said before in #dev (times are UTC):');
  assert.equal(await anna.line(), '  2026-01-02 03:04 #dev <Robert> first');
  await anna.lines(4);
  await bob.write('/quit\n');
  assert.deepEqual(await bob.rest(), ['* Bye: you quit']);
  assert.equal(await anna.line(), '* Robert left #lobby (quit)');
  await anna.write('/leave dev\n');
  assert.equal(await anna.line(), '* You left #dev');
});

test('what is wrong is answered with a sentence, and the conversation goes on', async (t) => {
  const play = await stage(t);
  const anna = await person(play, 'anna');
  await anna.write(
    '/nope\n/nick\n/nick a b\n/msg anna\n/leave dev\n/history x y\n/leave\nhi\n/join\n\n  \n/ping\n',
  );
  assert.deepEqual(await anna.lines(10), [
    '! There is no command /nope; /help shows what there is',
    '! Write it like this: /nick NAME',
    '! The name contains white space, or a character that controls or does not show',
    '! Write it like this: /msg NAME TEXT',
    '! You are not in #dev; join it first',
    '! Write it like this: /history [ROOM] [N]',
    '* You left #lobby',
    '! You are in no room; join one first',
    '! Write it like this: /join ROOM',
    '* pong',
  ]);
});

test('a name that is taken leaves a newcomer as a guest', async (t) => {
  const play = await stage(t);
  await person(play, 'anna');
  const late = await play.enter();
  await late.write('/nick ANNA\n');
  assert.equal(await late.line(), '! The name ANNA is taken');
  assert.match((await late.line())!, /You are guest-1/);
});

test('what a member writes cannot steer a terminal or forge a line', async (t) => {
  const play = await stage(t);
  const anna = await person(play, 'anna');
  const bot = await program(play, 'bot');
  await anna.line();
  await bot.ask({ type: 'say', body: '\x1b[2J\x9b31m\0\r\n#lobby <root> \u202egnp.exe\x07' });
  assert.equal(await anna.line(), '#lobby <bot> ␛[2J\uFFFD31m␀␍␊#lobby <root> \uFFFDgnp.exe␇');
  await bot.ask({ type: 'msg', to: 'anna', body: 'a\n* b' });
  assert.equal(await anna.line(), '[bot -> anna] a␊* b');
  const carl = await person(play, 'carl');
  await anna.line();
  await carl.write(Uint8Array.of(0x61, 0xff, 0xc3, 0x00, 0x1b, 0x62, 0x0a));
  assert.equal(await anna.line(), '#lobby <carl> a\uFFFD\uFFFD␀␛b');
});

test('JSON lines: the conversation of the documentation', async (t) => {
  const play = await stage(t);
  const bot = await play.enter();
  await bot.ask({ type: 'hello', name: 'bot', id: 1, history: 5 });
  const welcome = await bot.message();
  assert.deepEqual(
    { ...welcome, limits: null },
    {
      type: 'welcome',
      id: 1,
      protocol: 1,
      server: 'modnet/test',
      session: 'memory-1',
      member: 'bot',
      rooms: ['lobby'],
      limits: null,
    },
  );
  const time = '2026-01-02T03:04:05.006Z';
  assert.deepEqual(await bot.message(), { type: 'history', room: 'lobby', messages: [], before: null });
  assert.deepEqual(await bot.message(), {
    type: 'joined',
    room: 'lobby',
    member: 'bot',
    time,
    door: 'memory',
  });
  await bot.ask({ type: 'say', body: 'hi', id: 'a' });
  const said = {
    type: 'message',
    id: 1,
    room: 'lobby',
    sender: 'bot',
    time,
    kind: 'say',
    body: 'hi',
    door: 'memory',
  };
  assert.deepEqual(await bot.message(), { type: 'ok', id: 'a', request: 'say', room: 'lobby', message: 1 });
  assert.deepEqual(await bot.message(), said);
  await bot.ask(
    { type: 'history', limit: 1 },
    { type: 'who', id: 2 },
    { type: 'rooms' },
    { type: 'ping', id: 3 },
  );
  assert.deepEqual(await bot.message(), { type: 'history', room: 'lobby', messages: [said], before: null });
  assert.deepEqual(await bot.message(), {
    type: 'members',
    id: 2,
    room: 'lobby',
    members: [{ member: 'bot', door: 'memory' }],
    total: 1,
  });
  assert.deepEqual(await bot.message(), {
    type: 'rooms',
    rooms: [{ room: 'lobby', members: 1, joined: true }],
  });
  assert.deepEqual(await bot.message(), { type: 'pong', id: 3, time });
});

test('a program may skip hello, and what it said is acknowledged before its bye', async (t) => {
  const play = await stage(t);
  const bot = await play.enter();
  await bot.ask({ type: 'say', body: 'hi', id: 1 }, { type: 'quit', id: 2 });
  const types = (await bot.rest()).map((line) => (JSON.parse(line) as { type: string }).type);
  assert.deepEqual(types, ['welcome', 'ok', 'joined', 'message', 'bye']);
});

test('a program that ends its half hears what became of its requests', async (t) => {
  const play = await stage(t);
  const bot = await play.enter();
  await bot.write('{"type":"say","body":"hi","id":1}\n{"type":"say","body":"no line end","id":2}');
  await bot.connection.end();
  const rest = (await bot.rest()).map((line) => JSON.parse(line) as { type: string; id?: number });
  assert.deepEqual(
    rest.filter(({ type }) => type === 'ok').map(({ id }) => id),
    [1, 2],
  );
  assert.equal(play.house.hub.memberCount, 0);
});

test('a hello that comes after the greeting makes a new member of the guest', async (t) => {
  const play = await stage(t);
  const bot = await play.enter();
  await turn();
  play.house.clock.advance(250);
  await bot.lines(2);
  await bot.ask({ type: 'hello', name: 'bot' });
  assert.equal((await bot.message()).member, 'bot');
  assert.equal(play.house.hub.memberCount, 1);
  await bot.ask({ type: 'hello', name: 'again' });
  assert.equal((await bot.messageOf('error')).code, 'bad-request');
});

test('requests that are none are refused with a code and their id', async (t) => {
  const play = await stage(t);
  const bot = await program(play, 'bot');
  const cases: [string | Uint8Array, string, unknown?][] = [
    ['{"type":"say","body":"half writ\n', 'bad-json'],
    [Uint8Array.of(0x7b, 0xff, 0x7d, 0x0a), 'bad-json'],
    ['[]\n', 'bad-request'],
    ['{"id":1}\n', 'bad-request', 1],
    ['{"type":"fly","id":"x"}\n', 'unknown-type', 'x'],
    ['{"type":"constructor","id":1}\n', 'unknown-type', 1],
    ['{"type":"say","id":2}\n', 'bad-request', 2],
    ['{"type":"say","body":7,"id":3}\n', 'bad-request', 3],
    ['{"type":"say","body":"","id":4}\n', 'bad-body', 4],
    ['{"type":"ping","id":{}}\n', 'bad-request'],
    ['{"type":"history","limit":0,"id":5}\n', 'bad-request', 5],
    ['{"type":"join","room":"a b","id":6}\n', 'bad-room', 6],
    ['{"type":"nick","name":"a b","id":7}\n', 'bad-name', 7],
    [`{"type":"say","body":"${'x'.repeat(4097)}","id":8}\n`, 'too-long', 8],
  ];
  for (const [line, code, id] of cases) {
    await bot.write(line);
    const error = await bot.message();
    assert.deepEqual([error.type, error.code, error.id], ['error', code, id], String(line));
  }
});

test('an overlong line is refused once, dropped, and the next one is taken', async (t) => {
  const play = await stage(t, { lineBytes: 100 });
  const anna = await person(play, 'anna');
  for (let count = 0; count < 50; count++) await anna.write('x'.repeat(64 * 1024));
  await anna.write('tail\n/who\n');
  assert.deepEqual(await anna.lines(2), [
    '! A line of more than 100 bytes was dropped',
    '* In #lobby (1): anna',
  ]);
});

test('too many requests are refused one by one, and time heals', async (t) => {
  const play = await stage(t, { rate: 1, burst: 3 });
  const anna = await person(play, 'anna');
  await anna.write('/ping\n/ping\n/ping\n');
  assert.deepEqual(await anna.lines(3), [
    '* pong',
    '* pong',
    '! Too fast: at most 1 requests a second; this one was not done',
  ]);
  play.house.clock.advance(1000);
  await anna.write('/ping\n');
  assert.equal(await anna.line(), '* pong');
});

test('one address has one rate, however many connections it opens', async (t) => {
  const play = await stage(t, { addressRate: 1, addressBurst: 2 });
  const anna = await person(play, 'anna');
  const bob = await person(play, 'bob');
  await anna.line();
  await anna.write('/ping\n');
  await bob.write('/ping\n');
  for (const client of [anna, bob])
    assert.equal(await client.line(), '! Too fast: at most 1 requests a second from one address');
});

test('whoever is silent for too long is told and ended; whoever speaks is not', async (t) => {
  const play = await stage(t, { idle: 10_000 });
  const silent = await person(play, 'silent');
  const alive = await person(play, 'alive');
  await silent.line();
  play.house.clock.advance(9_000);
  await alive.write('/ping\n');
  await alive.line();
  play.house.clock.advance(1_000);
  assert.deepEqual(await silent.rest(), ['* Bye: nothing came from you for 10 seconds']);
  assert.equal(await alive.line(), '* silent left #lobby (nothing came from you for 10 seconds)');
});

test('a line must be complete in time, however steadily its bytes drip', async (t) => {
  const play = await stage(t, { line: 5_000 });
  const slow = await person(play, 'slow');
  for (let second = 0; second < 4; second++) {
    await slow.write('x');
    await turn();
    play.house.clock.advance(1_000);
  }
  await slow.write('\ny');
  await turn();
  play.house.clock.advance(4_000);
  assert.equal(play.house.hub.memberCount, 1);
  play.house.clock.advance(1_000);
  assert.deepEqual(await slow.rest(), ['* Bye: a line must be complete within 5 seconds']);
});

test('beyond the limit a connection is refused with a sentence; a place that is left is free', async (t) => {
  const play = await stage(t, { connections: 2 });
  const anna = await person(play, 'anna');
  await person(play, 'bob');
  const refused = await Promise.all(Array.from({ length: 300 }, () => play.enter()));
  for (const client of refused.slice(-10))
    assert.deepEqual(await client.rest(), [
      '! The exchange is full: 2 connections are open already; try again later',
    ]);
  assert.equal(play.house.admission.refused, 300);
  assert.equal(play.door.clients, 2);
  await anna.write('/quit\n');
  await anna.rest();
  await anna.connection.close();
  await person(play, 'carl');
});

test('a member that vanishes leaves, and the others hear of it', async (t) => {
  const play = await stage(t);
  const anna = await person(play, 'anna');
  const bob = await person(play, 'bob');
  await anna.line();
  await bob.write('{"half');
  bob.connection.abort();
  assert.equal(await anna.line(), '* bob left #lobby (connection lost)');
  assert.equal(play.door.clients, 1);
});

test('who does not read is told what they missed, and nobody waits for them', async (t) => {
  const play = await stage(t, { outboxBytes: 2_000, rate: 1e6, burst: 1e6 });
  const slow = await person(play, 'slow');
  await turn();
  const wire = slow.connection.attach({ onData() {}, onEnd() {}, onDrain() {}, onClose() {} });
  wire.pause();
  const bob = await program(play, 'bob');
  for (let count = 0; count < 100; count++) {
    await bob.ask({ type: 'say', body: 'x'.repeat(100), id: count });
    await bob.messageOf('message');
  }
  let text = '';
  wire.start({ onData: (chunk) => (text += Buffer.from(chunk)), onEnd() {}, onDrain() {}, onClose() {} });
  wire.resume();
  await turn();
  play.house.clock.advance(1_000);
  await turn();
  await turn();
  const lines = text.trimEnd().split('\n');
  const missed = Number(/missed (\d+) messages/.exec(lines.at(-1)!)?.[1]);
  const got = lines.filter((line) => line.startsWith('#lobby <bob>')).length;
  assert.equal(got + missed, 100);
  assert.ok(got > 0 && got * 114 <= 2_200, `${got}`);
});

test('who goes on not reading is dropped', async (t) => {
  const play = await stage(t, { outboxBytes: 500, slow: 5_000, rate: 1e6, burst: 1e6 });
  const slow = await person(play, 'slow');
  slow.connection.attach({ onData() {}, onEnd() {}, onDrain() {}, onClose() {} }).pause();
  const bob = await program(play, 'bob');
  for (let second = 0; second < 5; second++) {
    for (let count = 0; count < 10; count++) await bob.ask({ type: 'say', body: 'x'.repeat(100) });
    for (let count = 0; count < 10; count++) await bob.messageOf('message');
    play.house.clock.advance(1_000);
  }
  const left = await bob.messageOf('left');
  assert.deepEqual([left.member, left.reason], ['slow', 'you read too slowly']);
});

test('who asks and does not take the answers is not read from, and nothing is lost when they do', async (t) => {
  const play = await stage(t, {
    outboxBytes: 2_000,
    rate: 1e6,
    burst: 1e6,
    addressRate: 1e6,
    addressBurst: 1e6,
  });
  const greedy = await person(play, 'greedy');
  let answered = 0;
  const wire = greedy.connection.attach({
    onData: (chunk) => (answered += Buffer.from(chunk).toString().split('pong').length - 1),
    onEnd() {},
    onDrain() {},
    onClose() {},
  });
  wire.pause();
  const request = Buffer.from('/ping\n'.repeat(20_000));
  wire.push(request);
  await turn();
  await turn();
  assert.equal(answered, 0);
  wire.resume();
  while (answered < 20_000) await turn();
  assert.equal(answered, 20_000);
});

test('every message that is sent is valid by the schema', async (t) => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../docs/exchange.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const ajv = new Ajv2020({ strict: true, strictRequired: false });
  ajv.addSchema(schema, 'exchange');
  const isServer = ajv.getSchema('exchange#/$defs/server')!;
  const isClient = ajv.getSchema('exchange#/$defs/client')!;
  const play = await stage(t, { rate: 1e6, burst: 1e6 });
  const bot = await play.enter();
  const requests = [
    { type: 'hello', name: 'bot', rooms: ['lobby', '#dev'], history: 3, id: 1 },
    { type: 'nick', name: 'Bot', id: 2 },
    { type: 'join', room: 'x', history: 1, id: 3 },
    { type: 'say', body: 'hi \0 there', id: 4 },
    { type: 'me', body: 'waves', room: 'lobby', id: 'five' },
    { type: 'msg', to: 'bot', body: 'me', id: 6 },
    { type: 'history', id: 7, limit: 1 },
    { type: 'who', id: 8 },
    { type: 'rooms', id: 9 },
    { type: 'ping', id: 10 },
    { type: 'leave', room: 'dev', id: 11 },
    { type: 'leave', room: 'nope', id: 12 },
  ];
  for (const request of requests) assert.ok(isClient(request), JSON.stringify(isClient.errors));
  await bot.ask(...requests);
  await turn();
  play.house.hub.announce('lobby', 'a notice');
  await turn();
  await bot.ask(
    { type: 'fly', id: 13 },
    { type: 'history', room: 'lobby', id: 14 },
    { type: 'quit', id: 15 },
  );
  const seen = new Set<string>();
  for (const line of await bot.rest()) {
    const message = JSON.parse(line) as { type: string };
    seen.add(message.type);
    assert.ok(isServer(message), `${line} ${JSON.stringify(isServer.errors)}`);
  }
  const types = ['welcome', 'history', 'joined', 'ok', 'renamed', 'message', 'private', 'members', 'rooms'];
  assert.deepEqual([...seen].sort(), [...types, 'pong', 'error', 'bye'].sort());
  assert.ok(isServer(JSON.parse(play.house.json.reply({ type: 'missed', count: 3 }))));
  assert.equal(isServer({ type: 'message', id: 1 }), false);
});

/** Everything that one client hears who writes these chunks and ends. */
async function hears(chunks: readonly Uint8Array[]): Promise<string[]> {
  const play = await stage(null, {
    rate: 1e6,
    burst: 1e6,
    addressRate: 1e6,
    addressBurst: 1e6,
    lineBytes: 60,
  });
  const client = await play.enter();
  for (const chunk of chunks) {
    await client.write(chunk);
    await Promise.resolve();
  }
  await client.connection.end();
  const lines = await client.rest();
  assert.equal(play.house.hub.memberCount, 0);
  await play.door.close(AbortSignal.abort());
  return lines;
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  return at
    .slice(1)
    .map((end, index) => bytes.slice(at[index], end))
    .filter((chunk) => chunk.length > 0);
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

test('however the input is split, the replies are the same', async () => {
  const word = fc.constantFrom(
    '/nick bob',
    '/join dév',
    '/who',
    'hi',
    '/leave',
    '/nope',
    '\r',
    'x'.repeat(70),
    '/msg bob ü',
  );
  const json = fc.constantFrom('{"type":"who","id":1}', '{"type":"say","body":"ü","id":2}', '{"ty', '', '[]');
  const text = fc.oneof(
    fc.array(word, { maxLength: 8 }),
    fc.array(json, { maxLength: 8 }).map((all) => ['{}', ...all]),
  );
  await fc.assert(
    fc.asyncProperty(text, cuts, async (lines, at) => {
      const bytes = new TextEncoder().encode(lines.join('\n'));
      assert.deepEqual(await hears(split(bytes, at)), await hears(split(bytes, [])));
    }),
    { numRuns: 60 },
  );
});

test('no bytes make it throw, and everybody is let go', async () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .string({ unit: 'binary', maxLength: 200 })
      .map((text) => new TextEncoder().encode(`{${text}\n/${text}`)),
  );
  await fc.assert(
    fc.asyncProperty(noise, cuts, async (bytes, at) => {
      for (const line of await hears(split(bytes, at)))
        assert.doesNotMatch(line, /[\0-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e]/, JSON.stringify(line));
    }),
    { numRuns: 100 },
  );
});
