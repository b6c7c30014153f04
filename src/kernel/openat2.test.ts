import assert from 'node:assert/strict';
import { fstatSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { O_CLOEXEC, O_NONBLOCK } from './constants.ts';
import { errnoName } from './errno.ts';
import { isCloseOnExec } from './fcntl.ts';
import { kernelAvailable } from './ffi.ts';
import { O_PATH, O_RDONLY, openat2, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from './openat2.ts';
import { close } from './socket.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('openat2 opens what lies beneath, and nothing else', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-openat2-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'root/sub'), { recursive: true });
  writeFileSync(join(folder, 'secret'), 'secret');
  writeFileSync(join(folder, 'root/sub/é.txt'), 'inside');
  symlinkSync('../secret', join(folder, 'root/out'));
  symlinkSync(join(folder, 'root/sub'), join(folder, 'root/absolute'));
  symlinkSync('sub/é.txt', join(folder, 'root/in'));
  const root = openSync(join(folder, 'root'), O_PATH);
  const open = (path: string, resolve = RESOLVE_BENEATH, flags = O_RDONLY): string => {
    const fd = openat2(root, path, flags | O_CLOEXEC | (O_NONBLOCK * Number(flags === O_RDONLY)), resolve);
    if (fd < 0) return errnoName(fd);
    assert.ok(isCloseOnExec(fd));
    const { size } = fstatSync(fd);
    close(fd);
    return String(size);
  };
  assert.equal(open('sub/é.txt'), '6');
  assert.equal(open('sub/é.txt', RESOLVE_BENEATH, O_PATH), '6');
  assert.equal(open('sub/../in'), '6');
  assert.equal(open('in'), '6');
  assert.equal(open('in', RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), 'ELOOP');
  for (const path of ['../secret', 'out', '/etc/passwd', 'absolute/é.txt', 'sub/../../secret'])
    assert.equal(open(path), 'EXDEV', path);
  assert.equal(open('nothing'), 'ENOENT');
  assert.equal(open('in/x'), 'ENOTDIR');
  assert.equal(open('x'.repeat(300)), 'ENAMETOOLONG');
  close(root);
});
