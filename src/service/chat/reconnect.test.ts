import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ChatStage, settled } from '../../testing/chat-stage.ts';
import { RECONNECT_FIRST, RECONNECT_MAX } from './backoff.ts';
import { PING_EVERY, REPLY_DEADLINE } from './link.ts';
import { OUTBOX_MAX } from './outbox.ts';
import { PAGE } from './session.ts';

let stage: ChatStage;

beforeEach(async () => {
  stage = await ChatStage.open();
});

afterEach(() => stage[Symbol.asyncDispose]());

test('after a loss it comes back with the same name and rooms, and nothing is doubled or lost', async () => {
  const client = await stage.connected({ rooms: ['lobby'] });
  stage.exchange.post('bob', 'before');
  await client.join('dev');
  await settled();
  stage.exchange.crash();
  await settled();
  for (let count = 0; count < PAGE + 5; count++) stage.exchange.post('bob', `missed ${count}`);
  assert.equal(client.connected, false);
  stage.clock.advance(RECONNECT_FIRST);
  await settled();
  stage.exchange.post('bob', 'after');
  await settled();
  const hello = stage.exchange.requests.filter(({ type }) => type === 'hello').at(-1)!;
  assert.deepEqual([hello.name, hello.rooms], ['anna', ['lobby', 'dev']]);
  assert.equal(client.room, 'dev');
  const missed = Array.from({ length: PAGE + 5 }, (_, count) => `missed ${count}`);
  assert.deepEqual(stage.bodies, ['before', ...missed, 'after']);
  assert.ok(stage.events.every((event) => event.type !== 'past' || !event.gap));
});

test('a gap that the server cannot fill is said', async () => {
  await stage.connected();
  stage.exchange.post('bob', 'seen');
  await settled();
  stage.exchange.crash();
  await settled();
  stage.exchange.post('bob', 'lost');
  stage.exchange.post('bob', 'kept');
  stage.exchange.stored = stage.exchange.stored.slice(-1);
  stage.clock.advance(RECONNECT_FIRST);
  await settled();
  const past = stage.events.findLast((event) => event.type === 'past');
  assert.deepEqual([past?.gap, past?.messages.map(({ body }) => body)], [true, ['kept']]);
});

test('a server that lost its history and counts anew is not taken for one that repeats itself', async () => {
  await stage.connected();
  for (const body of ['a', 'b', 'c']) stage.exchange.post('bob', body);
  await settled();
  stage.exchange.crash();
  await settled();
  stage.exchange.stored = [];
  stage.exchange.post('bob', 'anew');
  stage.clock.advance(RECONNECT_FIRST);
  await settled();
  stage.exchange.post('bob', 'and on');
  await settled();
  assert.deepEqual(stage.bodies, ['a', 'b', 'c', 'anew', 'and on']);
  assert.equal(stage.events.findLast((event) => event.type === 'past')?.gap, true);
});

test('attempts wait longer and longer up to the longest', async () => {
  let dials = 0;
  const client = stage.create({
    dial: () => (dials++ === 0 ? stage.exchange.dial() : Promise.reject(new Error('refused'))),
  });
  await client.connect();
  await settled();
  stage.exchange.crash();
  await settled();
  for (let attempt = 0; attempt < 8; attempt++) {
    stage.clock.advance(RECONNECT_MAX);
    await settled();
  }
  const waits = stage.events.flatMap((event) => (event.type === 'disconnected' ? [event.retryIn] : []));
  assert.deepEqual(
    waits.slice(0, 4),
    [1, 2, 4, 8].map((factor) => factor * RECONNECT_FIRST),
  );
  assert.equal(waits.at(-1), RECONNECT_MAX);
});

test('the ghost of its own lost connection does not keep it out for good', async () => {
  const client = await stage.connected();
  stage.exchange.crash();
  await settled();
  let refusals = 2;
  stage.exchange.hook = (request, peer) => {
    if (request.type !== 'hello' || refusals-- <= 0) return false;
    peer.send({ type: 'error', id: request.id, code: 'name-taken', message: 'taken' });
    return true;
  };
  for (let attempt = 0; attempt < 3; attempt++) {
    stage.clock.advance(RECONNECT_MAX);
    await settled();
  }
  assert.equal(client.connected, true);
});

test('without reconnecting a loss is the end', async () => {
  const client = await stage.connected({ reconnect: false });
  const said = client.say('x');
  said.catch(() => {});
  stage.exchange.crash();
  assert.match(String(await client.closed), /NetError/);
  assert.equal(client.connected, false);
});

test('what is said while the connection is lost is delivered in order afterwards', async () => {
  const client = await stage.connected();
  stage.exchange.crash();
  await settled();
  const said = [client.say('one'), client.say('two')];
  await settled();
  assert.equal(client.pending, 2);
  stage.clock.advance(RECONNECT_FIRST);
  await Promise.all(said);
  assert.deepEqual(
    stage.exchange.stored.map(({ body }) => body),
    ['one', 'two'],
  );
});

test('a message whose confirmation was lost is not said twice', async () => {
  const client = await stage.connected();
  stage.exchange.hook = (request) => {
    if (request.type !== 'say') return false;
    stage.exchange.post('anna', String(request.body), { quietly: true });
    stage.exchange.hook = () => false;
    stage.exchange.crash();
    return true;
  };
  const said = client.say('once');
  await settled();
  stage.clock.advance(RECONNECT_FIRST);
  await said;
  await settled();
  assert.equal(stage.exchange.stored.length, 1);
  assert.deepEqual(stage.bodies, ['once']);
});

test('a message that was lost with the connection is said again', async () => {
  const client = await stage.connected();
  stage.exchange.hook = (request) => {
    if (request.type !== 'say') return false;
    stage.exchange.hook = () => false;
    stage.exchange.crash();
    return true;
  };
  const said = client.say('again');
  await settled();
  stage.clock.advance(RECONNECT_FIRST);
  await said;
  assert.deepEqual(
    stage.exchange.stored.map(({ body }) => body),
    ['again'],
  );
});

test('a private message lost on its way is told as uncertain, not repeated', async () => {
  const client = await stage.connected();
  stage.exchange.hook = (request) => {
    if (request.type !== 'msg') return false;
    stage.exchange.hook = () => false;
    stage.exchange.crash();
    return true;
  };
  const told = client.tell('bob', 'secret');
  const outcome = assert.rejects(told, { code: 'broken', message: /may not have arrived/ });
  await settled();
  stage.clock.advance(RECONNECT_FIRST);
  await outcome;
  assert.equal(stage.exchange.requests.filter(({ type }) => type === 'msg').length, 1);
});

test('a server that answers nothing is given up at the deadline', async () => {
  const client = await stage.connected();
  stage.exchange.hook = () => true;
  const outcome = assert.rejects(client.list(), { code: 'timeout' });
  await settled();
  stage.clock.advance(REPLY_DEADLINE);
  await outcome;
  await settled();
  assert.equal(client.connected, false);
});

test('silence is broken by pings, which find a dead server', async () => {
  const client = await stage.connected();
  const ping = stage.exchange.next('ping');
  stage.clock.advance(PING_EVERY);
  await ping;
  await settled();
  assert.equal(client.connected, true);
  stage.exchange.hook = () => true;
  stage.clock.advance(PING_EVERY);
  await settled();
  stage.clock.advance(REPLY_DEADLINE);
  await settled();
  assert.equal(client.connected, false);
});

test('what the server left out for a slow reader is fetched', async () => {
  await stage.connected();
  stage.exchange.post('bob', 'one');
  stage.exchange.post('bob', 'two', { quietly: true });
  stage.exchange.peer.send({ type: 'missed', count: 1 });
  stage.exchange.post('bob', 'three');
  await settled();
  assert.deepEqual(stage.bodies, ['one', 'two', 'three']);
});

test('closing without a connection says how many messages were not confirmed', async () => {
  const client = await stage.connected();
  stage.exchange.crash();
  await settled();
  const outcome = assert.rejects(client.say('lost'), { code: 'closed' });
  await assert.rejects(client.close({ signal: AbortSignal.abort() }), /1 messages? .*not confirm/);
  await outcome;
});

test('no more than the limit waits for a connection', async () => {
  const client = await stage.connected();
  stage.exchange.crash();
  await settled();
  const waiting = Array.from({ length: OUTBOX_MAX }, () => client.say('x').catch(() => {}));
  await assert.rejects(client.say('one more'), { code: 'limit' });
  client.abort();
  await Promise.all(waiting);
});

test('a room that the server does not let it back into is left', async () => {
  const client = await stage.connected({ rooms: ['lobby', 'dev'] });
  stage.exchange.hook = (request, peer) => {
    if (request.type !== 'hello') return false;
    const { limits } = stage.exchange;
    const welcome = {
      type: 'welcome',
      protocol: 1,
      server: 'modnet/0',
      session: 's',
      rooms: ['lobby'],
      limits,
    };
    peer.send({ ...welcome, id: request.id, member: 'anna' });
    return true;
  };
  stage.exchange.crash();
  await settled();
  stage.clock.advance(RECONNECT_FIRST);
  await settled();
  assert.deepEqual([client.rooms, client.room], [['lobby'], 'lobby']);
  assert.ok(stage.events.some((event) => event.type === 'exited' && event.value === 'dev'));
});
