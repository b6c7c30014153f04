/** Members by WebSocket, on a real server, with a client of somebody else's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import { connect } from '../../../transport/index.ts';
import { type Exchange, type ExchangeOptions, startExchange } from '../exchange.ts';
import { Client } from '../test-house.ts';

const LIMIT = { timeout: 20_000 };
const TOKEN = 'open-sesame';

type Message = Record<string, unknown>;

/** A program at the other end. */
class Program {
  readonly socket: WebSocket;
  readonly closed: Promise<[code: number, reason: string]>;
  readonly #messages: Message[] = [];
  #waiting: (() => void) | undefined;
  #isOver = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      assert.equal(isBinary, false);
      this.#messages.push(JSON.parse(String(data)) as Message);
      this.#waiting?.();
    });
    this.closed = once(socket, 'close').then(([code, reason]) => {
      this.#isOver = true;
      this.#waiting?.();
      return [code as number, String(reason)];
    });
  }

  ask(...requests: object[]): void {
    for (const request of requests) this.socket.send(JSON.stringify(request));
  }

  async next(): Promise<Message> {
    while (this.#messages.length === 0) {
      assert.ok(!this.#isOver, 'it was closed before a message');
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#messages.shift()!;
  }

  async nextOf(type: string): Promise<Message> {
    for (;;) {
      const message = await this.next();
      if (message.type === type) return message;
    }
  }
}

async function start(
  t: TestContext,
  options: ExchangeOptions = {},
): Promise<{ exchange: Exchange; url: string }> {
  const exchange = await startExchange({
    data: null,
    doors: ['http://127.0.0.1:0', 'tcp://127.0.0.1:0'],
    ...options,
  });
  t.after(() => exchange.close({ deadline: 0 }));
  return { exchange, url: `${String(exchange.doors[0]!.address).replace('http', 'ws')}/ws` };
}

async function dial(t: TestContext, url: string, options: object = {}): Promise<Program> {
  const socket = new WebSocket(url, options);
  t.after(() => socket.terminate());
  const program = new Program(socket);
  await once(socket, 'open');
  return program;
}

async function enter(t: TestContext, url: string, name: string): Promise<Program> {
  const program = await dial(t, url);
  program.ask({ type: 'hello', name });
  await program.nextOf('joined');
  return program;
}

/** The status of a handshake that is refused. */
async function refused(t: TestContext, url: string, options: object = {}): Promise<number | undefined> {
  const socket = new WebSocket(url, options);
  t.after(() => socket.terminate());
  const [, response] = await once(socket, 'unexpected-response');
  socket.on('error', () => {});
  response.resume();
  return response.statusCode;
}

test('a session as on the line doors, one object a message', LIMIT, async (t) => {
  const { exchange, url } = await start(t);
  const anna = await dial(t, url);
  anna.ask({ type: 'hello', name: 'anna', id: 1 }, { type: 'who', id: 2 });
  const welcome = await anna.next();
  assert.deepEqual(
    [welcome.type, welcome.member, welcome.session, welcome.id],
    ['welcome', 'anna', 'ws-1', 1],
  );
  assert.deepEqual((await anna.next()).members, [{ member: 'anna', door: 'ws' }]);
  assert.equal((await anna.next()).type, 'joined');
  const bob = await enter(t, url, 'bob');
  bob.ask({ type: 'say', body: 'zwölf 🐦', id: 'x' });
  const { time, ...message } = await anna.nextOf('message');
  assert.match(time as string, /Z$/);
  assert.deepEqual(message, {
    type: 'message',
    id: 1,
    room: 'lobby',
    sender: 'bob',
    kind: 'say',
    body: 'zwölf 🐦',
    door: 'ws',
  });
  assert.deepEqual(await bob.nextOf('ok'), {
    type: 'ok',
    id: 'x',
    request: 'say',
    room: 'lobby',
    message: 1,
  });
  anna.ask(
    { type: 'msg', to: 'bob', body: 'psst' },
    { type: 'nick', name: 'Ann' },
    { type: 'join', room: 'dev', history: 5 },
  );
  assert.equal((await bob.nextOf('renamed')).name, 'Ann');
  assert.equal((await bob.nextOf('private')).body, 'psst');
  anna.ask({ type: 'history', room: 'lobby' });
  assert.equal(((await anna.nextOf('history')).messages as Message[]).length, 0, 'of dev');
  assert.equal(((await anna.nextOf('history')).messages as Message[]).length, 1);
  const line = new Client(await connect(exchange.doors[1]!.address));
  t.after(() => line.connection.abort());
  await line.write('/nick nelly\nhello from a line\n');
  assert.deepEqual([(await bob.nextOf('message')).sender], ['nelly']);
  assert.equal(exchange.doors[0]!.clients, 2);
  anna.ask({ type: 'quit' });
  assert.deepEqual((await anna.nextOf('bye')).reason, 'you quit');
  assert.deepEqual(await anna.closed, [1000, 'you quit']);
  assert.equal((await bob.nextOf('left')).reason, 'quit');
  bob.socket.close();
  await line.until(/bob left #lobby \(left\)/);
});

test('what is wrong is refused, and the session goes on', LIMIT, async (t) => {
  const { url } = await start(t);
  const anna = await enter(t, url, 'anna');
  for (const text of [
    'hello',
    '[]',
    '{"type":"nope"}',
    '{"type":"say"}',
    '{"type":"hello","id":7}',
    '{"type":"nick","name":"a b"}',
  ])
    anna.socket.send(text);
  const codes = [];
  while (codes.length < 6) codes.push((await anna.nextOf('error')).code);
  assert.deepEqual(codes, [
    'bad-json',
    'bad-request',
    'unknown-type',
    'bad-request',
    'bad-request',
    'bad-name',
  ]);
  anna.ask({ type: 'say', body: 'x'.repeat(4_097), id: 9 });
  const { code, id } = await anna.nextOf('error');
  assert.deepEqual([code, id], ['too-long', 9]);
  anna.ask({ type: 'ping' });
  await anna.nextOf('pong');
});

test("names are shared by all doors, and the rate is the member's", LIMIT, async (t) => {
  const { url } = await start(t, { limits: { rate: 1, burst: 3 } });
  await enter(t, url, 'anna');
  const other = await dial(t, url);
  other.ask(
    { type: 'hello', name: 'ANNA' },
    { type: 'hello', name: 'bob' },
    { type: 'ping' },
    { type: 'ping' },
  );
  assert.equal((await other.next()).code, 'name-taken');
  assert.equal((await other.next()).member, 'bob');
  assert.equal((await other.nextOf('error')).code, 'rate');
});

test('binary messages are not taken, and a message that is too big ends it', LIMIT, async (t) => {
  const { exchange, url } = await start(t, { limits: { lineBytes: 1_000 } });
  const anna = await enter(t, url, 'anna');
  anna.socket.send(Buffer.from('{"type":"ping"}'));
  assert.equal((await anna.nextOf('bye')).reason, 'messages are text here');
  assert.deepEqual(await anna.closed, [1003, 'messages are text here']);
  const bob = await enter(t, url, 'bob');
  bob.socket.send(JSON.stringify({ type: 'say', body: 'x'.repeat(2_000) }));
  assert.equal((await bob.closed)[0], 1009);
  while (exchange.stats().members > 0) await new Promise(setImmediate);
  assert.deepEqual([exchange.stats().connections, exchange.doors[0]!.clients], [0, 0]);
});

test('the token comes in the handshake or as the first message', LIMIT, async (t) => {
  const { url } = await start(t, { token: TOKEN });
  const bearer = await dial(t, url, { headers: { authorization: `Bearer ${TOKEN}` } });
  bearer.ask({ type: 'hello', name: 'anna' });
  assert.equal((await bearer.next()).member, 'anna');
  const query = await dial(t, `${url}?token=${TOKEN}`);
  query.ask({ type: 'hello', name: 'bob' });
  assert.equal((await query.next()).member, 'bob');
  const first = await dial(t, url);
  first.ask({ type: 'hello' }, { type: 'token', token: TOKEN }, { type: 'hello', name: 'carl' });
  assert.equal((await first.next()).code, 'token-needed');
  assert.equal((await first.next()).type, 'ok');
  assert.equal((await first.next()).member, 'carl');
  const guesser = await dial(t, url);
  for (let guess = 0; guess < 3; guess++) guesser.ask({ type: 'token', token: `guess ${guess}` });
  assert.equal((await guesser.nextOf('bye')).reason, 'too many wrong tokens');
  assert.deepEqual(await guesser.closed, [1008, 'too many wrong tokens']);
  assert.equal(await refused(t, `${url}?token=wrong-one`), 401);
});

test('pages of others, and names that are not ours, get no socket', LIMIT, async (t) => {
  const { url } = await start(t, { allowedOrigins: ['https://app.example.net'] });
  assert.equal(await refused(t, url, { origin: 'http://evil.example' }), 403);
  assert.equal(await refused(t, url, { headers: { host: 'evil.example' } }), 421);
  assert.equal(
    await refused(t, url, { headers: { host: 'evil.example' }, origin: 'http://evil.example' }),
    421,
  );
  await dial(t, url, { origin: url.replace('ws', 'http').replace('/ws', '') });
  await dial(t, url, { origin: 'https://app.example.net' });
  await dial(t, url, { headers: { host: 'app.example.net' }, origin: 'https://app.example.net' });
});

test('a request that is no handshake is told so, and a full house is', LIMIT, async (t) => {
  const { url } = await start(t, { limits: { connections: 1 } });
  const plain = await fetch(url.replace('ws', 'http'));
  assert.deepEqual([plain.status, plain.headers.get('upgrade')], [426, 'websocket']);
  assert.equal(((await plain.json()) as Message).code, 'upgrade-needed');
  await enter(t, url, 'anna');
  assert.equal(await refused(t, url), 503);
});

test('closing says goodbye with 1001, and waits for those who take it', LIMIT, async (t) => {
  const { exchange, url } = await start(t);
  const anna = await enter(t, url, 'anna');
  const stranger = await dial(t, url);
  const closed = exchange.close();
  for (const one of [anna, stranger]) {
    assert.equal((await one.nextOf('bye')).reason, 'the exchange is closing');
    assert.deepEqual(await one.closed, [1001, 'the exchange is closing']);
  }
  const { members, cutOff } = await closed;
  assert.deepEqual([members, cutOff], [1, 0]);
});

test('who reads too slowly misses events, is told so, and costs others nothing', {
  timeout: 60_000,
}, async (t) => {
  const free = { rate: 1e9, burst: 1e9, addressRate: 1e9, addressBurst: 1e9, outboxBytes: 64 * 1024 };
  const { exchange, url } = await start(t, { limits: free });
  const slow = await enter(t, url, 'slow');
  const bot = await enter(t, url, 'bot');
  slow.socket.pause();
  const body = 'x'.repeat(4_000);
  let said = 0;
  while (exchange.stats().dropped === 0) {
    for (let one = 0; one < 50; one++) bot.ask({ type: 'say', body });
    bot.ask({ type: 'ping' });
    await bot.nextOf('pong');
    said += 50;
    assert.ok(said < 10_000, 'nothing was dropped');
  }
  slow.socket.resume();
  const { count } = await slow.nextOf('missed');
  assert.ok((count as number) > 0);
  bot.ask({ type: 'say', body: 'heard again' });
  for (;;) if ((await slow.nextOf('message')).body === 'heard again') break;
});
