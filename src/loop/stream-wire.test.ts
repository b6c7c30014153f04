import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { namedAddress } from '../core/address.ts';
import type { Wire } from '../core/contract.ts';
import { PENDING_LIMIT } from '../core/pending.ts';
import {
  AF_INET,
  AF_UNIX,
  accept4,
  bind,
  close,
  connect,
  EBADF,
  ENOMEM,
  errnoName,
  getsockname,
  kernelAvailable,
  kernelError,
  listen,
  MSG_OOB,
  read,
  SHUT_WR,
  SO_LINGER,
  SO_SNDBUF,
  SOCK_STREAM,
  SOL_SOCKET,
  Sockaddr,
  send,
  setsockopt,
  shutdown,
  socket,
  socketpair,
  type TcpState,
  tcpInfo,
  write,
} from '../kernel/index.ts';
import { Recorder } from '../testing/recorder.ts';
import type { PollerName } from './poller.ts';
import { ReadBuffer } from './read-buffer.ts';
import { StandingLoop } from './standing-loop.ts';
import { StreamWire } from './stream-wire.ts';

const skip = kernelAvailable() ? false : 'needs Linux';
const endpoints = { local: namedAddress('memory', 'near'), remote: namedAddress('memory', 'far') };
const open = new Set<number>();

afterEach(() => {
  for (const fd of open) close(fd);
  open.clear();
});

test('bytes, the end of the peer, our own end: a clean close', { skip }, async () => {
  const { loop, wire, far, recorder } = unixWire();
  recorder.onEvent = (event) => {
    if (event === 'end') wire.end();
  };
  write(far, Buffer.from('hello'));
  shutdown(far, SHUT_WR);
  await loop.run();
  assert.deepEqual(recorder.log, ['data hello', 'end', 'close clean']);
  assert.equal(wire.fd, undefined);
});

test('what the peer does not take waits in order, and drain is told when all has left', {
  skip,
}, async () => {
  const { loop, wire, far, recorder } = unixWire();
  const sent = Buffer.alloc(3_000_000, 'abcdefghij');
  let room = true;
  for (let offset = 0; offset < sent.length; offset += 100_000)
    room = wire.push(sent.subarray(offset, offset + 100_000));
  assert.equal(room, false);
  assert.ok(wire.pending > 0);
  wire.end();
  assert.equal(wire.push(Buffer.from('late')), false);
  const got: Buffer[] = [];
  loop.watch(far, 1, {
    onReady() {
      const part = Buffer.alloc(65536);
      const count = read(far, part);
      got.push(part.subarray(0, count));
      if (count === 0) loop.stop();
    },
  });
  await loop.run();
  assert.ok(Buffer.concat(got).equals(sent));
  assert.deepEqual(recorder.log, ['drain']);
});

test('a wire whose owner pushes on and on is cut off at the limit', { skip }, async () => {
  const { loop, wire, recorder } = unixWire();
  const chunk = new Uint8Array(1024 * 1024);
  for (let bytes = 0; bytes <= PENDING_LIMIT + 2 * chunk.length; bytes += chunk.length) wire.push(chunk);
  await loop.run();
  assert.deepEqual(recorder.log, ['close limit']);
});

test('a paused wire reads nothing, sees a reset all the same, and does not spin', { skip }, async () => {
  const { loop, far, recorder, wire } = tcpWire();
  wire.pause();
  write(far, Buffer.from('unread'));
  loop.after(1, () => {
    setsockopt(far, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
    close(far);
    open.delete(far);
  });
  await loop.run();
  assert.deepEqual(recorder.log, ['close ECONNRESET']);
});

test('a paused wire whose halves have both ended is silent until it is resumed', { skip }, async () => {
  const { loop, far, recorder, wire } = unixWire();
  wire.pause();
  wire.end();
  write(far, Buffer.from('last words'));
  close(far);
  open.delete(far);
  let turns = 0;
  const count = (): void => {
    turns++;
    if (turns < 5) loop.after(1, count);
    else wire.resume();
  };
  loop.after(1, count);
  await loop.run();
  assert.deepEqual(recorder.log, ['data last words', 'end', 'close clean']);
  assert.equal(turns, 5);
});

test('a reset behind both ends takes nothing of what a paused wire can still read', { skip }, async () => {
  const { loop, far, recorder, wire } = tcpWire();
  // More than the peer takes: our end waits behind it, so that there is still something to reset.
  setsockopt(wire.fd!, SOL_SOCKET, SO_SNDBUF, Uint8Array.of(0, 0, 3, 0));
  send(wire.fd!, new Uint8Array(8 * 1024 * 1024));
  wire.pause();
  write(far, Buffer.from('last words'));
  shutdown(far, SHUT_WR);
  wire.end();
  const inState = (state: TcpState, next: () => void): void => {
    if (wire.fd === undefined) return;
    const info = tcpInfo(wire.fd);
    if (typeof info !== 'number' && info.state === state) next();
    else loop.after(1, () => inState(state, next));
  };
  const reset = (): void => {
    setsockopt(far, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
    close(far);
    open.delete(far);
  };
  inState('last-ack', () => {
    // A turn later, in which the wire has left the poller.
    loop.after(0, () => {
      reset();
      inState('closed', () => wire.resume());
    });
  });
  await loop.run();
  assert.deepEqual(recorder.log, ['data last words', 'end', 'close clean']);
});

test('abort resets the peer, and tells the receiver after the call has returned', { skip }, async () => {
  const { loop, wire, far, recorder } = tcpWire();
  const reason = Object.assign(new Error('enough'), { code: 'test' });
  wire.push(Buffer.from('x'));
  wire.abort(reason);
  assert.deepEqual(recorder.log, []);
  await loop.run();
  assert.deepEqual(recorder.log, ['close test']);
  assert.equal(errnoName(readAll(far)), 'ECONNRESET');
  wire.abort();
  wire.end();
  assert.equal(wire.push(Buffer.from('y')), false);
});

test('abort after an orderly end resets nothing', { skip }, async () => {
  const { loop, wire, far } = tcpWire();
  wire.push(Buffer.from('all of it'));
  wire.end();
  wire.abort();
  await loop.run();
  const bytes = Buffer.alloc(100);
  assert.equal(bytes.toString('utf8', 0, read(far, bytes)), 'all of it');
  assert.equal(read(far, bytes), 0);
});

test('sending to a peer that is gone ends the wire once, after the push', { skip }, async () => {
  const { loop, wire, far, recorder } = unixWire();
  close(far);
  open.delete(far);
  assert.equal(wire.push(Buffer.from('x')), false);
  assert.equal(wire.push(Buffer.from('y')), false);
  await loop.run();
  assert.deepEqual(recorder.log, ['close EPIPE']);
});

test('a wire that is lent leaves its events to another, and reads on when given back', { skip }, async () => {
  const { loop, wire, far, recorder } = unixWire();
  const taken: string[] = [];
  wire.lend({
    onReady() {
      const part = Buffer.alloc(100);
      taken.push(part.toString('utf8', 0, read(wire.fd!, part)));
      wire.giveBack();
      write(far, Buffer.from('for the wire'));
      shutdown(far, SHUT_WR);
    },
  });
  recorder.onEvent = (event) => {
    if (event === 'end') wire.end();
  };
  write(far, Buffer.from('for the other'));
  await loop.run();
  assert.deepEqual(taken, ['for the other']);
  assert.deepEqual(recorder.log, ['data for the wire', 'end', 'close clean']);
});

test('a second start moves delivery to another receiver', { skip }, async () => {
  const { loop, wire, far, recorder } = unixWire();
  const second = new Recorder();
  recorder.onEvent = () => {
    wire.start(second);
    write(far, Buffer.from('two'));
  };
  second.onEvent = () => wire.abort();
  write(far, Buffer.from('one'));
  await loop.run();
  assert.deepEqual(recorder.log, ['data one']);
  assert.deepEqual(second.log[0], 'data two');
});

test('what a receiver throws aborts its wire', { skip }, async () => {
  const { loop, far, recorder } = unixWire();
  recorder.onEvent = (event) => {
    if (event.startsWith('data')) throw new Error('of the receiver');
  };
  write(far, Buffer.from('x'));
  await loop.run();
  assert.deepEqual(recorder.log, ['data x', 'close broken']);
});

test('whoever starts a wire that has been aborted is told so, once, and so is whoever comes after', {
  skip,
}, async () => {
  const { loop, wire } = unixWire(false);
  wire.abort(Object.assign(new Error('enough'), { code: 'test' }));
  await null;
  const [first, second] = [new Recorder(), new Recorder()];
  wire.start(first);
  assert.deepEqual(first.log, []);
  await null;
  wire.start(second);
  await loop.run();
  assert.deepEqual([first.log, second.log], [['close test'], ['close test']]);
});

test('a push that fails before the start is told at the start', { skip }, async () => {
  const { loop, wire, far, recorder } = unixWire(false);
  close(far);
  open.delete(far);
  wire.push(Buffer.from('x'));
  await null;
  wire.start(recorder);
  await loop.run();
  assert.deepEqual(recorder.log, ['close EPIPE']);
});

test('a wire that left the poller because its peer hung up can still be lent', { skip }, async () => {
  const { loop, wire, far, recorder } = unixWire();
  wire.pause();
  write(far, Buffer.from('last words'));
  close(far);
  open.delete(far);
  const taken: string[] = [];
  const lend = (): void => {
    wire.lend({
      onReady() {
        const part = Buffer.alloc(100);
        taken.push(part.toString('utf8', 0, read(wire.fd!, part)));
        wire.abort();
      },
    });
  };
  // Two turns later: in the first the wire sees the hang-up.
  loop.after(0, () => loop.after(0, lend));
  await loop.run();
  assert.deepEqual(taken, ['last words']);
  assert.deepEqual(recorder.log, ['close clean']);
});

test('a wire that left the poller writes on when it is resumed', { skip }, async () => {
  const { loop, wire, far, recorder } = unixWire();
  wire.pause();
  close(far);
  open.delete(far);
  loop.after(0, () =>
    loop.after(0, () => {
      wire.push(Buffer.from('x'));
      wire.resume();
    }),
  );
  await loop.run();
  assert.equal(recorder.log.at(-1), 'close EPIPE');
});

test('a wire that cannot be watched fails, and start does not throw', { skip }, async () => {
  const { loop, wire, recorder } = unixWire(false);
  loop.watch = () => {
    throw kernelError(-ENOMEM, 'Cannot watch');
  };
  wire.start(recorder);
  await null;
  assert.deepEqual(recorder.log, ['close ENOMEM']);
});

for (const poller of ['epoll', 'poll', 'select'] as const) {
  test(`${poller}: bytes behind urgent data are read, and urgent data does not spin`, { skip }, async () => {
    const { loop, far, recorder, wire } = tcpWire(poller);
    let turns = 0;
    recorder.onEvent = () => {
      const got = recorder.log.join('').replaceAll('data ', '');
      if (got !== 'abcefgh') return;
      send(far, Buffer.from('i'), MSG_OOB);
      // Enough for the urgent byte to arrive, and for a loop that it keeps awake to be told from one that sleeps.
      loop.after(20, () => wire.abort());
      const { onReady } = wire;
      wire.onReady = (events) => {
        turns++;
        onReady.call(wire, events);
      };
    };
    for (const [bytes, flags] of [
      ['abc', 0],
      ['d', MSG_OOB],
      ['efgh', 0],
    ] as const)
      send(far, Buffer.from(bytes), flags);
    await loop.run();
    assert.equal(recorder.log.at(-1), 'close clean');
    assert.equal(recorder.log.slice(0, -1).join('').replaceAll('data ', ''), 'abcefgh');
    assert.ok(turns < 5, `${turns} turns`);
  });
}

function unixWire(started = true): Rig {
  const fds = socketpair(AF_UNIX, SOCK_STREAM);
  if (typeof fds === 'number') throw new Error(errnoName(fds));
  return rig(fds[0], fds[1], false, started);
}

function tcpWire(poller?: PollerName): Rig {
  const address = Sockaddr.from({ family: 'ipv4', host: '127.0.0.1', port: 0 });
  const listener = socket(AF_INET, SOCK_STREAM, 0, true);
  bind(listener, address);
  listen(listener, 1);
  getsockname(listener, address);
  const far = socket(AF_INET, SOCK_STREAM, 0, true);
  connect(far, address);
  const near = accept4(listener);
  close(listener);
  return rig(near, far, true, true, poller);
}

interface Rig {
  loop: StandingLoop;
  wire: StreamWire & Wire;
  far: number;
  recorder: Recorder;
}

function rig(
  near: number,
  far: number,
  canReset: boolean,
  started = true,
  poller: PollerName = 'epoll',
): Rig {
  const loop = new StandingLoop({ poller });
  const wire = new StreamWire(near, loop, new ReadBuffer(), endpoints, canReset);
  const recorder = new Recorder();
  open.add(far);
  if (started) wire.start(recorder);
  return { loop, wire, far, recorder };
}

/** What reading ends with: 0, or `-errno`. */
function readAll(fd: number): number {
  for (;;) {
    const count = read(fd, new Uint8Array(1000));
    if (count <= 0) return count === -EBADF ? 0 : count;
  }
}
