import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import {
  AF_UNIX,
  bind,
  close,
  connect,
  errnoName,
  eventfd,
  eventfdSignal,
  kernelAvailable,
  listen,
  pipe2,
  SOCK_DGRAM,
  SOCK_STREAM,
  Sockaddr,
  send,
  socket,
  socketpair,
  write,
} from '../kernel/index.ts';
import { type AcceptOptions, FdAcceptor } from './acceptor.ts';
import { READABLE } from './poller.ts';
import { StandingLoop } from './standing-loop.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('accepts what waits; paused it leaves it to the backlog; closed it is done', { skip }, async () => {
  const loop = new StandingLoop();
  const { fd, address } = listening();
  let accepted = 0;
  const acceptor = new FdAcceptor(fd, loop, {
    onAccept(connection) {
      accepted++;
      close(connection);
      if (accepted === 2) {
        acceptor.pause();
        loop.after(1, () => acceptor.resume());
      }
      if (accepted === 3) acceptor.close();
    },
    onTrouble: (error) => assert.fail(error),
    onClose: (error) => assert.fail(error),
  });
  const clients = [client(address), client(address), client(address)];
  await loop.run();
  assert.equal(accepted, 3);
  for (const socketFd of clients) close(socketFd);
});

test('two that share a socket take one each, and a pause leaves the rest to the other', {
  skip,
}, async () => {
  const loops = [new StandingLoop(), new StandingLoop()];
  const { fd, address } = listening();
  const accepted = [0, 0];
  const acceptors = loops.map((loop, at) => {
    const own = new FdAcceptor(
      fd,
      loop,
      {
        onAccept(connection) {
          close(connection);
          accepted[at]!++;
          acceptors[at]!.pause();
          loop.stop();
        },
        onTrouble: (error) => assert.fail(error),
        onClose: (error) => assert.fail(error),
      },
      { shared: true },
    );
    return own;
  });
  const clients = [client(address), client(address)];
  for (const loop of loops) await loop.run();
  assert.deepEqual(accepted, [1, 1]);
  for (const acceptor of acceptors) acceptor.close();
  for (const socketFd of clients) close(socketFd);
});

test('closed within onAccept it takes nothing more of the burst', { skip }, async () => {
  const loop = new StandingLoop();
  const { fd, address } = listening();
  let accepted = 0;
  const acceptor = acceptorOn(fd, loop, () => {
    accepted++;
    acceptor.close();
  });
  const clients = [client(address), client(address), client(address)];
  await loop.run();
  assert.equal(accepted, 1);
  for (const socketFd of clients) close(socketFd);
});

test('closed it stays closed: resume, pause and close do nothing to whoever has the number now', {
  skip,
}, async () => {
  for (const shared of [false, true]) {
    const loop = new StandingLoop();
    const { fd } = listening();
    const acceptor = acceptorOn(fd, loop, () => assert.fail('accepted'), { shared });
    acceptor.close();
    const heir = heirOf(fd);
    let turns = 0;
    loop.watch(heir, READABLE, {
      onReady() {
        turns++;
        loop.unwatch(heir);
      },
    });
    acceptor.pause();
    acceptor.resume();
    acceptor.close();
    await loop.run();
    assert.equal(turns, 1);
    assert.equal(close(heir), 0);
  }
});

test('a borrowed descriptor stays open and listening, for the next to accept on', { skip }, async () => {
  const loop = new StandingLoop();
  const { fd, address } = listening();
  const first = acceptorOn(fd, loop, () => assert.fail('accepted after closing'), { borrowed: true });
  first.close();
  let accepted = 0;
  const second = acceptorOn(fd, loop, () => {
    accepted++;
    second.close();
  });
  const socketFd = client(address);
  await loop.run();
  assert.equal(accepted, 1);
  close(socketFd);
});

test('pausing and resuming twice watches once, shared or not', { skip }, async () => {
  for (const shared of [false, true]) {
    const loop = new StandingLoop();
    const { fd, address } = listening();
    let accepted = 0;
    const acceptor = acceptorOn(
      fd,
      loop,
      () => {
        accepted++;
        acceptor.close();
      },
      { shared },
    );
    for (const call of ['resume', 'pause', 'pause', 'resume', 'resume'] as const) acceptor[call]();
    const socketFd = client(address);
    // It ends by itself only when the one watch is gone with the close.
    await loop.run();
    assert.equal(accepted, 1);
    close(socketFd);
  }
});

test('an error that need not be of the socket is passed over in silence, one of the socket closes it', {
  skip,
}, async () => {
  const loop = new StandingLoop();
  const fds = socketpair(AF_UNIX, SOCK_DGRAM);
  if (typeof fds === 'number') throw new Error(errnoName(fds));
  const pipe = pipe2();
  if (typeof pipe === 'number') throw new Error(errnoName(pipe));
  const told: string[] = [];
  const handlerOf = (name: string) => ({
    onAccept: () => told.push(`${name} accepted`),
    onTrouble: () => told.push(`${name} trouble`),
    onClose: (error: Error) => told.push(`${name} ${(error as { errno?: string }).errno}`),
  });
  // accept(2) gives EOPNOTSUPP for datagrams, which it also gives for a connection that was in error.
  const passing = new FdAcceptor(fds[0], loop, handlerOf('datagrams'));
  let turns = 0;
  const { onReady } = passing;
  passing.onReady = () => {
    onReady.call(passing);
    if (++turns === 3) passing.close();
  };
  new FdAcceptor(pipe.read, loop, handlerOf('pipe'));
  send(fds[1], Uint8Array.of(1));
  write(pipe.write, Uint8Array.of(1));
  await loop.run();
  assert.deepEqual(told, ['pipe ENOTSOCK']);
  for (const fd of [fds[1], pipe.write]) close(fd);
});

test('out of descriptors it tells once, pauses, and goes on when there are some', { skip }, () => {
  assert.equal(exhausted('free'), 'trouble EMFILE\naccepted 1\n');
});

test('closed while it waits for descriptors, it leaves no timer behind', { skip }, () => {
  assert.equal(exhausted('close'), 'trouble EMFILE\ncancelled 1\naccepted 0\n');
});

test('paused while it waits for descriptors, it accepts when it is resumed and not before', { skip }, () => {
  assert.equal(exhausted('pause'), 'trouble EMFILE\nretried, accepted 0\naccepted 1\n');
});

test('resumed while it waits for descriptors, it goes on waiting', { skip }, () => {
  assert.equal(exhausted('resume'), 'trouble EMFILE\nretried, accepted 0\naccepted 1\n');
});

/** What the program prints in which an acceptor runs out of descriptors; `mode` is what it does then. */
function exhausted(mode: 'free' | 'close' | 'pause' | 'resume'): string {
  const program = new URL('./acceptor.test.exhaust.ts', import.meta.url).pathname;
  const command = `ulimit -n 64 && exec "${process.execPath}" "${program}" ${mode}`;
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', timeout: 30_000 });
  assert.equal(stderr, '');
  return stdout;
}

/** Nothing but accepting is expected of it; what was accepted is closed. */
function acceptorOn(
  fd: number,
  loop: StandingLoop,
  onAccept: () => void,
  options?: AcceptOptions,
): FdAcceptor {
  const handler = {
    onAccept(connection: number) {
      close(connection);
      onAccept();
    },
    onTrouble: (error: Error) => assert.fail(error),
    onClose: (error: Error) => assert.fail(error),
  };
  return new FdAcceptor(fd, loop, handler, options);
}

/** Another descriptor, readable, with the number of one that was closed: the lowest that is free is given first. */
function heirOf(fd: number): number {
  const spare: number[] = [];
  let heir = eventfd();
  for (; heir >= 0 && heir !== fd; heir = eventfd()) spare.push(heir);
  for (const other of spare) close(other);
  assert.equal(heir, fd);
  eventfdSignal(heir);
  return heir;
}

function listening(): { fd: number; address: Sockaddr } {
  const address = Sockaddr.from({ family: 'unix', path: `modnet-acceptor-${process.pid}`, abstract: true });
  const fd = socket(AF_UNIX, SOCK_STREAM);
  assert.equal(errnoName(bind(fd, address)), errnoName(0));
  assert.equal(errnoName(listen(fd, 16)), errnoName(0));
  return { fd, address };
}

function client(address: Sockaddr): number {
  const fd = socket(AF_UNIX, SOCK_STREAM, 0, true);
  assert.equal(errnoName(connect(fd, address)), errnoName(0));
  return fd;
}
