import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetError } from '../core/error.ts';
import * as k from './index.ts';
import { bytesOf, Descriptors, fails, noKernel, ok, ready, recvText, textOf } from './test-fixture.ts';

test('reads and writes bytes', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const pipe = fds.pipe();
  assert.equal(k.write(pipe.write, bytesOf('hello')), 5);
  const room = new Uint8Array(8);
  assert.equal(k.read(pipe.read, room), 5);
  assert.equal(textOf(room), 'hello\0\0\0');
  fds.close(pipe.write);
  assert.equal(k.read(pipe.read, room), 0, 'the end');
});

test('a view into a larger buffer is its own bytes only', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  assert.equal(k.send(a, bytesOf('__hello__').subarray(2, 7)), 5);
  const room = new Uint8Array(12).fill(0x2e);
  assert.equal(k.recv(b, room.subarray(3, 7)), 4);
  assert.equal(textOf(room), '...hell.....');
});

test('native memory at an address', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const memory = new k.Memory(256);
  memory.bytes.set(bytesOf('0123456789'));
  assert.equal(k.sendAt(a, memory.address + 2, 3), 3);
  assert.equal(k.writeAt(a, memory.address + 5, 2), 2);
  assert.equal(k.recvAt(b, memory.address + 100, 4), 4);
  assert.equal(k.readAt(b, memory.address + 104, 50), 1);
  assert.equal(textOf(memory.bytes.subarray(99, 106)), '\x0023456\0');
});

test('memory holds 64-bit values', { skip: noKernel }, () => {
  const memory = new k.Memory(8);
  for (const value of [0, 1, 0xffffffff, 2 ** 32, 2 ** 47 - 1]) {
    memory.setUint64(0, value);
    assert.equal(memory.view.getBigUint64(0, true), BigInt(value));
  }
});

test('flags pass through', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  ok(k.send(a, bytesOf('peek')));
  assert.equal(recvText(b, 10, k.MSG_PEEK), 'peek');
  assert.equal(recvText(b, 10), 'peek');
  fails(k.recv(b, new Uint8Array(1), k.MSG_DONTWAIT), 'EAGAIN');
});

test('failures are results, not exceptions', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  fds.close(b);
  const one = bytesOf('x');
  const memory = new k.Memory(8);
  const vector = new k.IoVector(1);
  vector.add(one);
  fails(k.send(a, one), 'EPIPE');
  fails(k.sendAt(a, memory.address, 1), 'EPIPE');
  fails(k.write(a, one), 'EPIPE');
  fails(k.writev(a, vector), 'EPIPE');
  for (const call of [k.read, k.write, k.recv, k.send]) fails(call(-1, one), 'EBADF');
  for (const call of [k.readAt, k.writeAt, k.recvAt, k.sendAt]) fails(call(-1, memory.address, 1), 'EBADF');
  for (const call of [k.readv, k.writev]) fails(call(-1, vector), 'EBADF');
});

test('a partial writev goes on where it stopped', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM, false);
  // Larger together than any buffer of a socket pair, and with parts that end on no boundary of anything.
  const parts = Array.from({ length: 60 }, (_, index) => new Uint8Array(index * 1777).fill(index + 1));
  const vector = new k.IoVector();
  for (const part of parts) assert.equal(vector.add(part), true);
  const received: Uint8Array[] = [];
  const room = new Uint8Array(10_007);
  let partial = 0;
  while (vector.count > 0) {
    const count = k.writev(a, vector);
    if (count === -k.EAGAIN) {
      received.push(room.slice(0, ok(k.recv(b, room))));
      continue;
    }
    vector.advance(ok(count));
    if (vector.count > 0) partial++;
  }
  assert.ok(partial > 0, 'nothing was partial, so nothing was tested');
  fds.close(a);
  for (let count = ok(k.recv(b, room)); count > 0; count = ok(k.recv(b, room)))
    received.push(room.slice(0, count));
  assert.deepEqual(Buffer.concat(received), Buffer.concat(parts));
});

test('readv fills its parts in order', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  ok(k.send(a, bytesOf('abcdefgh')));
  const parts = [new Uint8Array(3), new Uint8Array(1), new Uint8Array(10)];
  const vector = new k.IoVector(3);
  for (const part of parts) vector.add(part);
  assert.equal(k.readv(b, vector), 8);
  assert.deepEqual(parts.map(textOf), ['abc', 'd', 'efgh\0\0\0\0\0\0']);
});

test('a vector takes offsets, addresses, and no more than it holds', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const memory = new k.Memory(64);
  memory.bytes.set(bytesOf('native'));
  const vector = new k.IoVector(3);
  assert.equal(vector.add(bytesOf('user'), 1), true);
  assert.equal(vector.addAt(memory.address + 1, 3), true);
  assert.equal(vector.add(new Uint8Array(0)), true);
  assert.equal(vector.isFull, true);
  assert.equal(vector.add(bytesOf('x')), false);
  assert.equal(vector.addAt(memory.address, 1), false);
  assert.equal(k.writev(a, vector), 6);
  assert.equal(recvText(b), 'serati');
  vector.advance(4);
  assert.equal(k.writev(a, vector), 2);
  assert.equal(recvText(b), 'ti');
  vector.advance(2);
  assert.equal(vector.count, 0);
  assert.equal(vector.isFull, false, 'an empty vector has all its room again');
  for (const capacity of [0, 1025, 1.5]) assert.throws(() => new k.IoVector(capacity), NetError);
});

test('pipes have a size, which can be set', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const pipe = fds.pipe(false);
  const size = ok(k.getPipeSize(pipe.read));
  assert.equal(k.setPipeSize(pipe.write, size * 2), size * 2);
  assert.equal(k.getPipeSize(pipe.read), size * 2);
  fails(k.getPipeSize(fds.pair(k.SOCK_STREAM)[0]), 'EBADF');
});

test('an eventfd counts signals and is drained at once', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = fds.own(k.eventfd());
  fails(k.eventfdDrain(fd), 'EAGAIN');
  ok(k.eventfdSignal(fd));
  ok(k.eventfdSignal(fd));
  assert.equal(ready(fd, k.POLLIN), k.POLLIN);
  assert.equal(k.eventfdDrain(fd), 2);
  fails(k.eventfdDrain(fd), 'EAGAIN');
  fails(k.eventfdSignal(-1), 'EBADF');
});

test('queues of a socket can be measured', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  ok(k.send(client, bytesOf('12345')));
  ready(server, k.POLLIN);
  assert.equal(k.receiveQueued(server), 5);
  const [a, b] = fds.pair(k.SOCK_DGRAM);
  assert.equal(k.sendQueued(a), 0);
  ok(k.send(a, bytesOf('one')));
  ok(k.send(a, bytesOf('three')));
  assert.equal(k.receiveQueued(b), 3, 'the next datagram only');
  assert.ok(k.sendQueued(a) > 0);
  fails(k.sendQueued(-1), 'EBADF');
});
