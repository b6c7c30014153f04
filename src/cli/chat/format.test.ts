import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoomMessage } from '../../service/chat/index.ts';
import { FakeTerminal } from '../../testing/fake-terminal.ts';
import { Format } from './format.ts';

const now = new Date();
now.setHours(14, 2);
const time = now.toISOString();

function message(more: Partial<RoomMessage> = {}): RoomMessage {
  return { type: 'message', id: 1, room: 'lobby', sender: 'bob', time, kind: 'say', body: 'hi', ...more };
}

function plain(rooms: readonly string[] = ['lobby']): Format {
  return new Format(new FakeTerminal(80).output, () => ({ name: 'anna', rooms }));
}

test('messages with time and sender, and with the room where there are several', () => {
  assert.equal(plain().event(message()), '14:02 bob: hi');
  assert.equal(plain().event(message({ kind: 'me', body: 'waves' })), '14:02 * bob waves');
  assert.equal(plain().event(message({ kind: 'notice' })), '14:02 ! bob: hi');
  assert.equal(plain(['lobby', 'dev']).event(message()), '14:02 #lobby bob: hi');
});

test('private messages say from whom and to whom', () => {
  const event = { type: 'private', sender: 'bob', recipient: 'anna', time, body: 'psst' } as const;
  assert.equal(plain().event(event), '14:02 [bob → you] psst');
  assert.equal(plain().event({ ...event, sender: 'anna', recipient: 'bob' }), '14:02 [you → bob] psst');
});

test('presence of others', () => {
  const base = { room: 'lobby', member: 'bob', time };
  assert.equal(plain().event({ type: 'joined', ...base }), '14:02 → bob joined');
  assert.equal(plain().event({ type: 'left', ...base, reason: 'idle' }), '14:02 ← bob left (idle)');
  assert.equal(plain().event({ type: 'renamed', ...base, name: 'rob' }), '14:02 bob is now rob');
  assert.equal(plain().event({ type: 'joined', ...base, member: 'anna' }), null);
});

test('lines of a body stand below one another', () => {
  assert.equal(
    plain().event(message({ body: 'one\r\ntwo\nthree' })),
    '14:02 bob: one\n      two\n      three',
  );
});

test('the past has a frame, and a gap is said', () => {
  const past = { type: 'past', room: 'lobby', messages: [message()], gap: false, again: false } as const;
  assert.equal(plain().event(past), '— earlier in #lobby —\n14:02 bob: hi\n— now —');
  assert.equal(plain().event({ ...past, again: true }), '— meanwhile in #lobby —\n14:02 bob: hi');
  assert.match(String(plain().event({ ...past, gap: true, again: true })), /missing here.*\n14:02 bob: hi/);
  assert.equal(plain().event({ ...past, messages: [] }), null);
});

test('the first message of another day has its date above it', () => {
  const format = plain();
  const other = new Date(2020, 4, 6, 7, 8).toISOString();
  assert.equal(format.event(message({ time: other })), '— 2020-05-06 —\n07:08 bob: hi');
  assert.equal(format.event(message({ time: other })), '07:08 bob: hi');
});

test('nothing that the server says reaches the terminal as a command', () => {
  const evil = '\x1b[2J\x9b1m\u202e\x07';
  const format = plain(['lobby', 'dev']);
  const base = { room: evil, member: evil, time };
  const shown = [
    format.event(message({ sender: evil, body: evil, room: evil, time: evil })),
    format.event(message({ sender: evil, body: evil, kind: 'notice' })),
    format.event({ type: 'private', sender: evil, recipient: evil, time, body: evil }),
    format.event({ type: 'joined', ...base }),
    format.event({ type: 'left', ...base, reason: evil }),
    format.event({ type: 'renamed', ...base, name: evil }),
    format.event({ type: 'past', room: evil, messages: [message({ body: evil })], gap: true, again: true }),
    format.event({ type: 'entered', value: evil }),
    format.event({ type: 'exited', value: evil }),
    format.event({ type: 'named', value: evil }),
    format.rooms([{ room: evil, members: 1, joined: true }]),
    format.members({ type: 'members', room: evil, members: [{ member: evil, door: evil }], total: 1 }),
    format.history([message({ body: evil })]),
  ];
  for (const text of shown) assert.doesNotMatch(String(text), /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});

test('a name has one colour, wherever colours are shown', () => {
  const terminal = Object.assign(new FakeTerminal(80), { getColorDepth: () => 8, hasColors: () => true });
  const before = process.env;
  process.env = { ...before, FORCE_COLOR: '1' };
  delete process.env.NO_COLOR;
  try {
    const format = new Format(terminal.output, () => ({ name: 'anna', rooms: ['lobby'] }));
    assert.match(format.who('bob'), /^\x1b\[\d+mbob\x1b\[39m$/);
    assert.equal(format.who('bob'), format.who('bob'));
    assert.notEqual(format.who('bob'), format.who('carol'));
  } finally {
    process.env = before;
  }
});
