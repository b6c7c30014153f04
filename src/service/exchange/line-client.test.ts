import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { person, program, stage } from './test-house.ts';

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
