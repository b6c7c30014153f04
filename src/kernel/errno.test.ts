import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { NetError } from '../core/error.ts';
import * as errno from './errno.ts';

const linux = process.platform === 'linux' ? false : 'error numbers are those of Linux';

test('our numbers are the names of the platform', { skip: linux }, () => {
  const numbers = Object.entries(errno).filter(([, value]) => typeof value === 'number');
  assert.ok(numbers.length > 20);
  for (const [name, number] of numbers) {
    assert.equal((constants.errno as Record<string, number>)[name], number, name);
  }
});

test('names either sign', { skip: linux }, () => {
  assert.equal(errno.errnoName(-errno.ECONNREFUSED), 'ECONNREFUSED');
  assert.equal(errno.errnoName(errno.ECONNREFUSED), 'ECONNREFUSED');
  assert.equal(errno.errnoName(-errno.EAGAIN), 'EAGAIN', 'not EWOULDBLOCK');
  assert.equal(errno.errnoName(-95), 'EOPNOTSUPP', 'not ENOTSUP');
  assert.equal(errno.errnoName(-4000), 'E4000');
});

test('makes a NetError with code, name, and advice', { skip: linux }, () => {
  const error = errno.kernelError(-errno.EADDRINUSE, 'Cannot listen on tcp://127.0.0.1:80');
  assert.ok(error instanceof NetError);
  assert.equal(error.code, 'refused');
  assert.equal(error.errno, 'EADDRINUSE');
  assert.match(error.message, /^Cannot listen on tcp:\/\/127\.0\.0\.1:80: address already in use; /);
  assert.match(
    errno.kernelError(-errno.EACCES, 'Cannot listen', 'use a port from 1024').message,
    /; use a port from 1024$/,
  );
});
