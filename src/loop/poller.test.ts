import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_UNIX, close, kernelAvailable, SOCK_STREAM, socketpair, write } from '../kernel/index.ts';
import { EpollPoller } from './epoll-poller.ts';
import { PollPoller } from './poll-poller.ts';
import { HUNG_UP, type Poller, READABLE, WRITABLE } from './poller.ts';
import { SelectPoller } from './select-poller.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

for (const Kind of [SelectPoller, PollPoller, EpollPoller]) {
  test(`${Kind.name}: tells what is ready, with the generation it was given`, { skip }, () => {
    withPair(Kind, (poller, near, far) => {
      poller.add(near, READABLE, 7);
      assert.equal(poller.wait(0), 0);
      write(far, Uint8Array.of(1));
      assert.equal(poller.wait(-1), 1);
      assert.deepEqual(event(poller), { fd: near, events: READABLE, generation: 7 });
    });
  });

  test(`${Kind.name}: reports what is asked for only, and stops when removed`, { skip }, () => {
    withPair(Kind, (poller, near, far) => {
      poller.add(near, WRITABLE, 1);
      assert.equal(poller.wait(0), 1);
      assert.equal(event(poller).events, WRITABLE);
      poller.modify(near, READABLE, 1);
      assert.equal(poller.wait(0), 0);
      write(far, Uint8Array.of(1));
      poller.remove(near);
      assert.equal(poller.wait(0), 0);
    });
  });

  test(`${Kind.name}: serves many at once and survives removals in between`, { skip }, () => {
    const poller = new Kind();
    const pairs = Array.from({ length: 50 }, pair);
    for (const [index, [near, far]] of pairs.entries()) {
      poller.add(near, READABLE, index);
      write(far, Uint8Array.of(1));
    }
    for (const [near] of pairs.slice(0, 20)) poller.remove(near);
    const count = poller.wait(0);
    const ready = Array.from({ length: count }, (_, index) => poller.readyGeneration(index));
    assert.deepEqual(
      ready.sort((a, b) => a - b),
      Array.from({ length: 30 }, (_, index) => index + 20),
    );
    for (const both of pairs) for (const fd of both) close(fd);
    poller.close();
  });
}

for (const Kind of [PollPoller, EpollPoller]) {
  test(`${Kind.name}: a hang-up is reported without being asked for`, { skip }, () => {
    withPair(Kind, (poller, near, far) => {
      poller.add(near, 0, 1);
      close(far);
      assert.equal(poller.wait(0), 1);
      assert.notEqual(event(poller).events & HUNG_UP, 0);
    });
  });
}

test('SelectPoller: a descriptor of 1,024 and more is refused with the way out', { skip }, () => {
  const poller = new SelectPoller();
  assert.throws(() => poller.add(1024, READABLE, 1), /limit|1023.*use the poller epoll or poll/);
  assert.equal(poller.wait(0), 0);
});

function pair(): [number, number] {
  const fds = socketpair(AF_UNIX, SOCK_STREAM);
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  return fds;
}

function withPair(Kind: new () => Poller, run: (poller: Poller, near: number, far: number) => void): void {
  const poller = new Kind();
  const [near, far] = pair();
  run(poller, near, far);
  close(near);
  close(far);
  poller.close();
}

function event(poller: Poller): { fd: number; events: number; generation: number } {
  return { fd: poller.readyFd(0), events: poller.readyEvents(0), generation: poller.readyGeneration(0) };
}
