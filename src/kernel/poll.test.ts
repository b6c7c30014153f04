import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetError } from '../core/error.ts';
import * as k from './index.ts';
import { bytesOf, Descriptors, fails, noKernel, ok } from './test-fixture.ts';

test('reports what each descriptor is ready for', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const set = new k.PollSet(1);
  assert.equal(set.add(a, k.POLLIN), 0);
  assert.equal(set.add(b, k.POLLOUT), 1, 'it grows');
  assert.equal(k.poll(set, 0), 1);
  assert.deepEqual([set.revents(0), set.revents(1)], [0, k.POLLOUT]);
  ok(k.send(b, bytesOf('x')));
  set.setEvents(1, 0);
  assert.equal(k.poll(set, -1), 1);
  assert.deepEqual([set.revents(0), set.revents(1)], [k.POLLIN, 0]);
  fds.close(b);
  assert.equal(k.poll(set, 0), 2);
  assert.deepEqual([set.revents(0), set.revents(1)], [k.POLLIN | k.POLLHUP, k.POLLNVAL]);
});

test('entries stay without gaps', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const set = new k.PollSet(2);
  const all = Array.from({ length: 9 }, () => fds.own(k.eventfd()));
  for (const fd of all) set.add(fd, k.POLLIN);
  assert.equal(set.count, 9);
  assert.equal(set.remove(8), -1, 'the last leaves no gap');
  assert.equal(set.remove(2), all[7], 'the last fills the gap');
  assert.deepEqual([set.fd(2), set.events(2), set.count], [all[7], k.POLLIN, 7]);
  ok(k.eventfdSignal(all[7]!));
  ok(k.eventfdSignal(all[2]!));
  assert.equal(k.poll(set, 0), 1, 'what was removed is not polled');
  assert.equal(set.revents(2), k.POLLIN);
  assert.throws(() => set.remove(7), NetError);
  assert.throws(() => set.remove(-1), NetError);
});

test('an empty set times out', { skip: noKernel }, () => {
  assert.equal(k.poll(new k.PollSet(), 0), 0);
});

test('select leaves the ready in its sets', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const [read, write, wanted] = [new k.FdSet(), new k.FdSet(), new k.FdSet()];
  wanted.add(a);
  wanted.add(b);
  ok(k.send(b, bytesOf('x')));
  read.copyFrom(wanted);
  write.copyFrom(wanted);
  assert.equal(k.select(read, write, null, 0), 3);
  assert.deepEqual([read.has(a), read.has(b), write.has(a), write.has(b)], [true, false, true, true]);
  assert.equal(k.select(read, null, null, -1), 1);
  read.delete(a);
  assert.equal(k.select(read, null, null, 0), 0);
  fds.close(a);
  fails(k.select(wanted, null, null, 0), 'EBADF');
});

test('select reports urgent data as an exception', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  ok(k.sendUrgent(client, 1));
  const except = new k.FdSet();
  except.add(server);
  assert.equal(k.select(null, null, except, 10_000), 1);
  assert.equal(except.has(server), true);
});

test('select waits as long as it is told', { skip: noKernel }, () => {
  const before = performance.now();
  assert.equal(k.select(null, null, null, 12.5), 0);
  assert.ok(performance.now() - before >= 12);
});

test('a set knows its highest descriptor', { skip: noKernel }, () => {
  const set = new k.FdSet();
  assert.equal(set.highest, -1);
  for (const fd of [0, 7, 8, 63, 64, 1023]) {
    set.add(fd);
    assert.equal(set.highest, fd);
  }
  set.delete(1023);
  assert.equal(set.highest, 64);
  set.clear();
  assert.equal(set.highest, -1);
});

test('select refuses descriptors beyond its sets', { skip: noKernel }, () => {
  const set = new k.FdSet();
  for (const fd of [1024, 5000, -1, 1.5]) {
    assert.throws(
      () => set.add(fd),
      (error) => error instanceof NetError && error.code === 'limit' && /epoll/.test(error.message),
    );
    assert.throws(() => set.has(fd), NetError);
    assert.throws(() => set.delete(fd), NetError);
  }
});
