import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  close,
  encodeSockaddr,
  kernelAvailable,
  recv,
  SOCK_DGRAM,
  socketpair,
} from '../kernel/index.ts';
import { DatagramWire, SEND_QUEUE } from './datagram-wire.ts';
import { RemoteCache } from './remote.ts';
import { StandingLoop } from './standing-loop.ts';

const options = { timeout: 20_000, skip: kernelAvailable() ? false : 'needs Linux' };

/** A wire on one of two joined sockets, whose queue is short (unix(7), max_dgram_qlen), and the other descriptor. */
function joined() {
  const loop = new StandingLoop();
  const pair = socketpair(AF_UNIX, SOCK_DGRAM);
  assert.ok(typeof pair !== 'number');
  const wire = new DatagramWire(pair[0], loop, 1500, 'the other socket');
  const calls: string[] = [];
  wire.start({
    onDatagram: (data) => calls.push(`data ${Buffer.from(data)}`),
    onError: (error) => calls.push(`error ${error.errno}`),
    onDrain: () => calls.push('drain'),
  });
  return { loop, wire, calls, peer: pair[1] };
}

function numbered(index: number): Uint8Array {
  return new TextEncoder().encode(String(index));
}

/** Takes what waits at the descriptor. */
function drainInto(peer: number, seen: string[]): void {
  const bytes = new Uint8Array(100);
  for (let count = recv(peer, bytes); count > 0; count = recv(peer, bytes))
    seen.push(Buffer.from(bytes.subarray(0, count)).toString());
}

test('a full socket makes push ask to wait, keeps the order, and drains', options, async () => {
  const { loop, wire, calls, peer } = joined();
  const count = 500;
  let room = true;
  for (let index = 0; index < count; index++) room = wire.push(numbered(index), null);
  assert.equal(room, false);
  const seen: string[] = [];
  const reading = (): void => {
    drainInto(peer, seen);
    if (seen.length < count) loop.after(0, reading);
    else loop.after(0, () => loop.stop());
  };
  loop.after(0, reading);
  await loop.run();
  assert.deepEqual(
    seen,
    Array.from({ length: count }, (_, index) => String(index)),
  );
  assert.deepEqual(calls, ['drain']);
  assert.equal(wire.dropped.unsent, 0);
  wire.close();
  close(peer);
});

test('beyond the queue datagrams are dropped and counted; so is what is left at the close', options, () => {
  const { wire, peer } = joined();
  const count = 3 * SEND_QUEUE;
  for (let index = 0; index < count; index++) wire.push(numbered(index), null);
  assert.ok(wire.dropped.unsent > SEND_QUEUE, `${wire.dropped.unsent} were dropped`);
  wire.close();
  const seen: string[] = [];
  drainInto(peer, seen);
  assert.equal(seen.length + wire.dropped.unsent, count);
  assert.equal(wire.push(numbered(1), null), false);
  close(peer);
});

test('one that the system does not take is dropped and told, and the next leaves', options, () => {
  const { wire, calls, peer } = joined();
  wire.push(new Uint8Array(4 * 1024 * 1024), null);
  wire.push(numbered(2), null);
  wire.close();
  const seen: string[] = [];
  drainInto(peer, seen);
  assert.deepEqual(seen, ['2']);
  assert.deepEqual(calls, ['error EMSGSIZE']);
  assert.equal(wire.dropped.unsent, 1);
  close(peer);
});

test('a peer is one object while it is remembered, and told from its neighbours', options, () => {
  const cache = new RemoteCache('udp');
  const encoded = (host: string, port: number, family: 'ipv4' | 'ipv6'): Uint8Array => {
    const bytes = new Uint8Array(128);
    return bytes.subarray(0, encodeSockaddr({ family, host, port }, bytes));
  };
  const peers = [
    encoded('127.0.0.1', 7000, 'ipv4'),
    encoded('127.0.0.1', 7001, 'ipv4'),
    encoded('127.0.0.2', 7000, 'ipv4'),
    encoded('255.255.255.255', 65535, 'ipv4'),
    encoded('::1', 7000, 'ipv6'),
    encoded('::2', 7000, 'ipv6'),
  ];
  assert.equal(peers[0]![0], AF_INET);
  assert.equal(peers[4]![0], AF_INET6);
  const remotes = peers.map((raw) => cache.get(raw));
  assert.equal(new Set(remotes).size, peers.length);
  for (const [index, raw] of peers.entries()) assert.equal(cache.get(raw), remotes[index]);
  assert.deepEqual(remotes.map(String), [
    'udp://127.0.0.1:7000',
    'udp://127.0.0.1:7001',
    'udp://127.0.0.2:7000',
    'udp://255.255.255.255:65535',
    'udp://[::1]:7000',
    'udp://[::2]:7000',
  ]);
  assert.equal(remotes[4]!.family, 6);
  for (let port = 1; port <= 2000; port++) cache.get(encoded('10.0.0.1', port, 'ipv4'));
  const again = cache.get(peers[0]!);
  assert.notEqual(again, remotes[0]);
  assert.equal(String(again), String(remotes[0]));
});
