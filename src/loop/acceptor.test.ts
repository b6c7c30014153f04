import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import {
  AF_UNIX,
  bind,
  close,
  connect,
  errnoName,
  kernelAvailable,
  listen,
  SOCK_STREAM,
  Sockaddr,
  socket,
} from '../kernel/index.ts';
import { FdAcceptor } from './acceptor.ts';
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

test('out of descriptors it tells once, pauses, and goes on when there are some', { skip }, () => {
  const program = new URL('./acceptor.test.exhaust.ts', import.meta.url).pathname;
  const command = `ulimit -n 64 && exec "${process.execPath}" "${program}"`;
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', timeout: 30_000 });
  assert.equal(stderr, '');
  assert.equal(stdout, 'trouble EMFILE\naccepted 1\n');
});

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
