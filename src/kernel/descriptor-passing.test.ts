import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { NetError } from '../core/error.ts';
import * as k from './index.ts';
import { bytesOf, Descriptors, fails, noKernel, ok, recvText, textOf } from './test-fixture.ts';

function receive(
  fds: Descriptors,
  fd: number,
  limit?: number,
): { text: string; descriptors: readonly number[] } {
  const room = new Uint8Array(64);
  const received = k.recvDescriptors(fd, room, limit);
  assert.ok(typeof received !== 'number', `recvDescriptors: ${received}`);
  for (const descriptor of received.descriptors) fds.own(descriptor);
  return { text: textOf(room.subarray(0, received.length)), descriptors: received.descriptors };
}

function openCount(): number {
  return readdirSync('/proc/self/fd').length;
}

test('a pipe passes through a socket', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const pipe = fds.pipe();
  ok(k.write(pipe.write, bytesOf('in the pipe')));
  assert.equal(k.sendDescriptors(a, [pipe.read, pipe.write], bytesOf('!')), 1);
  fds.close(pipe.read);
  fds.close(pipe.write);

  const { text, descriptors } = receive(fds, b);
  assert.equal(text, '!');
  assert.equal(descriptors.length, 2);
  for (const descriptor of descriptors) assert.equal(k.isCloseOnExec(descriptor), true);
  const [read, write] = descriptors as [number, number];
  ok(k.write(write, bytesOf(', still')));
  const room = new Uint8Array(32);
  assert.equal(textOf(room.subarray(0, ok(k.read(read, room)))), 'in the pipe, still');
});

test('bytes without descriptors, and the end', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  ok(k.send(a, bytesOf('plain')));
  assert.deepEqual(receive(fds, b), { text: 'plain', descriptors: [] });
  fds.close(a);
  assert.deepEqual(receive(fds, b), { text: '', descriptors: [] });
});

test('messages keep their descriptors apart', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const pipe = fds.pipe();
  ok(k.sendDescriptors(a, [pipe.read], bytesOf('one')));
  ok(k.sendDescriptors(a, [pipe.write, pipe.write, pipe.write], bytesOf('two')));
  const [first, second] = [receive(fds, b), receive(fds, b)];
  assert.deepEqual([first.text, first.descriptors.length], ['one', 1]);
  assert.deepEqual([second.text, second.descriptors.length], ['two', 3]);
});

test('as many as the kernel takes', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_DGRAM);
  const many = Array<number>(k.MAX_PASSED_DESCRIPTORS).fill(a);
  ok(k.sendDescriptors(a, many, bytesOf('x')));
  assert.equal(receive(fds, b, k.MAX_PASSED_DESCRIPTORS).descriptors.length, 253);
});

test('too many are closed and reported', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  for (const count of [2, 5]) {
    ok(k.sendDescriptors(a, Array<number>(count).fill(a), bytesOf('x')));
    const before = openCount();
    const room = new Uint8Array(1);
    assert.throws(
      () => k.recvDescriptors(b, room, 1),
      (error) =>
        error instanceof NetError && error.code === 'limit' && /more than 1 came/.test(error.message),
    );
    assert.equal(openCount(), before, 'none is left open');
    assert.equal(textOf(room), 'x', 'the payload came');
  }
});

test('misuse is told before anything is sent', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM, false);
  assert.throws(() => k.sendDescriptors(a, [], bytesOf('x')), NetError);
  assert.throws(() => k.sendDescriptors(a, Array<number>(254).fill(a), bytesOf('x')), NetError);
  assert.throws(() => k.sendDescriptors(a, [a], new Uint8Array(0)), NetError);
  assert.throws(() => k.recvDescriptors(b, new Uint8Array(1), 0), NetError);
  fails(k.recvDescriptors(b, new Uint8Array(1)), 'EAGAIN');
  fails(k.sendDescriptors(a, [9999], bytesOf('x')), 'EBADF');
});

test('the peer of a Unix socket is known', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a] = fds.pair(k.SOCK_STREAM);
  const ours = { pid: process.pid, uid: process.geteuid!(), gid: process.getegid!() };
  assert.deepEqual(k.peerCredentials(a), ours);

  const listener = fds.socket(k.AF_UNIX, k.SOCK_STREAM);
  ok(k.bind(listener, k.Sockaddr.from({ family: 'unix', path: '', abstract: false })));
  ok(k.listen(listener, 1));
  const name = new k.Sockaddr();
  ok(k.getsockname(listener, name));
  const client = fds.socket(k.AF_UNIX, k.SOCK_STREAM);
  ok(k.connect(client, name));
  const server = fds.own(k.accept4(listener, null, true));
  assert.deepEqual(k.peerCredentials(server), ours);
  assert.deepEqual(k.peerCredentials(client), ours);
  ok(k.send(client, bytesOf('x')));
  assert.equal(recvText(server), 'x');
  fails(k.peerCredentials(-1), 'EBADF');
});
