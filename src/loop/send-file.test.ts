import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AF_UNIX, close, EBADF, kernelAvailable, read, SOCK_STREAM, socketpair } from '../kernel/index.ts';
import { FILE_ENDED, sendFile } from './send-file.ts';
import { FILE_TURN, WriteQueue } from './write-queue.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('a file that the kernel cannot send from is copied', { skip }, () => {
  // Written anew for each reader, so sendfile(2) fails with EINVAL.
  const path = '/proc/self/limits';
  const fd = openSync(path, 'r');
  const [near, far] = pair();
  const expected = readFileSync(path);
  const sent = sendFile(near, range(fd, 4, expected.length - 4), 3, 1_000_000);
  assert.equal(sent, expected.length - 7);
  const got = Buffer.alloc(expected.length);
  assert.equal(got.toString('utf8', 0, read(far, got)), expected.toString('utf8', 7));
  assert.equal(sendFile(near, range(fd, expected.length, 1), 0, 10), FILE_ENDED);
  for (const each of [near, far]) close(each);
  closeSync(fd);
});

test('a descriptor that is none is an error of the system', { skip }, () => {
  const [near, far] = pair();
  assert.equal(sendFile(near, range(1_000_000, 0, 1), 0, 1), -EBADF);
  for (const each of [near, far]) close(each);
});

test('a file is sent so much at a time, even to whoever takes all', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-turn-'));
  writeFileSync(join(folder, 'file'), new Uint8Array(3 * FILE_TURN));
  const fd = openSync(join(folder, 'file'), 'r');
  const sink = openSync('/dev/null', 'w');
  const queue = new WriteQueue();
  let done = 0;
  queue.pushFile({ ...range(fd, 0, 2 * FILE_TURN + 1), onDone: () => done++ }, new Uint8Array(0));
  const left: number[] = [];
  while (queue.flush(sink) === 1) left.push(queue.length);
  assert.deepEqual(left, [FILE_TURN + 1, 1]);
  assert.deepEqual([queue.length, queue.files, queue.held, done], [0, 0, 0, 1]);
  for (const each of [fd, sink]) closeSync(each);
  rmSync(folder, { recursive: true });
});

test('what is released gives its files back', { skip }, () => {
  const queue = new WriteQueue();
  let done = 0;
  for (let count = 0; count < 2; count++)
    queue.pushFile({ ...range(0, 0, 5), onDone: () => done++ }, Buffer.from('head'));
  assert.deepEqual([queue.length, queue.held, queue.files], [18, 8, 2]);
  queue.release();
  assert.deepEqual([queue.length, queue.held, queue.files, done], [0, 0, 0, 2]);
});

function range(fd: number, offset: number, length: number) {
  return { fd, offset, length, onDone() {} };
}

function pair(): [number, number] {
  const fds = socketpair(AF_UNIX, SOCK_STREAM);
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  return fds;
}
