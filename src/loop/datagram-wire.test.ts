import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_UNIX, close, kernelAvailable, recv, SOCK_DGRAM, send, socketpair } from '../kernel/index.ts';
import { type DatagramHandler, DatagramWire } from './datagram-wire.ts';
import { READABLE } from './poller.ts';
import { StandingLoop } from './standing-loop.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

function rig(handler: Partial<DatagramHandler>) {
  const fds = socketpair(AF_UNIX, SOCK_DGRAM);
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  const loop = new StandingLoop();
  const wire = new DatagramWire(fds[0], loop, 2048, 'a pair');
  const start = (): void =>
    wire.start({ onDatagram() {}, onError: (error) => assert.fail(error), onDrain() {}, ...handler });
  return { loop, wire, far: fds[1], start };
}

test('a handler that throws loses its own datagram and not the rest of the batch', { skip }, async () => {
  const seen: number[] = [];
  const reported: unknown[] = [];
  const listeners = process.rawListeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => reported.push(error));
  const { loop, wire, far, start } = rig({
    onDatagram(data) {
      seen.push(data[0]!);
      if (data[0] === 3) wire.close();
      if (data[0] === 1) throw new Error('of the handler');
    },
  });
  start();
  for (const byte of [1, 2, 3]) send(far, Uint8Array.of(byte));
  await loop.run();
  process.removeAllListeners('uncaughtException');
  for (const listener of listeners)
    process.on('uncaughtException', listener as NodeJS.UncaughtExceptionListener);
  close(far);
  assert.deepEqual(seen, [1, 2, 3]);
  assert.match(String(reported), /^Error: of the handler$/);
});

test('a wire that is full before it is started drains once it is', { skip }, async () => {
  const { loop, wire, far, start } = rig({
    onDrain() {
      wire.close();
      loop.unwatch(far);
    },
  });
  while (wire.push(new Uint8Array(1000), null));
  start();
  const sink = new Uint8Array(2000);
  loop.watch(far, READABLE, { onReady: () => void recv(far, sink) });
  await loop.run();
  assert.equal(wire.dropped.unsent, 0);
  close(far);
});
