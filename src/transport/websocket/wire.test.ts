import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocketEndpoint } from '../../protocol/websocket/index.ts';
import { scripted } from '../../testing/scripted-wire.ts';
import { WebSocketWire } from './wire.ts';

/** What a wire that is paused has asked for after so many pings were due, when `pending` bytes wait for the peer at each. */
function askedOf(pending: readonly number[]): string[] {
  const { wire, clock, connection } = scripted();
  const endpoint = new WebSocketEndpoint(
    { role: 'server', pingInterval: 1_000, pongTimeout: 1_000 },
    clock.now(),
  );
  const socket = new WebSocketWire(connection, endpoint, clock);
  socket.start({ onMessage() {}, onDrain() {}, onClose() {} });
  socket.pause();
  for (const bytes of pending) {
    wire.pending = bytes;
    clock.advance(1_000);
  }
  return wire.asked.filter((what) => what === 'abort' || what === 'end');
}

test('a peer is not missed while nobody reads it', () => {
  assert.deepEqual(askedOf([0, 0, 0, 0, 0, 0]), []);
});

test('a peer that slowly takes what it is sent is not missed either', () => {
  assert.deepEqual(askedOf([600, 500, 400, 300, 200, 100]), []);
});

test('a peer that takes nothing is gone after a ping, though nobody reads it', () => {
  assert.notDeepEqual(askedOf([500, 500, 500, 500]), []);
});
