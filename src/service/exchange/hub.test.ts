import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fakeClock } from '../../testing/index.ts';
import { type ExchangeTrouble, exchangeTrouble } from './diagnostics.ts';
import type { Message, OnKept } from './event.ts';
import { History } from './history.ts';
import { Hub } from './hub.ts';
import { type ExchangeLimits, exchangeLimits } from './limits.ts';
import type { Member } from './member.ts';
import { Refusal } from './refusal.ts';
import { Ear, WALL_TIME } from './test-house.ts';

const nothing: OnKept = () => {};

function makeHub(limits: Partial<ExchangeLimits> = {}, history?: History): Hub {
  const all = exchangeLimits(limits);
  return new Hub({
    history: history ?? new History(null, all),
    limits: all,
    clock: fakeClock(),
    wallTime: () => WALL_TIME,
  });
}

function enter(hub: Hub, name: string, room = 'lobby'): { ear: Ear; member: Member } {
  const ear = new Ear();
  const member = hub.enter(ear, 'tcp', name);
  hub.join(member, room);
  return { ear, member };
}

function say(hub: Hub, member: Member, body: string, room = 'lobby', onKept = nothing): void {
  hub.say(member, hub.room(member, room), 'say', body, onKept);
}

test('everybody in the room hears the same, in the same order, the speaker too', async () => {
  const hub = makeHub();
  const anna = enter(hub, 'anna');
  const bob = enter(hub, 'bob');
  const carl = enter(hub, 'carl', 'dev');
  await turn();
  for (const { ear } of [anna, bob, carl]) ear.heard.length = 0;
  say(hub, anna.member, 'one');
  say(hub, bob.member, 'two');
  await turn();
  const message = { type: 'message', room: 'lobby', time: WALL_TIME, kind: 'say', door: 'tcp' };
  const expected = [
    { ...message, id: 1, sender: 'anna', body: 'one' },
    { ...message, id: 2, sender: 'bob', body: 'two' },
  ];
  assert.deepEqual(anna.ear.heard, expected);
  assert.deepEqual(bob.ear.heard, expected);
  assert.deepEqual(carl.ear.heard, []);
  assert.deepEqual([hub.messageCount, hub.memberCount, hub.roomCount], [2, 3, 2]);
});

test('nobody hears a message before it is in the history', async () => {
  const history = new History(null, exchangeLimits());
  const hub = makeHub({}, history);
  const { member } = enter(hub, 'anna');
  const kept: number[] = [];
  const ear = new Ear();
  ear.onEvents = (batch) => {
    for (const event of batch.events)
      if (event.type === 'message') kept.push(history.page('lobby', null, 10).messages.length);
  };
  hub.join(hub.enter(ear, 'tcp', 'bob'), 'lobby');
  say(hub, member, 'one');
  say(hub, member, 'two');
  await turn();
  assert.deepEqual(kept, [2, 2]);
});

test('when the disk fails nobody hears the message, its speaker is told, and the hub goes on', async (t) => {
  const history = new History(null, exchangeLimits());
  const hub = makeHub({}, history);
  const anna = enter(hub, 'anna');
  await turn();
  anna.ear.heard.length = 0;
  const append = history.append;
  const troubles: string[] = [];
  const note = (event: unknown): number => troubles.push((event as ExchangeTrouble).error.message);
  exchangeTrouble.subscribe(note);
  t.after(() => exchangeTrouble.unsubscribe(note));
  history.append = () => {
    throw new Error('disk full');
  };
  let outcome: Message | Refusal | undefined;
  say(hub, anna.member, 'lost', 'lobby', (told) => {
    outcome = told;
  });
  hub.rename(anna.member, 'anja');
  await turn();
  assert.ok(outcome instanceof Refusal);
  assert.equal(outcome.refusal, 'storage');
  assert.deepEqual(troubles, ['disk full']);
  assert.deepEqual(
    anna.ear.heard.map((event) => (event as { type: string }).type),
    ['renamed'],
  );
  history.append = append;
  say(hub, anna.member, 'kept');
  await turn();
  assert.equal((anna.ear.heard.at(-1) as Message).body, 'kept');
});

test('who comes in the middle of a turn misses nothing and hears nothing twice', async () => {
  const hub = makeHub();
  const anna = enter(hub, 'anna');
  say(hub, anna.member, 'before');
  const bob = enter(hub, 'bob');
  const seen = hub.page(hub.room(bob.member, 'lobby'), null, 10).messages.map(({ body }) => body);
  say(hub, anna.member, 'after');
  await turn();
  for (const event of bob.ear.heard as Message[]) if (event.type === 'message') seen.push(event.body);
  assert.deepEqual(seen, ['before', 'after']);
});

test('presence: joined, renamed once for each shared room, left with a reason', async () => {
  const hub = makeHub();
  const anna = enter(hub, 'anna');
  const bob = enter(hub, 'bob');
  hub.join(anna.member, 'dev');
  hub.join(bob.member, 'dev');
  await turn();
  anna.ear.heard.length = 0;
  hub.rename(bob.member, 'BOB');
  hub.leave(bob.member, '#dev');
  hub.remove(bob.member, 'gone');
  hub.remove(bob.member, 'again');
  await turn();
  const time = WALL_TIME;
  assert.deepEqual(anna.ear.heard, [
    { type: 'renamed', room: 'lobby', member: 'bob', name: 'BOB', time },
    { type: 'left', room: 'lobby', member: 'BOB', time, reason: 'gone' },
    { type: 'renamed', room: 'dev', member: 'bob', name: 'BOB', time },
    { type: 'left', room: 'dev', member: 'BOB', time, reason: undefined },
  ]);
});

test('a name belongs to one member, whatever its case, until that one is gone', () => {
  const hub = makeHub();
  const anna = enter(hub, 'Anna');
  assert.throws(() => enter(hub, 'ANNA'), { refusal: 'name-taken' });
  hub.rename(anna.member, 'anna');
  hub.remove(anna.member, 'gone');
  enter(hub, 'ANNA');
});

test('a guest is never given a name that somebody has', () => {
  const hub = makeHub();
  enter(hub, 'Guest-1');
  assert.equal(hub.enter(new Ear(), 'tcp').name.text, 'guest-2');
});

test('private messages reach the one, and the sender as a copy, and no history', async () => {
  const hub = makeHub();
  const anna = enter(hub, 'anna');
  const bob = enter(hub, 'bob');
  const carl = enter(hub, 'carl');
  await turn();
  for (const { ear } of [anna, bob, carl]) ear.heard.length = 0;
  hub.tell(anna.member, 'BOB', 'psst');
  hub.tell(anna.member, 'anna', 'note to self');
  await turn();
  const event = { type: 'private', sender: 'anna', time: WALL_TIME, door: 'tcp' };
  const psst = { ...event, recipient: 'bob', body: 'psst' };
  assert.deepEqual(bob.ear.heard, [psst]);
  assert.deepEqual(anna.ear.heard, [psst, { ...event, recipient: 'anna', body: 'note to self' }]);
  assert.deepEqual(carl.ear.heard, []);
  assert.deepEqual(hub.page(hub.room(anna.member, 'lobby'), null, 10).messages, []);
  assert.throws(() => hub.tell(anna.member, 'dora', 'hi'), { refusal: 'no-such-member' });
});

test('each limit has its refusal', () => {
  const hub = makeHub({ rooms: 2, roomsPerMember: 1, membersPerRoom: 2, bodyBytes: 10 });
  const anna = enter(hub, 'anna');
  enter(hub, 'bob', 'dev');
  assert.throws(() => hub.join(anna.member, 'dev'), { refusal: 'limit', message: /in 1 rooms already/ });
  assert.throws(() => enter(hub, 'carl', 'third'), { refusal: 'limit', message: /There are 2 rooms/ });
  enter(hub, 'dora', 'lobby');
  assert.throws(() => enter(hub, 'emil'), { refusal: 'limit', message: '#lobby is full: 2 members' });
  assert.throws(() => say(hub, anna.member, 'éééééé'), { refusal: 'too-long' });
  say(hub, anna.member, 'ééééé');
  for (const body of ['', ' ', '\n'])
    assert.throws(() => say(hub, anna.member, body), { refusal: 'bad-body' });
});

test('a room is gone with its last member unless something was said in it', async () => {
  const hub = makeHub();
  const anna = enter(hub, 'anna');
  hub.join(anna.member, 'quiet');
  say(hub, anna.member, 'hi');
  hub.leave(anna.member, 'quiet');
  hub.leave(anna.member, 'lobby');
  assert.deepEqual(hub.rooms(anna.member), [{ room: 'lobby', members: 0, joined: false }]);
  await turn();
  assert.equal(hub.roomCount, 1);
});

test('rooms with a history are there after a restart', async () => {
  const history = new History(null, exchangeLimits());
  const hub = makeHub({}, history);
  const { member } = enter(hub, 'anna', 'Dev');
  say(hub, member, 'hi', 'dev');
  await turn();
  const next = makeHub({}, history);
  assert.equal(next.roomCount, 2, 'that one and the first');
  const { ear, member: bob } = enter(next, 'bob', 'dev');
  say(next, bob, 'again', 'dev');
  await turn();
  assert.deepEqual((ear.heard.at(-1) as Message).id, 2);
  assert.equal((ear.heard.at(-1) as Message).room, 'Dev');
});

test('a notice is in the server name and in the history', async () => {
  const hub = makeHub();
  const { ear, member } = enter(hub, 'anna');
  hub.announce('lobby', 'a file arrived');
  hub.announce('nowhere', 'unheard');
  await turn();
  const notice = ear.heard.at(-1) as Message;
  assert.deepEqual([notice.sender, notice.kind, notice.door], ['exchange', 'notice', 'server']);
  assert.equal(hub.page(hub.room(member, 'lobby'), null, 5).messages.length, 1);
});

test('a long turn goes out in batches, so that a reader can miss a part of it', async () => {
  const hub = makeHub();
  const anna = enter(hub, 'anna');
  await turn();
  const sizes: number[] = [];
  anna.ear.onEvents = (batch) => sizes.push(batch.events.length);
  for (let count = 0; count < 300; count++) say(hub, anna.member, 'x');
  for (let count = 0; count < 20; count++) say(hub, anna.member, 'y'.repeat(4000));
  await turn();
  // At most 128 events, and a batch ends with the message that fills 32 Ki characters.
  assert.deepEqual(sizes, [128, 128, 53, 9, 2]);
});

test('closing tells everybody, keeps what was said, and lets nobody in', () => {
  const history = new History(null, exchangeLimits());
  const hub = makeHub({}, history);
  const { ear, member } = enter(hub, 'anna');
  say(hub, member, 'last words');
  assert.equal(hub.close('night'), 1);
  assert.deepEqual(ear.heard.at(-1), { type: 'dismissed', reason: 'night' });
  assert.equal(history.page('lobby', null, 5).messages.length, 1);
  assert.throws(() => enter(hub, 'bob'), { refusal: 'closing' });
});
