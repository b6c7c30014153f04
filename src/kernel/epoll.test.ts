import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as k from './index.ts';
import { bytesOf, Descriptors, fails, noKernel, ok } from './test-fixture.ts';

test('an event carries its descriptor and its generation', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const epfd = fds.own(k.epollCreate1());
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const events = new k.EpollEvents(8);
  ok(k.epollAdd(epfd, a, k.EPOLLIN, 0xffffffff));
  assert.equal(k.epollWait(epfd, events, 0), 0);
  ok(k.send(b, bytesOf('x')));
  assert.equal(k.epollWait(epfd, events, -1), 1);
  assert.equal(events.fd(0), a);
  assert.equal(events.generation(0), 0xffffffff);
  assert.equal(events.events(0), k.EPOLLIN);
});

test('several events are read in place', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const epfd = fds.own(k.epollCreate1());
  const expected = new Map<number, number>();
  for (let generation = 1; generation <= 20; generation++) {
    const fd = fds.own(k.eventfd());
    ok(k.epollAdd(epfd, fd, k.EPOLLIN, generation));
    ok(k.eventfdSignal(fd));
    expected.set(fd, generation);
  }
  const events = new k.EpollEvents(32);
  assert.equal(k.epollWait(epfd, events, 0), 20);
  const seen = new Map<number, number>();
  for (let index = 0; index < 20; index++) seen.set(events.fd(index), events.generation(index));
  assert.deepEqual(seen, expected);

  const few = new k.EpollEvents(15);
  const batches = [k.epollWait(epfd, few, 0), k.epollWait(epfd, few, 0)];
  assert.deepEqual(batches, [15, 15], 'a small array takes turns, and the kernel rotates the ready');
});

test('the generation tells a reused descriptor from the closed one', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const epfd = fds.own(k.epollCreate1());
  const events = new k.EpollEvents(8);
  const first = k.eventfd();
  ok(k.epollAdd(epfd, first, k.EPOLLIN, 1));
  ok(k.close(first));
  const second = fds.own(k.eventfd());
  assert.equal(second, first, 'the lowest free descriptor is given again');
  ok(k.epollAdd(epfd, second, k.EPOLLIN, 2));
  ok(k.eventfdSignal(second));
  assert.equal(k.epollWait(epfd, events, 0), 1);
  assert.equal(events.generation(0), 2);
});

test('a registration can be changed and removed', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const epfd = fds.own(k.epollCreate1());
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const events = new k.EpollEvents(8);
  ok(k.epollAdd(epfd, a, k.EPOLLIN, 1));
  ok(k.epollModify(epfd, a, k.EPOLLOUT, 2));
  assert.equal(k.epollWait(epfd, events, 0), 1);
  assert.deepEqual([events.events(0), events.generation(0)], [k.EPOLLOUT, 2]);
  ok(k.epollModify(epfd, a, 0, 3));
  fds.close(b);
  assert.equal(k.epollWait(epfd, events, 0), 1);
  assert.equal(events.events(0), k.EPOLLHUP, 'a hang-up is reported though nothing was asked');
  ok(k.epollDelete(epfd, a));
  assert.equal(k.epollWait(epfd, events, 0), 0);
});

test('edge-triggered and one-shot registrations report once', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const epfd = fds.own(k.epollCreate1());
  const events = new k.EpollEvents(8);
  for (const mode of [k.EPOLLET, k.EPOLLONESHOT]) {
    const fd = fds.own(k.eventfd());
    ok(k.epollAdd(epfd, fd, k.EPOLLIN | mode));
    ok(k.eventfdSignal(fd));
    assert.deepEqual([k.epollWait(epfd, events, 0), k.epollWait(epfd, events, 0)], [1, 0]);
  }
});

test('misuse is a result', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const epfd = fds.own(k.epollCreate1());
  const fd = fds.own(k.eventfd());
  ok(k.epollAdd(epfd, fd, k.EPOLLIN));
  fails(k.epollAdd(epfd, fd, k.EPOLLIN), 'EEXIST');
  ok(k.epollDelete(epfd, fd));
  fails(k.epollDelete(epfd, fd), 'ENOENT');
  fails(k.epollModify(epfd, fd, k.EPOLLIN), 'ENOENT');
  fails(k.epollAdd(epfd, -1, k.EPOLLIN), 'EBADF');
  fails(k.epollWait(-1, new k.EpollEvents(1), 0), 'EBADF');
});
