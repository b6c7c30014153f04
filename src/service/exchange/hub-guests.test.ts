/** Those who are no members: listeners, and speakers who do not stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Message, OnKept } from './event.ts';
import type { Hub } from './hub.ts';
import { Refusal } from './refusal.ts';
import { Ear, type TestHouse, testHouse } from './test-house.ts';

const nothing: OnKept = () => {};

function refused(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof Refusal && thrown.refusal === code;
}

function post({ hub }: TestHouse, address: string, name: string, body = 'hi', room = 'lobby'): void {
  hub.post(address, name, room, 'say', body, nothing);
}

function enter(hub: Hub, name: string, room = 'lobby'): Ear {
  const ear = new Ear();
  hub.join(hub.enter(ear, 'tcp', name), room);
  return ear;
}

test('a listener hears what happens from then on, unseen', async () => {
  const { hub } = testHouse();
  const anna = enter(hub, 'anna');
  const ear = new Ear();
  const room = hub.listen(ear, 'lobby');
  assert.deepEqual(ear.heard, [], 'that anna joined was told to those who were there');
  enter(hub, 'bob');
  await turn();
  assert.deepEqual(
    (ear.heard as { type: string; member: string }[]).map(({ type, member }) => [type, member]),
    [['joined', 'bob']],
  );
  assert.equal(hub.memberCount, 2);
  assert.deepEqual(
    [...room.members].map(({ name }) => name.text),
    ['anna', 'bob'],
  );
  hub.unlisten(ear, room);
  enter(hub, 'carl');
  await turn();
  assert.equal(ear.heard.length, 1);
  assert.equal(anna.heard.length, 3);
  assert.equal(hub.deliveryCount, 1 + 3 + 3);
});

test('a room that somebody listens to is there, and goes with the listener', () => {
  const { hub } = testHouse({ rooms: 2 });
  const ear = new Ear();
  const room = hub.listen(ear, '#dev');
  assert.equal(hub.find('DEV'), room);
  assert.throws(() => hub.listen(ear, 'ops'), refused('limit'));
  assert.throws(() => hub.listen(ear, 'a b'), refused('bad-room'));
  hub.unlisten(ear, room);
  hub.unlisten(ear, room);
  assert.equal(hub.find('dev'), undefined);
  assert.notEqual(hub.find('lobby'), undefined, 'the first room stays');
});

test('closing tells listeners, and lets nobody listen or speak', () => {
  const house = testHouse();
  const ear = new Ear();
  house.hub.listen(ear, 'lobby');
  assert.equal(house.hub.close('night'), 0, 'they are no members');
  assert.deepEqual(ear.heard, [{ type: 'dismissed', reason: 'night' }]);
  assert.throws(() => house.hub.listen(ear, 'lobby'), refused('closing'));
  assert.throws(() => post(house, 'a', 'cron'), refused('closing'));
});

test('who does not stay speaks under a name that nobody else has meanwhile', async () => {
  const house = testHouse({ nameHold: 60_000 });
  const { hub, clock } = house;
  const anna = enter(hub, 'anna');
  post(house, 'a', 'Cron', 'done', 'lobby');
  await turn();
  const { id, sender, door, body } = anna.heard.at(-1) as Message;
  assert.deepEqual([id, sender, door, body], [1, 'Cron', 'http', 'done']);
  assert.throws(() => post(house, 'b', 'cron'), refused('name-taken'));
  assert.throws(() => hub.enter(new Ear(), 'tcp', 'CRON'), refused('name-taken'));
  assert.throws(() => post(house, 'a', 'anna'), refused('name-taken'));
  clock.advance(59_999);
  post(house, 'a', 'cron');
  clock.advance(59_999);
  assert.throws(
    () => post(house, 'b', 'cron'),
    (thrown) => refused('name-taken')(thrown) && (thrown as Refusal).wait === 1,
  );
  clock.advance(1);
  post(house, 'b', 'cron');
  assert.deepEqual(
    hub.page(hub.find('lobby')!, null, 9).messages.length,
    1,
    'the rest is said at the end of the turn',
  );
});

test('what is refused takes no name, and makes no room', () => {
  const house = testHouse({ rooms: 1 });
  assert.throws(() => post(house, 'a', 'cron', ' '), refused('bad-body'));
  assert.throws(() => post(house, 'a', 'cron', 'hi', 'a b'), refused('bad-room'));
  assert.throws(() => post(house, 'a', 'c on', 'hi'), refused('bad-name'));
  assert.throws(() => post(house, 'a', 'cron', 'x'.repeat(4_097)), refused('too-long'));
  assert.throws(() => post(house, 'a', 'cron', 'hi', 'dev'), refused('limit'));
  enter(house.hub, 'cron');
});

test('names are held in bounds, and a name speaks at its rate', () => {
  const house = testHouse({ heldNames: 3, heldNamesPerAddress: 2, nameHold: 1_000, rate: 1, burst: 2 });
  post(house, 'a', 'one');
  post(house, 'a', 'two');
  assert.throws(() => post(house, 'a', 'three'), refused('limit'));
  post(house, 'b', 'three');
  assert.throws(() => post(house, 'c', 'four'), refused('limit'));
  post(house, 'a', 'one');
  assert.throws(
    () => post(house, 'a', 'one'),
    (thrown) => refused('rate')(thrown) && (thrown as Refusal).wait === 1_000,
  );
  house.clock.advance(1_000);
  post(house, 'c', 'four');
  post(house, 'a', 'five');
});

test('a guest is not given a name that is held', () => {
  const house = testHouse();
  post(house, 'a', 'guest-1');
  assert.equal(house.hub.enter(new Ear(), 'tcp').name.text, 'guest-2');
});
