import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeExchange } from '../../../test/fake-exchange.ts';
import type { Clock, Timer } from '../../core/index.ts';
import { RECONNECT_FIRST, RECONNECT_MAX } from './backoff.ts';
import { ChatClient, type ChatClientOptions } from './client.ts';
import type { ChatEvent } from './event.ts';
import { PING_EVERY, REPLY_DEADLINE } from './link.ts';
import { OUTBOX_MAX } from './outbox.ts';
import { Refusal } from './refusal.ts';
import { PAGE, RATE_PAUSE } from './session.ts';

class TestClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): Timer {
    const timer = { at: this.#now + delay, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const timer of due.sort((a, b) => a.at - b.at)) timer.callback();
  }
}

let exchange: FakeExchange;
let clock: TestClock;
let events: ChatEvent[];
let clients: ChatClient[];

beforeEach(async () => {
  exchange = await FakeExchange.start();
  clock = new TestClock();
  events = [];
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.abort();
  await exchange.stop();
});

function create(options: Partial<ChatClientOptions> = {}): ChatClient {
  const client = new ChatClient({
    name: 'anna',
    clock,
    random: () => 1,
    dial: exchange.dial,
    onEvent: (event) => events.push(event),
    ...options,
  });
  clients.push(client);
  return client;
}

async function connected(options: Partial<ChatClientOptions> = {}): Promise<ChatClient> {
  const client = create(options);
  await client.connect();
  await settled();
  return client;
}

/** The memory transport and all promises behind it have come to rest. */
async function settled(): Promise<void> {
  for (let count = 0; count < 20; count++) await turn();
}

function bodies(): string[] {
  return events.flatMap((event) =>
    event.type === 'past'
      ? event.messages.map(({ body }) => body)
      : event.type === 'message'
        ? [event.body]
        : [],
  );
}

function types(): string[] {
  return events.map(({ type }) => type);
}

test('it enters with name and rooms, and is told what was said before', async () => {
  exchange.post('bob', 'one');
  exchange.post('bob', 'two');
  const client = await connected({ rooms: ['lobby'], history: 1 });
  assert.deepEqual(exchange.requests[0], {
    type: 'hello',
    name: 'anna',
    rooms: ['lobby'],
    history: 0,
    id: 1,
  });
  assert.equal(client.room, 'lobby');
  assert.deepEqual(bodies(), ['two']);
  assert.deepEqual(types(), ['connected', 'past']);
  assert.deepEqual(client.known(), ['anna', 'bob']);
});

test('what is said is confirmed, and is told once, when it comes back from the room', async () => {
  const client = await connected();
  await client.say('hello');
  await client.act('waves');
  await settled();
  assert.deepEqual(
    exchange.stored.map(({ kind, body }) => [kind, body]),
    [
      ['say', 'hello'],
      ['me', 'waves'],
    ],
  );
  assert.deepEqual(bodies(), ['hello', 'waves']);
  assert.equal(client.pending, 0);
});

test('a message that arrives while the history is fetched comes after it and once', async () => {
  exchange.post('bob', 'old');
  exchange.hook = (request) => {
    if (request.type === 'history') exchange.post('bob', 'between');
    return false;
  };
  await connected();
  exchange.post('bob', 'new');
  await settled();
  assert.deepEqual(bodies(), ['old', 'between', 'new']);
});

test('plain text before the first JSON line is skipped', async () => {
  exchange.hook = (request, peer) => {
    if (request.type === 'hello') peer.text('Welcome to the exchange');
    return false;
  };
  assert.equal((await connected()).connected, true);
});

test('a refusal in plain text is the reason that connecting gives', async () => {
  exchange.hook = (_, peer) => {
    peer.text('The exchange is full\x1b[2J');
    void peer.end();
    return true;
  };
  await assert.rejects(create().connect(), /^NetError: .*: The exchange is full␛\[2J$/);
});

test('a name that is taken is an error at once on the first connection', async () => {
  exchange.hook = (request, peer) => {
    peer.send({ type: 'error', id: request.id, code: 'name-taken', message: 'The name "anna" is taken' });
    return true;
  };
  await assert.rejects(
    create().connect(),
    (error) => error instanceof Refusal && error.reason === 'name-taken',
  );
  assert.equal(exchange.requests.length, 1);
});

test('a first connection that cannot be had is an error at once', async () => {
  await assert.rejects(create({ dial: () => Promise.reject(new Error('refused')) }).connect(), /refused/);
});

test('after a loss it comes back with the same name and rooms, and nothing is doubled or lost', async () => {
  const client = await connected({ rooms: ['lobby'] });
  exchange.post('bob', 'before');
  await client.join('dev');
  await settled();
  exchange.crash();
  await settled();
  for (let count = 0; count < PAGE + 5; count++) exchange.post('bob', `missed ${count}`);
  assert.equal(client.connected, false);
  clock.advance(RECONNECT_FIRST);
  await settled();
  exchange.post('bob', 'after');
  await settled();
  const hello = exchange.requests.filter(({ type }) => type === 'hello').at(-1)!;
  assert.deepEqual([hello.name, hello.rooms], ['anna', ['lobby', 'dev']]);
  assert.equal(client.room, 'dev');
  const missed = Array.from({ length: PAGE + 5 }, (_, count) => `missed ${count}`);
  assert.deepEqual(bodies(), ['before', ...missed, 'after']);
  assert.ok(events.every((event) => event.type !== 'past' || !event.gap));
});

test('a gap that the server cannot fill is said', async () => {
  await connected();
  exchange.post('bob', 'seen');
  await settled();
  exchange.crash();
  await settled();
  exchange.post('bob', 'lost');
  exchange.post('bob', 'kept');
  exchange.stored = exchange.stored.slice(-1);
  clock.advance(RECONNECT_FIRST);
  await settled();
  const past = events.findLast((event) => event.type === 'past');
  assert.deepEqual([past?.gap, past?.messages.map(({ body }) => body)], [true, ['kept']]);
});

test('a server that lost its history and counts anew is not taken for one that repeats itself', async () => {
  await connected();
  for (const body of ['a', 'b', 'c']) exchange.post('bob', body);
  await settled();
  exchange.crash();
  await settled();
  exchange.stored = [];
  exchange.post('bob', 'anew');
  clock.advance(RECONNECT_FIRST);
  await settled();
  exchange.post('bob', 'and on');
  await settled();
  assert.deepEqual(bodies(), ['a', 'b', 'c', 'anew', 'and on']);
  assert.equal(events.findLast((event) => event.type === 'past')?.gap, true);
});

test('attempts wait longer and longer up to the longest', async () => {
  let dials = 0;
  const client = create({
    dial: () => (dials++ === 0 ? exchange.dial() : Promise.reject(new Error('refused'))),
  });
  await client.connect();
  await settled();
  exchange.crash();
  await settled();
  for (let attempt = 0; attempt < 8; attempt++) {
    clock.advance(RECONNECT_MAX);
    await settled();
  }
  const waits = events.flatMap((event) => (event.type === 'disconnected' ? [event.retryIn] : []));
  assert.deepEqual(
    waits.slice(0, 4),
    [1, 2, 4, 8].map((factor) => factor * RECONNECT_FIRST),
  );
  assert.equal(waits.at(-1), RECONNECT_MAX);
});

test('the ghost of its own lost connection does not keep it out for good', async () => {
  const client = await connected();
  exchange.crash();
  await settled();
  let refusals = 2;
  exchange.hook = (request, peer) => {
    if (request.type !== 'hello' || refusals-- <= 0) return false;
    peer.send({ type: 'error', id: request.id, code: 'name-taken', message: 'taken' });
    return true;
  };
  for (let attempt = 0; attempt < 3; attempt++) {
    clock.advance(RECONNECT_MAX);
    await settled();
  }
  assert.equal(client.connected, true);
});

test('without reconnecting a loss is the end', async () => {
  const client = await connected({ reconnect: false });
  const said = client.say('x');
  said.catch(() => {});
  exchange.crash();
  assert.match(String(await client.closed), /NetError/);
  assert.equal(client.connected, false);
});

test('what is said while the connection is lost is delivered in order afterwards', async () => {
  const client = await connected();
  exchange.crash();
  await settled();
  const said = [client.say('one'), client.say('two')];
  await settled();
  assert.equal(client.pending, 2);
  clock.advance(RECONNECT_FIRST);
  await Promise.all(said);
  assert.deepEqual(
    exchange.stored.map(({ body }) => body),
    ['one', 'two'],
  );
});

test('a message whose confirmation was lost is not said twice', async () => {
  const client = await connected();
  exchange.hook = (request) => {
    if (request.type !== 'say') return false;
    exchange.post('anna', String(request.body), { quietly: true });
    exchange.hook = () => false;
    exchange.crash();
    return true;
  };
  const said = client.say('once');
  await settled();
  clock.advance(RECONNECT_FIRST);
  await said;
  await settled();
  assert.equal(exchange.stored.length, 1);
  assert.deepEqual(bodies(), ['once']);
});

test('a message that was lost with the connection is said again', async () => {
  const client = await connected();
  exchange.hook = (request) => {
    if (request.type !== 'say') return false;
    exchange.hook = () => false;
    exchange.crash();
    return true;
  };
  const said = client.say('again');
  await settled();
  clock.advance(RECONNECT_FIRST);
  await said;
  assert.deepEqual(
    exchange.stored.map(({ body }) => body),
    ['again'],
  );
});

test('a private message lost on its way is told as uncertain, not repeated', async () => {
  const client = await connected();
  exchange.hook = (request) => {
    if (request.type !== 'msg') return false;
    exchange.hook = () => false;
    exchange.crash();
    return true;
  };
  const told = client.tell('bob', 'secret');
  const outcome = assert.rejects(told, { code: 'broken', message: /may not have arrived/ });
  await settled();
  clock.advance(RECONNECT_FIRST);
  await outcome;
  assert.equal(exchange.requests.filter(({ type }) => type === 'msg').length, 1);
});

test('a request that came too fast is tried again after a pause', async () => {
  const client = await connected();
  let refusals = 1;
  exchange.hook = (request, peer) => {
    if (request.type !== 'say' || refusals-- <= 0) return false;
    peer.send({ type: 'error', id: request.id, code: 'rate', message: 'slower' });
    return true;
  };
  const said = client.say('patience');
  await settled();
  assert.equal(exchange.stored.length, 0);
  clock.advance(RATE_PAUSE);
  await said;
  assert.equal(exchange.stored.length, 1);
});

test('a refused message is an error of its own and the next goes on', async () => {
  const client = await connected();
  const outcomes = await Promise.allSettled([client.say('x'.repeat(101)), client.say('y')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
});

test('a server that answers nothing is given up at the deadline', async () => {
  const client = await connected();
  exchange.hook = () => true;
  const outcome = assert.rejects(client.list(), { code: 'timeout' });
  await settled();
  clock.advance(REPLY_DEADLINE);
  await outcome;
  await settled();
  assert.equal(client.connected, false);
});

test('silence is broken by pings, which find a dead server', async () => {
  const client = await connected();
  const ping = exchange.next('ping');
  clock.advance(PING_EVERY);
  await ping;
  await settled();
  assert.equal(client.connected, true);
  exchange.hook = () => true;
  clock.advance(PING_EVERY);
  await settled();
  clock.advance(REPLY_DEADLINE);
  await settled();
  assert.equal(client.connected, false);
});

test('what the server left out for a slow reader is fetched', async () => {
  await connected();
  exchange.post('bob', 'one');
  exchange.post('bob', 'two', { quietly: true });
  exchange.peer.send({ type: 'missed', count: 1 });
  exchange.post('bob', 'three');
  await settled();
  assert.deepEqual(bodies(), ['one', 'two', 'three']);
});

test('rooms are entered, left and listed', async () => {
  const client = await connected();
  await client.join('#dev');
  assert.equal(client.room, 'dev');
  assert.deepEqual(client.rooms, ['lobby', 'dev']);
  await client.leave();
  assert.equal(client.room, 'lobby');
  assert.deepEqual(await client.list(), [{ room: 'lobby', members: 2, joined: true }]);
  assert.equal((await client.who()).total, 2);
});

test('presence changes who is known', async () => {
  const client = await connected();
  const time = '2026-01-02T03:04:05.000Z';
  exchange.peer.send({ type: 'joined', room: 'lobby', member: 'carl', time, door: 'tcp' });
  exchange.peer.send({ type: 'left', room: 'lobby', member: 'bob', time });
  exchange.peer.send({ type: 'renamed', room: 'lobby', member: 'carl', name: 'karl', time });
  await settled();
  assert.deepEqual(client.known('lobby'), ['anna', 'karl']);
});

test('closing waits for what was said, then says goodbye', async () => {
  const client = await connected();
  const said = client.say('last words');
  await client.close();
  await said;
  assert.deepEqual(
    exchange.requests.slice(-2).map(({ type }) => type),
    ['say', 'quit'],
  );
  assert.equal(await client.closed, undefined);
  await assert.rejects(client.say('too late'), { code: 'closed' });
});

test('closing without a connection says how many messages were not confirmed', async () => {
  const client = await connected();
  exchange.crash();
  await settled();
  const outcome = assert.rejects(client.say('lost'), { code: 'closed' });
  await assert.rejects(client.close({ signal: AbortSignal.abort() }), /1 messages? .*not confirm/);
  await outcome;
});

test('no more than the limit waits for a connection', async () => {
  const client = await connected();
  exchange.crash();
  await settled();
  const waiting = Array.from({ length: OUTBOX_MAX }, () => client.say('x').catch(() => {}));
  await assert.rejects(client.say('one more'), { code: 'limit' });
  client.abort();
  await Promise.all(waiting);
});

test('unknown types are ignored, and a broken line ends the connection', async () => {
  const client = await connected();
  exchange.peer.send({ type: 'weather', sunny: true });
  await settled();
  assert.equal(client.connected, true);
  exchange.peer.text('{"type":"message","id":"x"}');
  await settled();
  assert.equal(client.connected, false);
  const lost = events.findLast((event) => event.type === 'disconnected');
  assert.match(String(lost?.reason), /"message" that is not as its schema says/);
});
