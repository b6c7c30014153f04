import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as k from './index.ts';
import { Descriptors, fails, noKernel, ok, ready, recvText } from './test-fixture.ts';

const PATTERN = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

test('bytes go from socket to pipe to socket inside the kernel', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [from, to] = [fds.tcp(), fds.tcp()];
  const pipe = fds.pipe(false);
  for (const fd of [from.client, from.server, to.client, to.server]) ok(k.setNonBlocking(fd));
  fails(k.splice(from.server, pipe.write, 1 << 16), 'EAGAIN');
  const received: Uint8Array[] = [];
  const room = new Uint8Array(65536);
  let [sent, inPipe, moved] = [0, 0, 0];
  while (moved < PATTERN.length) {
    if (sent < PATTERN.length) sent += Math.max(0, k.send(from.client, PATTERN.subarray(sent)));
    if (inPipe === 0) {
      ready(from.server, k.POLLIN);
      inPipe = ok(k.splice(from.server, pipe.write, 1 << 16));
    }
    ready(to.client, k.POLLOUT);
    const count = ok(k.splice(pipe.read, to.client, inPipe));
    inPipe -= count;
    moved += count;
    ready(to.server, k.POLLIN);
    received.push(room.slice(0, ok(k.recv(to.server, room))));
  }
  fds.close(to.client);
  for (let count = 1; count > 0; ) {
    ready(to.server, k.POLLIN);
    count = ok(k.recv(to.server, room));
    received.push(room.slice(0, count));
  }
  assert.deepEqual(Buffer.concat(received), Buffer.from(PATTERN));
  ok(k.shutdown(from.client, k.SHUT_WR));
  ready(from.server, k.POLLIN);
  assert.equal(k.splice(from.server, pipe.write, 1 << 16), 0, 'the end');
});

test('splice needs a pipe', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  fails(k.splice(server, client, 10), 'EINVAL');
  fails(k.splice(-1, -1, 10), 'EBADF');
});

test('a file is sent inside the kernel', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
  const path = join(folder, 'file');
  writeFileSync(path, 'the content of a file');
  const file = openSync(path, 'r');
  try {
    const { client, server } = fds.tcp();
    assert.equal(k.sendfile(client, file, 4, 7), 7);
    assert.equal(recvText(server), 'content');
    assert.equal(k.sendfile(client, file, null, 4), 4, 'the position of the file had stayed at its start');
    assert.equal(k.sendfile(client, file, null, 100), 17, 'and has moved now');
    assert.equal(recvText(server, 21, k.MSG_WAITALL), 'the content of a file');
    assert.equal(k.sendfile(client, file, null, 100), 0, 'the end');
    assert.equal(k.sendfile(client, file, 2 ** 33, 100), 0, 'far beyond the end');
    fails(k.sendfile(-1, file, 0, 1), 'EBADF');
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
});

test('a file larger than the buffers is sent in part', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
  const path = join(folder, 'file');
  const content = new Uint8Array(16 * 1024 * 1024).fill(7);
  writeFileSync(path, content);
  const file = openSync(path, 'r');
  try {
    const [a] = fds.pair(k.SOCK_STREAM, false);
    let offset = 0;
    let result = k.sendfile(a, file, offset, content.length);
    for (; result > 0; result = k.sendfile(a, file, offset, content.length - offset)) offset += result;
    fails(result, 'EAGAIN');
    assert.ok(offset > 0 && offset < content.length, `${offset} bytes left`);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
});
