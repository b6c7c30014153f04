import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AF_INET,
  AF_UNIX,
  accept4,
  bind,
  close,
  connect,
  EBADF,
  ENOMEM,
  getsockname,
  kernelAvailable,
  kernelError,
  listen,
  SOCK_STREAM,
  Sockaddr,
  setNonBlocking,
  socket,
} from '../kernel/index.ts';
import { connectFd } from './connect-fd.ts';
import { StandingLoop } from './standing-loop.ts';

const skip = kernelAvailable() ? false : 'needs Linux';
const isClosed = (fd: number): boolean => setNonBlocking(fd) === -EBADF;

test('a full backlog of a Unix socket is asked again, until it has room or the signal fires', {
  skip,
}, async () => {
  const address = Sockaddr.from({ family: 'unix', path: `modnet-backlog-${process.pid}`, abstract: true });
  const listener = socket(AF_UNIX, SOCK_STREAM);
  bind(listener, address);
  listen(listener, 0);
  const first = socket(AF_UNIX, SOCK_STREAM);
  assert.equal(connect(first, address), 0);
  const loop = new StandingLoop();
  const controller = new AbortController();
  const [late, never] = [socket(AF_UNIX, SOCK_STREAM), socket(AF_UNIX, SOCK_STREAM)];
  const connected = connectFd(loop, late, address, 'Cannot connect');
  const aborted = connectFd(loop, never, address, 'Cannot connect', controller.signal);
  const accepted: number[] = [];
  loop.after(15, () => controller.abort(new Error('enough')));
  const room = assert.rejects(aborted, /enough/).then(() => {
    assert.ok(isClosed(never));
    accepted.push(accept4(listener));
  });
  await Promise.all([loop.run(), room, connected]);
  assert.ok(!isClosed(late));
  for (const fd of [listener, first, late, ...accepted]) close(fd);
});

/** A listener on loopback whose backlog is full, so that the next connection stays in SYN_SENT. */
function silentListener(): { address: Sockaddr; open: number[] } {
  const address = Sockaddr.from({ family: 'ipv4', host: '127.0.0.1', port: 0 });
  const listener = socket(AF_INET, SOCK_STREAM);
  bind(listener, address);
  listen(listener, 0);
  getsockname(listener, address);
  const open = [listener];
  for (let count = 0; count < 3; count++) {
    const fd = socket(AF_INET, SOCK_STREAM);
    connect(fd, address);
    open.push(fd);
  }
  return { address, open };
}

test('an abort before or during the wait closes the socket and leaves nothing watched', {
  skip,
}, async () => {
  const loop = new StandingLoop();
  const { address, open } = silentListener();
  const [early, late] = [socket(AF_INET, SOCK_STREAM), socket(AF_INET, SOCK_STREAM)];
  const before = AbortSignal.abort(new Error('before'));
  await assert.rejects(connectFd(loop, early, address, 'Cannot connect', before), /before/);
  const controller = new AbortController();
  const during = connectFd(loop, late, address, 'Cannot connect', controller.signal);
  loop.after(1, () => controller.abort(new Error('during')));
  await Promise.all([loop.run(), assert.rejects(during, /during/)]);
  assert.ok(isClosed(early) && isClosed(late));
  for (const fd of open) close(fd);
});

test('a socket that cannot be watched is closed', { skip }, async () => {
  const loop = new StandingLoop();
  const { address, open } = silentListener();
  loop.watch = () => {
    throw kernelError(-ENOMEM, 'Cannot watch');
  };
  const fd = socket(AF_INET, SOCK_STREAM);
  await assert.rejects(connectFd(loop, fd, address, 'Cannot connect'), { errno: 'ENOMEM' });
  assert.ok(isClosed(fd));
  for (const other of open) close(other);
});
