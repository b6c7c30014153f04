import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Address } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import { connect, type Driver, udp } from '../../transport/index.ts';
import type { DatagramSocket } from '../../transport/udp/index.ts';
import { type Exchange, type ExchangeOptions, startExchange } from './exchange.ts';
import { Client } from './test-house.ts';

const drivers: Driver[] = kernelAvailable() ? ['kernel', 'node'] : ['node'];

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-exchange-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(t: TestContext, options: ExchangeOptions = {}): Promise<Exchange> {
  const exchange = await startExchange({ data: null, doors: ['tcp://127.0.0.1:0'], ...options });
  t.after(() => exchange.close({ deadline: 0 }));
  return exchange;
}

function doorOf(exchange: Exchange, kind: string): Address {
  const door = exchange.doors.find((one) => one.kind === kind);
  assert.ok(door !== undefined);
  return door.address;
}

/** A connection that ends with the test. */
async function enter(t: TestContext, exchange: Exchange, kind = 'tcp', driver?: Driver): Promise<Client> {
  const client = new Client(await connect(doorOf(exchange, kind), { driver }));
  t.after(() => client.connection.abort());
  return client;
}

async function person(
  t: TestContext,
  exchange: Exchange,
  name: string,
  kind = 'tcp',
  driver?: Driver,
): Promise<Client> {
  const client = await enter(t, exchange, kind, driver);
  await client.write(`/nick ${name}\n`);
  await client.until(/help shows more/);
  return client;
}

/** A UDP socket that talks to the exchange. */
async function dial(t: TestContext, exchange: Exchange, driver?: Driver): Promise<DatagramSocket> {
  const socket = await udp.connect(doorOf(exchange, 'udp'), { driver });
  t.after(() => socket.close());
  return socket;
}

async function send(socket: DatagramSocket, text: string): Promise<void> {
  await socket.send({ data: new TextEncoder().encode(text) });
}

async function hear(socket: DatagramSocket): Promise<string> {
  const datagram = await socket.receive();
  assert.ok(datagram !== null);
  return new TextDecoder().decode(datagram.data);
}

async function hearUntil(socket: DatagramSocket, pattern: RegExp): Promise<string> {
  for (;;) {
    const text = await hear(socket);
    if (pattern.test(text)) return text;
  }
}

for (const driver of drivers) {
  test(`people and programs on every door talk in one room (${driver})`, async (t) => {
    const data = directory(t);
    const doors = ['tcp://127.0.0.1:0', `unix:${join(data, 'x.sock')}`, 'udp://127.0.0.1:0'];
    const exchange = await start(t, { data, doors, driver });
    const anna = await person(t, exchange, 'anna', 'tcp', driver);
    const bob = await person(t, exchange, 'bob', 'unix', driver);
    const carl = await dial(t, exchange, driver);
    await send(carl, '/nick carl\n');
    await hearUntil(carl, /You are carl/);
    const bot = await enter(t, exchange, 'tcp', driver);
    await bot.ask({ type: 'hello', name: 'bot' });
    await bot.messageOf('joined');
    await anna.until(/bot joined/);
    await bob.until(/bot joined/);
    await hearUntil(carl, /bot joined/);
    await send(carl, 'hello from afar\n');
    assert.equal(await anna.line(), '#lobby <carl> hello from afar');
    assert.equal(await bob.line(), '#lobby <carl> hello from afar');
    const { sender, door } = await bot.messageOf('message');
    assert.deepEqual([sender, door], ['carl', 'udp']);
    await bot.ask({ type: 'say', body: 'I am a bot' });
    assert.equal(await hear(carl), '#lobby <bot> I am a bot\n');
    await bob.write('/msg carl psst\n');
    assert.equal(await hear(carl), '[bob -> carl] psst\n');
    const { members, messages } = exchange.stats();
    assert.deepEqual([members, messages], [4, 2]);
  });
}

for (const driver of drivers) {
  test(`a reader that stands still is told what it missed, and costs others nothing (${driver})`, async (t) => {
    const free = { rate: 1e9, burst: 1e9, addressRate: 1e9, addressBurst: 1e9, outboxBytes: 64 * 1024 };
    const exchange = await start(t, { driver, limits: free });
    const slow = await enter(t, exchange, 'tcp', driver);
    await slow.write('/nick slow\n');
    await slow.until(/shows more/);
    const bot = await enter(t, exchange, 'tcp', driver);
    await bot.ask({ type: 'hello', name: 'bot' });
    await bot.messageOf('joined');
    // Until the system's buffers and the outbox are full; loopback holds up to some 10 MB.
    const body = 'x'.repeat(4000);
    const count = 4000;
    for (let sent = 0; sent < count; sent += 50) {
      await bot.ask(...Array.from({ length: 50 }, () => ({ type: 'say', body })));
      for (let got = 0; got < 50; got++) await bot.messageOf('message');
    }
    let got = 0;
    let missed = 0;
    while (got + missed < count) {
      const line = await slow.line();
      assert.ok(line !== null);
      if (line.startsWith('#lobby <bot>')) got++;
      missed += Number(/missed (\d+) messages/.exec(line)?.[1] ?? 0);
    }
    assert.ok(missed > 0);
    assert.equal(got + missed, count);
  });
}

test('closing tells the members, waits for them, and says how it went; the history is there again', async (t) => {
  const data = directory(t);
  const first = await start(t, { data });
  const anna = await person(t, first, 'anna');
  await anna.write('remember me\n/ping\n');
  await anna.until(/pong/);
  const [closed, rest] = await Promise.all([
    first.close(),
    anna.rest().finally(() => anna.connection.close()),
  ]);
  assert.deepEqual(rest, ['* Bye: the exchange is closing']);
  assert.deepEqual([closed.members, closed.cutOff, closed.messages], [1, 0, 1]);
  assert.equal(await first.close(), closed);
  const second = await start(t, { data });
  const bob = await enter(t, second);
  await bob.write('/nick bob\n');
  assert.match(await bob.until(/remember/), /#lobby <anna> remember me$/);
});

test('who is connected and has not joined does not hold up the closing', async (t) => {
  const exchange = await start(t, { limits: { greeting: 60_000 } });
  const silent = await enter(t, exchange);
  const bot = await enter(t, exchange);
  await bot.ask({ type: 'hello', name: 'a b' });
  await bot.messageOf('error');
  const closing = exchange.close({ deadline: 60_000 });
  for (const client of [silent, bot]) {
    assert.match((await client.line())!, /closing/);
    await client.connection.close();
  }
  assert.deepEqual((await closing).cutOff, 0);
});

test('who does not leave in time is cut off', async (t) => {
  const exchange = await start(t);
  await person(t, exchange, 'stubborn');
  const closed = await exchange.close({ deadline: 0 });
  assert.deepEqual([closed.members, closed.cutOff], [1, 1]);
});

test('a door that cannot be opened is an error that closes the others and frees the data', async (t) => {
  const data = directory(t);
  const other = await start(t);
  const taken = doorOf(other, 'tcp').toString();
  await assert.rejects(startExchange({ data, doors: ['tcp://127.0.0.1:0', taken] }), {
    errno: 'EADDRINUSE',
    message: new RegExp(`process ${process.pid}|held by|${process.pid}`),
  });
  await assert.rejects(startExchange({ data, doors: ['exec:cat'] }), { code: 'unsupported' });
  await start(t, { data });
  await assert.rejects(startExchange({ data, doors: [] }), { code: 'busy', message: /process \d+ runs/ });
});

test('a flood of connections against the limit is refused, and those inside notice nothing', async (t) => {
  const exchange = await start(t, { limits: { connections: 5 } });
  const anna = await person(t, exchange, 'anna');
  const bob = await person(t, exchange, 'bob');
  await anna.until(/bob joined/);
  const address = doorOf(exchange, 'tcp');
  let refused = 0;
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(address)));
    for (const connection of clients.slice(round === 0 ? 3 : 0)) {
      const client = new Client(connection);
      if ((await client.line())?.startsWith('! The exchange is full')) refused++;
      await connection.close();
    }
    await anna.write(`round ${round}\n`);
    await bob.until(new RegExp(`<anna> round ${round}`));
    if (round > 0) continue;
    t.after(() => {
      for (const connection of clients) connection.abort();
    });
  }
  assert.equal(refused, 197);
  assert.equal(exchange.stats().refused, 197);
});

test('a reset in the middle of a line is a member that left', async (t) => {
  const exchange = await start(t);
  const anna = await person(t, exchange, 'anna');
  const bob = await person(t, exchange, 'bob');
  await anna.until(/bob joined/);
  await bob.write('half a li');
  bob.connection.abort();
  assert.match((await anna.line())!, /^\* bob left #lobby \(/);
});

test('UDP: strangers get a token no longer than what they sent, and join with it', async (t) => {
  const exchange = await start(t, { doors: ['udp://127.0.0.1:0'], udpTrusts: () => false });
  const anna = await dial(t, exchange);
  await send(anna, 'hi\n');
  await send(anna, '/hello 12345678\n');
  const challenge = await hear(anna);
  assert.match(challenge, /^\/hello [0-9a-f]{8}\n$/);
  assert.equal(exchange.stats().members, 0);
  await send(anna, challenge.replace('\n', ' anna\n'));
  assert.match(await hear(anna), /You are anna in #lobby/);
  const bot = await dial(t, exchange);
  await send(bot, '{"type":"hello","name":"bot"}');
  await send(bot, '{"type":"hello","name":"bot","padding":""}');
  const { type, token } = JSON.parse(await hear(bot)) as { type: string; token: string };
  assert.equal(type, 'token');
  await send(bot, JSON.stringify({ type: 'hello', name: 'bot', token }));
  assert.match(await hear(bot), /"type":"welcome".*"member":"bot"/);
  const thief = await dial(t, exchange);
  await send(thief, challenge);
  assert.match(await hear(thief), /^\/hello /);
  assert.equal(exchange.stats().members, 2);
});

test('UDP: what does not fit into a datagram is shortened, and too long a one is refused', async (t) => {
  const exchange = await start(t, { doors: ['udp://127.0.0.1:0'], limits: { lineBytes: 8192 } });
  const anna = await dial(t, exchange);
  const bot = await dial(t, exchange);
  await send(anna, '/nick anna\n');
  await hearUntil(anna, /You are/);
  await send(bot, '{"type":"hello","name":"bot"}');
  await hearUntil(bot, /joined/);
  await hearUntil(anna, /bot joined/);
  await send(bot, JSON.stringify({ type: 'say', body: 'ü'.repeat(2000) }));
  const text = await hear(anna);
  assert.ok(Buffer.byteLength(text) <= 1200 && text.endsWith('ü…\n'), text.slice(-10));
  const message = JSON.parse(await hear(bot)) as { body: string; cut: boolean };
  assert.ok(message.body.endsWith('ü…') && message.cut);
  for (let count = 0; count < 20; count++) {
    await send(bot, JSON.stringify({ type: 'say', body: `${count} ${'x'.repeat(100)}` }));
    await hear(bot);
  }
  await send(bot, '{"type":"history","limit":100}');
  const page = await hear(bot);
  assert.ok(Buffer.byteLength(page) <= 1200);
  const { messages, before } = JSON.parse(page) as { messages: { id: number }[]; before: number };
  assert.ok(messages.length >= 3);
  assert.equal(messages[0]?.id, before);
  await send(bot, `{"type":"say","body":"${'x'.repeat(9000)}"}`);
  assert.match(await hear(bot), /"too-long"/);
});
