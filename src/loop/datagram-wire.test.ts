import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AF_INET6,
  AF_UNIX,
  bind,
  close,
  connect,
  getsockname,
  kernelAvailable,
  recv,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  Sockaddr,
  send,
  setsockopt,
  socket,
  socketpair,
} from '../kernel/index.ts';
import { type DatagramHandler, DatagramWire } from './datagram-wire.ts';
import { READABLE } from './poller.ts';
import { StandingLoop } from './standing-loop.ts';

const skip = kernelAvailable() ? false : 'needs Linux';
const loopback = kernelAvailable() ? ipv6Loopback() : null;

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

test('a datagram that the system can never buffer is dropped, told and counted, and the next one leaves', {
  skip: loopback === null && 'needs Linux with IPv6',
}, async () => {
  const { near, far } = loopback!;
  // The longest of IPv6 goes over loopback in two fragments, and the smallest buffer has no room for the second.
  setsockopt(near, SOL_SOCKET, SO_SNDBUF, Uint8Array.of(1, 0, 0, 0));
  const loop = new StandingLoop();
  const wire = new DatagramWire(near, loop, 2048, 'udp://[::1]:1');
  const told: unknown[] = [];
  wire.start({ onDatagram() {}, onError: (error) => told.push(error.errno), onDrain() {} });
  wire.push(new Uint8Array(65_527), null);
  wire.push(Buffer.from('next'), null);
  const got = new Uint8Array(65_527);
  let length = 0;
  const stop = (): void => {
    wire.close();
    loop.unwatch(far);
  };
  const onReady = (): void => {
    length = recv(far, got);
    stop();
  };
  loop.watch(far, READABLE, { onReady });
  // Only for a wire that would otherwise try for ever.
  loop.after(5_000, stop, { background: true });
  await loop.run();
  close(far);
  assert.equal(length, 4);
  assert.deepEqual(told, ['ENOBUFS']);
  assert.equal(wire.dropped.unsent, 1);
});

/** Two sockets on ::1, the first connected to the second; `null` without IPv6. */
function ipv6Loopback(): { near: number; far: number } | null {
  const at = Sockaddr.from({ family: 'ipv6', host: '::1', port: 0 });
  const far = socket(AF_INET6, SOCK_DGRAM);
  if (bind(far, at) < 0) {
    close(far);
    return null;
  }
  getsockname(far, at);
  const near = socket(AF_INET6, SOCK_DGRAM);
  connect(near, at);
  return { near, far };
}
