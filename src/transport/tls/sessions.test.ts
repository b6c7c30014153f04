import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_SESSIONS, Sessions } from './sessions.ts';

const bytes = (value: number): Uint8Array => Uint8Array.of(value);

test('a session serves once, and the latest counts', () => {
  const sessions = new Sessions();
  sessions.put('a', bytes(1));
  sessions.put('a', bytes(2));
  assert.deepEqual(sessions.take('a'), bytes(2));
  assert.equal(sessions.take('a'), undefined);
});

test('the oldest goes when there are too many', () => {
  const sessions = new Sessions();
  for (let peer = 0; peer <= MAX_SESSIONS; peer++) sessions.put(`peer ${peer}`, bytes(peer));
  assert.equal(sessions.take('peer 0'), undefined);
  assert.deepEqual(sessions.take('peer 1'), bytes(1));
  assert.deepEqual(sessions.take(`peer ${MAX_SESSIONS}`), bytes(MAX_SESSIONS));
});
