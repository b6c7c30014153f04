import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DATAGRAM_BYTES, JsonDatagrams, TextDatagrams } from './datagram-format.ts';
import type { Batch, Message } from './event.ts';
import { toJson } from './json-format.ts';
import type { Reply } from './protocol.ts';
import { Ear, WALL_TIME } from './test-house.ts';

const json = new JsonDatagrams();
const text = new TextDatagrams();

function message(id: number, body: string): Message {
  return {
    type: 'message',
    id,
    room: 'lobby',
    sender: 'anna',
    time: WALL_TIME,
    kind: 'say',
    body,
    door: 'tcp',
  };
}

function batchOf(...events: Message[]): Batch {
  return { events, by: events.map(() => null) };
}

function parse(datagram: Uint8Array): Record<string, unknown> {
  return JSON.parse(Buffer.from(datagram).toString()) as Record<string, unknown>;
}

test('what fits goes as it is, one event a datagram', () => {
  const batch = batchOf(message(1, 'hi'), message(2, 'there'));
  const datagrams = json.batch(batch);
  assert.deepEqual(
    datagrams.map((one) => Buffer.from(one).toString()),
    batch.events.map(toJson),
  );
  assert.equal(json.batch(batch), datagrams, 'a batch is written once');
  assert.deepEqual(
    text.batch(batch, new Ear()).map((one) => Buffer.from(one).toString()),
    ['#lobby <anna> hi\n', '#lobby <anna> there\n'],
  );
});

test('who typed it is not sent it again as text', () => {
  const ear = new Ear();
  const batch: Batch = { events: [message(1, 'mine'), message(2, 'yours')], by: [ear, null] };
  assert.deepEqual(
    text.batch(batch, ear).map((one) => Buffer.from(one).toString()),
    ['#lobby <anna> yours\n'],
  );
});

test('any message fits after all, still is what it was, and says that it was cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 4096 }), fc.nat(20), (unit, times) => {
      const body = unit
        .toWellFormed()
        .repeat(times + 1)
        .slice(0, 4096)
        .toWellFormed();
      const [datagram] = json.batch(batchOf(message(7, body)));
      const [line] = text.batch(batchOf(message(7, body)), new Ear());
      assert.ok(datagram!.length <= DATAGRAM_BYTES && line!.length <= DATAGRAM_BYTES);
      const { cut, ...rest } = parse(datagram!);
      assert.equal(rest.id, 7);
      if (cut === undefined) assert.equal(rest.body, body);
      else assert.ok(String(rest.body).endsWith('…') && String(rest.body).length > 1);
      assert.equal(line!.at(-1), 0x0a);
    }),
  );
});

test('lists lose what does not fit, and a history says where to go on', () => {
  const messages = Array.from({ length: 100 }, (_, index) => message(index + 1, `body ${index}`));
  const history = parse(json.reply({ type: 'history', room: 'lobby', messages, before: null }));
  const kept = history.messages as Message[];
  assert.ok(kept.length > 3 && kept.at(-1)?.id === 100);
  assert.equal(history.before, kept[0]?.id);
  const members = Array.from({ length: 300 }, (_, index) => ({ member: `member-${index}`, door: 'tcp' }));
  const who = parse(json.reply({ type: 'members', room: 'lobby', members, total: 300 }));
  assert.ok((who.members as unknown[]).length > 10);
  assert.equal(who.total, 300);
  const rooms = Array.from({ length: 300 }, (_, index) => ({ room: `r${index}`, members: 1, joined: false }));
  assert.ok((parse(json.reply({ type: 'rooms', rooms })).rooms as unknown[]).length > 10);
  const long: Reply = {
    type: 'history',
    room: 'lobby',
    messages: [message(1, '\0'.repeat(4096))],
    before: null,
  };
  const only = json.reply(long);
  assert.ok(only.length <= DATAGRAM_BYTES);
  assert.equal((parse(only).messages as Message[])[0]?.cut, true);
});
