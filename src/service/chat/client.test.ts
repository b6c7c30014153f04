import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ChatStage, settled } from '../../testing/chat-stage.ts';
import { Refusal } from './refusal.ts';
import { RATE_PAUSE } from './session.ts';

let stage: ChatStage;

beforeEach(async () => {
  stage = await ChatStage.open();
});

afterEach(() => stage[Symbol.asyncDispose]());

test('it enters with name and rooms, and is told what was said before', async () => {
  stage.exchange.post('bob', 'one');
  stage.exchange.post('bob', 'two');
  const client = await stage.connected({ rooms: ['lobby'], history: 1 });
  assert.deepEqual(stage.exchange.requests[0], {
    type: 'hello',
    name: 'anna',
    rooms: ['lobby'],
    history: 0,
    id: 1,
  });
  assert.equal(client.room, 'lobby');
  assert.deepEqual(stage.bodies, ['two']);
  assert.deepEqual(
    stage.events.map(({ type }) => type),
    ['connected', 'past'],
  );
  assert.deepEqual(client.known(), ['anna', 'bob']);
});

test('what is said is confirmed, and is told once, when it comes back from the room', async () => {
  const client = await stage.connected();
  await client.say('hello');
  await client.act('waves');
  await settled();
  assert.deepEqual(
    stage.exchange.stored.map(({ kind, body }) => [kind, body]),
    [
      ['say', 'hello'],
      ['me', 'waves'],
    ],
  );
  assert.deepEqual(stage.bodies, ['hello', 'waves']);
  assert.equal(client.pending, 0);
});

test('a message that arrives while the history is fetched comes after it and once', async () => {
  stage.exchange.post('bob', 'old');
  stage.exchange.hook = (request) => {
    if (request.type === 'history') stage.exchange.post('bob', 'between');
    return false;
  };
  await stage.connected();
  stage.exchange.post('bob', 'new');
  await settled();
  assert.deepEqual(stage.bodies, ['old', 'between', 'new']);
});

test('plain text before the first JSON line is skipped', async () => {
  stage.exchange.hook = (request, peer) => {
    if (request.type === 'hello') peer.text('Welcome to the exchange');
    return false;
  };
  assert.equal((await stage.connected()).connected, true);
});

test('a refusal in plain text is the reason that connecting gives', async () => {
  stage.exchange.hook = (_, peer) => {
    peer.text('The exchange is full\x1b[2J');
    void peer.end();
    return true;
  };
  await assert.rejects(stage.create().connect(), /^NetError: .*: The exchange is full␛\[2J$/);
});

test('a name that is taken is an error at once on the first connection', async () => {
  stage.exchange.hook = (request, peer) => {
    peer.send({ type: 'error', id: request.id, code: 'name-taken', message: 'The name "anna" is taken' });
    return true;
  };
  await assert.rejects(
    stage.create().connect(),
    (error) => error instanceof Refusal && error.reason === 'name-taken',
  );
  assert.equal(stage.exchange.requests.length, 1);
});

test('a first connection that cannot be had is an error at once', async () => {
  await assert.rejects(
    stage.create({ dial: () => Promise.reject(new Error('refused')) }).connect(),
    /refused/,
  );
});

test('a request that came too fast is tried again after a pause', async () => {
  const client = await stage.connected();
  let refusals = 1;
  stage.exchange.hook = (request, peer) => {
    if (request.type !== 'say' || refusals-- <= 0) return false;
    peer.send({ type: 'error', id: request.id, code: 'rate', message: 'slower' });
    return true;
  };
  const said = client.say('patience');
  await settled();
  assert.equal(stage.exchange.stored.length, 0);
  stage.clock.advance(RATE_PAUSE);
  await said;
  assert.equal(stage.exchange.stored.length, 1);
});

test('a refused message is an error of its own and the next goes on', async () => {
  const client = await stage.connected();
  const outcomes = await Promise.allSettled([client.say('x'.repeat(101)), client.say('y')]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
});

test('rooms are entered, left and listed', async () => {
  const client = await stage.connected();
  await client.join('#dev');
  assert.equal(client.room, 'dev');
  assert.deepEqual(client.rooms, ['lobby', 'dev']);
  await client.leave();
  assert.equal(client.room, 'lobby');
  assert.deepEqual(await client.list(), [{ room: 'lobby', members: 2, joined: true }]);
  assert.equal((await client.who()).total, 2);
});

test('presence changes who is known', async () => {
  const client = await stage.connected();
  const time = '2026-01-02T03:04:05.000Z';
  stage.exchange.peer.send({ type: 'joined', room: 'lobby', member: 'carl', time, door: 'tcp' });
  stage.exchange.peer.send({ type: 'left', room: 'lobby', member: 'bob', time });
  stage.exchange.peer.send({ type: 'renamed', room: 'lobby', member: 'carl', name: 'karl', time });
  await settled();
  assert.deepEqual(client.known('lobby'), ['anna', 'karl']);
});

test('closing waits for what was said, then says goodbye', async () => {
  const client = await stage.connected();
  const said = client.say('last words');
  await client.close();
  await said;
  assert.deepEqual(
    stage.exchange.requests.slice(-2).map(({ type }) => type),
    ['say', 'quit'],
  );
  assert.equal(await client.closed, undefined);
  await assert.rejects(client.say('too late'), { code: 'closed' });
});

test('unknown types are ignored, and a broken line ends the connection', async () => {
  const client = await stage.connected();
  stage.exchange.peer.send({ type: 'weather', sunny: true });
  await settled();
  assert.equal(client.connected, true);
  stage.exchange.peer.text('{"type":"message","id":"x"}');
  await settled();
  assert.equal(client.connected, false);
  const lost = stage.events.findLast((event) => event.type === 'disconnected');
  assert.match(String(lost?.reason), /"message" that is not as its schema says/);
});
