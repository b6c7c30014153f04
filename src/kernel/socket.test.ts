import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as k from './index.ts';
import {
  bytesOf,
  Descriptors,
  fails,
  linkLocal,
  nameOf,
  noIpv6,
  noKernel,
  noLinkLocal,
  ok,
  ready,
  recvText,
} from './test-fixture.ts';

test('accepts a connection and knows both ends', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd: listener, address } = fds.bound(k.SOCK_STREAM);
  ok(k.listen(listener, 8));
  const client = fds.socket(k.AF_INET, k.SOCK_STREAM);
  ok(k.connect(client, address));
  const peer = new k.Sockaddr();
  const server = fds.own(k.accept4(listener, peer, true));
  assert.deepEqual(peer.decode(), nameOf(client).decode());
  assert.deepEqual(nameOf(server).decode(), address.decode());
  ok(k.getpeername(client, peer));
  assert.deepEqual(peer.decode(), address.decode());
});

test('descriptors are close-on-exec, and non-blocking unless asked otherwise', { skip: noKernel }, () => {
  using fds = new Descriptors();
  for (const blocking of [false, true]) {
    const pair = k.socketpair(k.AF_UNIX, k.SOCK_STREAM, blocking);
    const pipe = k.pipe2(blocking);
    assert.ok(typeof pair !== 'number' && typeof pipe !== 'number');
    const plain = k.socket(k.AF_INET, k.SOCK_STREAM, 0, blocking);
    for (const fd of [...pair, pipe.read, pipe.write, plain, k.eventfd(blocking)]) {
      assert.equal(k.isCloseOnExec(fds.own(fd)), true);
      assert.equal(k.isNonBlocking(fd), !blocking);
    }
  }
  assert.equal(k.isCloseOnExec(fds.own(k.epollCreate1())), true);
});

test('accepts into either mode, and says when nobody waits', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd: listener, address } = fds.bound(k.SOCK_STREAM);
  ok(k.listen(listener, 8));
  for (const blocking of [false, true]) {
    ok(k.connect(fds.socket(k.AF_INET, k.SOCK_STREAM), address));
    const server = fds.own(k.accept4(listener, null, blocking));
    assert.equal(k.isNonBlocking(server), !blocking);
    assert.equal(k.isCloseOnExec(server), true);
  }
  ok(k.setNonBlocking(listener));
  fails(k.accept4(listener), 'EAGAIN');
});

test('the mode of a descriptor can be changed', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [fd] = fds.pair(k.SOCK_STREAM);
  ok(k.setNonBlocking(fd));
  assert.equal(k.isNonBlocking(fd), true);
  fails(k.recv(fd, new Uint8Array(1)), 'EAGAIN');
  ok(k.setNonBlocking(fd, false));
  assert.equal(k.isNonBlocking(fd), false);
});

test('a non-blocking connect ends as SO_ERROR says', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd: listener, address } = fds.bound(k.SOCK_STREAM);
  const early = fds.own(k.socket(k.AF_INET, k.SOCK_STREAM));
  fails(k.connect(early, address), 'EINPROGRESS');
  assert.ok(ready(early, k.POLLOUT) & k.POLLERR, 'it polls writable although it failed');
  fails(k.socketError(early), 'ECONNREFUSED');
  assert.equal(k.socketError(early), 0, 'reading has cleared it');

  ok(k.listen(listener, 8));
  const client = fds.own(k.socket(k.AF_INET, k.SOCK_STREAM));
  fails(k.connect(client, address), 'EINPROGRESS');
  assert.equal(ready(client, k.POLLOUT), k.POLLOUT);
  assert.equal(k.socketError(client), 0);
});

test('reports what the system refuses', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd, address } = fds.bound(k.SOCK_STREAM);
  const other = fds.socket(k.AF_INET, k.SOCK_STREAM);
  fails(k.bind(other, address), 'EADDRINUSE');
  fails(k.connect(other, address), 'ECONNREFUSED');
  fails(k.bind(other, k.Sockaddr.from({ family: 'ipv4', host: '203.0.113.1', port: 0 })), 'EADDRNOTAVAIL');
  fails(k.getpeername(fd, new k.Sockaddr()), 'ENOTCONN');
  fails(k.shutdown(fd, k.SHUT_WR), 'ENOTCONN');
  fails(k.socket(k.AF_INET, k.SOCK_STREAM, 9999), 'EINVAL');
  fails(k.socketpair(k.AF_INET, k.SOCK_STREAM), 'EOPNOTSUPP');
  fails(k.close(-1), 'EBADF');
  fails(k.socketError(-1), 'EBADF');
  const closed = k.socket(k.AF_INET, k.SOCK_STREAM);
  ok(k.close(closed));
  fails(k.listen(closed, 1), 'EBADF');
});

test('each half ends by itself', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  ok(k.send(client, bytesOf('last words')));
  ok(k.shutdown(client, k.SHUT_WR));
  assert.equal(recvText(server), 'last words');
  assert.equal(recvText(server), '', 'the end');
  ok(k.send(server, bytesOf('still heard')));
  assert.equal(recvText(client), 'still heard');
  fails(k.send(client, bytesOf('x')), 'EPIPE');
});

test('closing after linger 0 resets the peer', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  ok(k.setLinger(client, 0));
  fds.close(client);
  fails(k.recv(server, new Uint8Array(1)), 'ECONNRESET');
});

test('the backlog is the one asked for', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd, address } = fds.bound(k.SOCK_STREAM);
  ok(k.listen(fd, 7));
  assert.deepEqual(k.listenQueue(fd), { waiting: 0, backlog: 7 });
  ok(k.connect(fds.socket(k.AF_INET, k.SOCK_STREAM), address));
  ready(fd, k.POLLIN);
  assert.deepEqual(k.listenQueue(fd), { waiting: 1, backlog: 7 });
});

test('a dual-stack socket takes IPv4, one for IPv6 only does not', { skip: noIpv6 }, () => {
  using fds = new Descriptors();
  for (const ipv6Only of [false, true]) {
    const listener = fds.socket(k.AF_INET6, k.SOCK_STREAM);
    k.setSocketOptions(listener, 'ipv6', { ipv6Only });
    ok(k.bind(listener, k.Sockaddr.from({ family: 'ipv6', host: '::', port: 0 })));
    ok(k.listen(listener, 8));
    const { port } = nameOf(listener);
    const over6 = fds.socket(k.AF_INET6, k.SOCK_STREAM);
    ok(k.connect(over6, k.Sockaddr.from({ family: 'ipv6', host: '::1', port })));
    fds.own(k.accept4(listener));
    const over4 = fds.socket(k.AF_INET, k.SOCK_STREAM);
    const result = k.connect(over4, k.Sockaddr.from({ family: 'ipv4', host: '127.0.0.1', port }));
    if (ipv6Only) {
      fails(result, 'ECONNREFUSED');
      continue;
    }
    ok(result);
    const peer = new k.Sockaddr();
    fds.own(k.accept4(listener, peer));
    const { port: from } = nameOf(over4);
    assert.deepEqual(peer.decode(), { family: 'ipv6', host: '::ffff:127.0.0.1', port: from });
  }
});

test('a link-local address needs its scope', { skip: noLinkLocal }, () => {
  using fds = new Descriptors();
  const { name, host } = linkLocal()!;
  const address = { family: 'ipv6', host, port: 0 } as const;
  const listener = fds.socket(k.AF_INET6, k.SOCK_STREAM);
  fails(k.bind(listener, k.Sockaddr.from(address)), 'EINVAL');
  ok(k.bind(listener, k.Sockaddr.from({ ...address, scope: name })));
  ok(k.listen(listener, 8));
  const bound = nameOf(listener);
  assert.deepEqual(bound.decode(), { ...address, port: bound.port, scope: name });
  const client = fds.socket(k.AF_INET6, k.SOCK_STREAM);
  ok(k.connect(client, bound));
  const peer = new k.Sockaddr();
  fds.own(k.accept4(listener, peer));
  assert.deepEqual(peer.decode(), { ...address, port: nameOf(client).port, scope: name });
});

test('Unix sockets by path, by abstract name, and without a name', { skip: noKernel }, () => {
  const path = join(tmpdir(), `modnet-${randomUUID()}.sock`);
  try {
    for (const address of [
      { family: 'unix', path, abstract: false },
      { family: 'unix', path: `modnet\0${randomUUID()}`, abstract: true },
    ] as const) {
      using fds = new Descriptors();
      const listener = fds.socket(k.AF_UNIX, k.SOCK_STREAM);
      ok(k.bind(listener, k.Sockaddr.from(address)));
      ok(k.listen(listener, 8));
      assert.deepEqual(nameOf(listener).decode(), address);
      const client = fds.socket(k.AF_UNIX, k.SOCK_STREAM);
      ok(k.connect(client, k.Sockaddr.from(address)));
      const peer = new k.Sockaddr();
      const server = fds.own(k.accept4(listener, peer, true));
      assert.deepEqual(peer.decode(), { family: 'unix', path: '', abstract: false });
      ok(k.send(client, bytesOf('hello')));
      assert.equal(recvText(server), 'hello');
    }
  } finally {
    rmSync(path, { force: true });
  }
});

test('an unnamed bind gives a Unix socket an abstract name', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = fds.socket(k.AF_UNIX, k.SOCK_DGRAM);
  ok(k.bind(fd, k.Sockaddr.from({ family: 'unix', path: '', abstract: false })));
  const name = nameOf(fd).decode();
  assert.ok(name.family === 'unix' && name.abstract);
  assert.match(name.path, /^[0-9a-f]{5}$/);
});

test('the longest path is taken whole', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const path = join(tmpdir(), randomUUID()).padEnd(107, 'x');
  const fd = fds.socket(k.AF_UNIX, k.SOCK_DGRAM);
  try {
    ok(k.bind(fd, k.Sockaddr.from({ family: 'unix', path, abstract: false })));
    assert.deepEqual(nameOf(fd).decode(), { family: 'unix', path, abstract: false });
  } finally {
    rmSync(path, { force: true });
  }
});

test('a sequenced-packet pair keeps boundaries', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_SEQPACKET);
  ok(k.send(a, bytesOf('one')));
  ok(k.send(a, bytesOf('two')));
  assert.equal(recvText(b), 'one');
  assert.equal(recvText(b), 'two');
});

test('a thread that blocks in a call is woken by shutdown', { skip: noKernel }, async () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_STREAM);
  const code = `
    import { parentPort, workerData } from 'node:worker_threads';
    const kernel = await import(workerData.module);
    const room = new Uint8Array(8);
    parentPort.postMessage(kernel.recv(workerData.fd, room));
    parentPort.postMessage(kernel.recv(workerData.fd, room));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    workerData: { module: new URL('./index.ts', import.meta.url).href, fd: b },
  });
  try {
    ok(k.send(a, bytesOf('hello')));
    assert.deepEqual(await once(worker, 'message'), [5], 'a descriptor is a number in any thread');
    ok(k.shutdown(b, k.SHUT_RDWR));
    assert.deepEqual(await once(worker, 'message'), [0]);
  } finally {
    await worker.terminate();
  }
});
