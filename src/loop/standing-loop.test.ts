import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AF_UNIX, close, kernelAvailable, read, SOCK_STREAM, socketpair, write } from '../kernel/index.ts';
import { type PollerName, READABLE } from './poller.ts';
import { StandingLoop } from './standing-loop.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('with nothing to wait for it ends at once', { skip }, async () => {
  await new StandingLoop().run();
});

test('promises run to their end between two turns, and Node stands still', {
  skip,
}, async () => {
  const loop = new StandingLoop();
  const seen: string[] = [];
  setImmediate(() => seen.push('node'));
  loop.after(1, async () => {
    seen.push('first');
    // Longer than any fixed number of turns would do for.
    for (let hop = 0; hop < 100; hop++) await null;
    seen.push('hundred hops');
  });
  await loop.run();
  assert.deepEqual(seen, ['first', 'hundred hops']);
});

test('a cancelled timer and a background timer do not keep it', { skip }, async () => {
  const loop = new StandingLoop();
  const fail = (): void => assert.fail('must not fire');
  loop.after(3_600_000, fail).cancel();
  loop.after(3_600_000, fail, { background: true });
  await loop.run();
});

test('tasks run once each, and one that adds another does not keep I/O away', { skip }, async () => {
  const loop = new StandingLoop();
  const [near, far] = pair();
  let tasks = 0;
  loop.watch(near, READABLE, {
    onReady() {
      loop.unwatch(near);
      close(near);
      close(far);
      loop.stop();
    },
  });
  const again = (): void => {
    tasks++;
    loop.defer(again);
  };
  loop.defer(again);
  write(far, Uint8Array.of(1));
  await loop.run();
  assert.ok(tasks >= 1);
});

for (const poller of ['select', 'poll', 'epoll'] satisfies PollerName[]) {
  test(`${poller}: an event for a descriptor that was closed and reused in the same batch is dropped`, {
    skip,
  }, async () => {
    const loop = new StandingLoop({ poller });
    const first = pair();
    const second = pair();
    const served: string[] = [];
    const opened: number[] = [];
    const stop = (name: string, own: [number, number], other: [number, number]) => (): void => {
      served.push(name);
      for (const fd of [own[0], other[0]]) {
        loop.forget(fd);
        close(fd);
      }
      // The lowest free numbers are given again: those of the two that were just closed.
      const [near, far] = pair();
      opened.push(near, far, own[1], other[1]);
      loop.watch(near, READABLE, { onReady: () => served.push('stale') });
      loop.after(0, () => loop.stop());
    };
    loop.watch(first[0], READABLE, { onReady: stop('one', first, second) });
    loop.watch(second[0], READABLE, { onReady: stop('one', second, first) });
    for (const [, far] of [first, second]) write(far, Uint8Array.of(1));
    await loop.run();
    assert.deepEqual(served, ['one']);
    for (const fd of opened) close(fd);
  });
}

test('a handler that throws is reported and the rest of the batch is served', { skip }, async () => {
  const loop = new StandingLoop();
  const pairs = [pair(), pair()];
  let served = 0;
  const reported: unknown[] = [];
  const listeners = process.rawListeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => reported.push(error));
  for (const [near, far] of pairs) {
    write(far, Uint8Array.of(1));
    loop.watch(near, READABLE, {
      onReady() {
        loop.forget(near);
        close(near);
        close(far);
        served++;
        if (served === 1) throw new Error('of the handler');
      },
    });
  }
  await loop.run();
  for (const listener of listeners)
    process.on('uncaughtException', listener as NodeJS.UncaughtExceptionListener);
  assert.equal(served, 2);
  assert.match(String(reported[0]), /of the handler/);
});

test('the lag of a turn includes the promises that it settled', { skip }, async () => {
  const loop = new StandingLoop();
  loop.after(0, async () => {
    await null;
    const until = loop.now() + 5;
    while (loop.now() < until);
  });
  await loop.run();
  assert.ok(loop.lag.max >= 5, `lag ${loop.lag.max}`);
});

test('the lag is the time that turns take, not the time that they wait', { skip }, async () => {
  const loop = new StandingLoop();
  const [near, far] = pair();
  loop.watch(near, READABLE, {
    onReady() {
      read(near, new Uint8Array(8));
      const until = loop.now() + 5;
      while (loop.now() < until);
      loop.unwatch(near);
    },
  });
  loop.after(20, () => write(far, Uint8Array.of(1)));
  await loop.run();
  close(near);
  close(far);
  assert.ok(loop.lag.max >= 5, `lag ${loop.lag.max}`);
  assert.ok(loop.lag.mean > 0 && loop.lag.last >= 0);
});

test('run again is the same run', { skip }, async () => {
  const loop = new StandingLoop();
  let fired = false;
  loop.after(1, () => {
    fired = true;
  });
  void loop.run();
  await loop.run();
  assert.ok(fired);
});

test('when it has ended, what was watched can be given back, and nothing else is touched', {
  skip,
}, async () => {
  const loop = new StandingLoop();
  const [near, far] = pair();
  const handler = { onReady: (): void => {} };
  loop.watch(near, READABLE, handler);
  loop.stop();
  await loop.run();
  // Takes the number of the poller that was closed, and watches the same descriptor.
  const other = new StandingLoop();
  let served = 0;
  other.watch(near, READABLE, {
    onReady() {
      served++;
      other.stop();
    },
  });
  loop.modify(near, 0);
  loop.unwatch(near);
  write(far, Uint8Array.of(1));
  await other.run();
  assert.equal(served, 1);
  close(near);
  close(far);
});

test('timers that are due at once do not keep I/O away', { skip }, async () => {
  const loop = new StandingLoop();
  const [near, far] = pair();
  const again = (): void => void loop.after(0, again);
  again();
  loop.watch(near, READABLE, { onReady: () => loop.stop() });
  write(far, Uint8Array.of(1));
  await loop.run();
  close(near);
  close(far);
});

function pair(): [number, number] {
  const fds = socketpair(AF_UNIX, SOCK_STREAM);
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  return fds;
}
