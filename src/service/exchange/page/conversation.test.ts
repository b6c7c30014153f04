import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './test-modules.ts';

const { Conversation, WINDOW } = await load('conversation.js');

interface Entry {
  readonly type: string;
  readonly id?: number;
}

const message = (id: number): Entry => ({ type: 'message', id });
const range = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
const ids = (entries: readonly Entry[]): (number | undefined)[] => entries.map(({ id }) => id);

function room(...seen: Entry[]) {
  const conversation = new Conversation('#', 'lobby');
  conversation.begin();
  conversation.caughtUp(seen, null);
  return conversation;
}

test('the first page counts as nothing new; what arrived meanwhile comes behind it, once', () => {
  const conversation = new Conversation('#', 'lobby');
  conversation.begin();
  for (const id of [3, 4]) assert.equal(conversation.live(message(id)), false);
  assert.deepEqual(conversation.caughtUp(range(1, 3), null), { change: 'reset', fresh: [] });
  assert.deepEqual(ids(conversation.entries), [1, 2, 3, 4]);
  assert.equal(conversation.live(message(4)), false);
  assert.equal(conversation.live(message(5)), true);
});

test('after a break the pages join what was seen, and only what is new is told', () => {
  const conversation = room(...range(1, 3));
  conversation.begin();
  conversation.live(message(7));
  assert.equal(conversation.needsMore(range(5, 6), 5), true);
  assert.equal(conversation.needsMore(range(3, 6), 3), false);
  const { change, fresh } = conversation.caughtUp(range(3, 6), 3);
  assert.equal(change, 'append');
  assert.deepEqual(ids(fresh), [4, 5, 6, 7]);
  assert.deepEqual(ids(conversation.entries), [1, 2, 3, 4, 5, 6, 7]);
});

test('a break that was too long shows the newest, and the rest can be fetched', () => {
  const conversation = room(...range(1, 3));
  conversation.begin();
  const { change, fresh } = conversation.caughtUp(range(1_000, 1_010), 1_000);
  assert.equal(change, 'reset');
  assert.equal(fresh.length, 11);
  assert.deepEqual(ids(conversation.entries), ids(range(1_000, 1_010)));
  assert.equal(conversation.before, 1_000);
});

test('an exchange that counts anew is believed', () => {
  const conversation = room(...range(50, 52));
  conversation.begin();
  assert.deepEqual(conversation.caughtUp(range(1, 2), null), { change: 'reset', fresh: [] });
  assert.deepEqual(ids(conversation.entries), [1, 2]);
  assert.equal(conversation.live(message(3)), true);
});

test('a room of which everything was deleted keeps what was seen', () => {
  const conversation = room(...range(1, 3));
  conversation.begin();
  assert.deepEqual(conversation.caughtUp([], null), { change: 'append', fresh: [] });
  assert.deepEqual(ids(conversation.entries), [1, 2, 3]);
});

test('no more than the window is kept, and what is dropped can be fetched again', () => {
  const conversation = room(...range(1, WINDOW));
  assert.equal(conversation.live(message(WINDOW + 1)), true);
  assert.equal(conversation.entries.length, WINDOW);
  assert.equal(conversation.before, 2);
  conversation.prepend([message(1)], null);
  assert.equal(conversation.entries.length, WINDOW);
  assert.equal(conversation.atEnd, false);
  // What comes now is new, but not shown before somebody goes back to the end.
  assert.equal(conversation.live(message(WINDOW + 2)), true);
  assert.equal(conversation.entries.at(-1).id, WINDOW);
  assert.equal(conversation.live(message(WINDOW + 2)), false);
  conversation.forget();
  assert.equal(conversation.caughtUp(range(WINDOW - 9, WINDOW + 2), WINDOW - 9).change, 'reset');
  assert.equal(conversation.atEnd, true);
  assert.equal(conversation.entries.at(-1).id, WINDOW + 2);
});

test('older pages that overlap are not there twice', () => {
  const conversation = room(...range(10, 12));
  assert.deepEqual(ids(conversation.prepend(range(7, 11), 7)), [7, 8, 9]);
  assert.deepEqual(ids(conversation.entries), [7, 8, 9, 10, 11, 12]);
});

test('events that were left out while pages are under way make the pages worthless', () => {
  const conversation = room(...range(1, 3));
  assert.equal(conversation.missed(), true);
  conversation.begin();
  assert.equal(conversation.missed(), false);
  assert.equal(conversation.takeStale(), true);
  assert.equal(conversation.takeStale(), false);
  assert.equal(conversation.caughtUp(range(1, 9), null).change, 'reset');
  assert.deepEqual(ids(conversation.entries), ids(range(1, 9)));
});

test('pages that cannot be had give out what was held', () => {
  const conversation = room(...range(1, 3));
  conversation.begin();
  conversation.live(message(9));
  assert.deepEqual(ids(conversation.giveUp()), [9]);
  assert.equal(conversation.live(message(10)), true);
});

test('what is held while pages are under way is bounded', () => {
  const conversation = room(message(1));
  conversation.begin();
  for (const entry of range(2, WINDOW + 100)) conversation.live(entry);
  assert.equal(conversation.giveUp().length, WINDOW);
});

test('members come, go and change their names', () => {
  const conversation = room();
  const event = (type: string, member: string, more = {}): object => ({ type, member, ...more });
  assert.equal(conversation.meet(event('joined', 'anna', { door: 'tcp' })), false);
  conversation.members = new Map([['anna', 'tcp']]);
  conversation.total = 1;
  conversation.meet(event('joined', 'anna', { door: 'tcp' }));
  conversation.meet(event('joined', 'bob', { door: 'udp' }));
  conversation.meet(event('renamed', 'bob', { name: 'robert' }));
  conversation.meet(event('left', 'anna'));
  assert.deepEqual([...conversation.members], [['robert', 'udp']]);
  assert.equal(conversation.total, 1);
});
