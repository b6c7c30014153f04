import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, readSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kernelAvailable } from '../../../kernel/index.ts';
import { openDescriptors } from '../../../testing/transport/subject.ts';
import { Root, type RootOptions } from './root.ts';
import { testFolder } from './test-folder.ts';

const RESOLVERS = kernelAvailable() ? (['openat2', 'realpath'] as const) : (['realpath'] as const);

function read(root: Root, path: string): string | number {
  const opened = root.open(path);
  if (typeof opened === 'number') return opened;
  const bytes = Buffer.alloc(100);
  const text = bytes.toString('utf8', 0, readSync(opened.fd, bytes));
  closeSync(opened.fd);
  return text;
}

for (const resolver of RESOLVERS) {
  const rootOf = (folder: string, options: RootOptions = {}): Root =>
    new Root(folder, { resolver, ...options });

  test(`${resolver}: files are opened, and nothing else is`, (t) => {
    const folder = testFolder(t, { 'a.txt': 'a', 'sub/b.txt': 'b' });
    const root = rootOf(folder);
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    symlinkSync('/dev/zero', join(folder, 'zero'));
    symlinkSync('fifo', join(folder, 'to-fifo'));
    const before = openDescriptors();
    assert.equal(read(root, 'a.txt'), 'a');
    assert.equal(read(root, 'sub/b.txt'), 'b');
    for (const path of ['', 'sub', 'fifo', 'to-fifo', 'zero', 'nothing', 'a.txt/x', 'x'.repeat(1000), '.'])
      assert.equal(read(root, path), 404, path);
    assert.ok(!isNumber(root.look('sub')) && root.look('fifo') !== 404);
    assert.equal(openDescriptors(), before);
  });

  test(`${resolver}: nothing leads out`, (t) => {
    const outer = testFolder(t, { secret: 'secret', 'root/a.txt': 'a', 'root2/x': 'secret' });
    const root = rootOf(join(outer, 'root'));
    symlinkSync('../secret', join(outer, 'root/out'));
    symlinkSync(join(outer, 'secret'), join(outer, 'root/absolute'));
    symlinkSync('..', join(outer, 'root/up'));
    symlinkSync('../root2', join(outer, 'root/beside'));
    symlinkSync('loop', join(outer, 'root/loop'));
    symlinkSync('a.txt', join(outer, 'root/in'));
    for (const path of [
      'out',
      'absolute',
      'up/secret',
      'up/root/a.txt/../../secret',
      'beside/x',
      'loop',
      '../secret',
    ])
      assert.equal(read(root, path), 404, path);
    assert.equal(root.enter('up'), 404);
    assert.equal(read(root, 'in'), 'a');
    assert.equal(read(rootOf(join(outer, 'root'), { followSymlinks: false }), 'in'), 404);
    assert.equal(read(rootOf(join(outer, 'root'), { followSymlinks: false }), 'a.txt'), 'a');
  });

  test(`${resolver}: a root that is a link is followed to where it leads now`, (t) => {
    const outer = testFolder(t, { 'one/a.txt': 'one', 'two/a.txt': 'two' });
    symlinkSync('one', join(outer, 'current'));
    const root = rootOf(join(outer, 'current'), { followSymlinks: false });
    assert.equal(read(root, 'a.txt'), 'one');
    symlinkSync('two', join(outer, 'next'));
    renameSync(join(outer, 'next'), join(outer, 'current'));
    assert.equal(read(root, 'a.txt'), 'two');
    rmSync(join(outer, 'current'));
    assert.equal(read(root, 'a.txt'), 404);
  });

  test(`${resolver}: what must not be read is 403`, {
    skip: process.getuid?.() === 0 && 'root may read all',
  }, (t) => {
    const folder = testFolder(t, { 'a.txt': 'a' });
    writeFileSync(join(folder, 'private'), '', { mode: 0 });
    assert.equal(read(rootOf(folder), 'private'), 403);
  });
}

test('a root that is no folder is told', (t) => {
  const folder = testFolder(t, { 'a.txt': 'a' });
  mkdirSync(join(folder, 'sub'));
  assert.throws(() => new Root(join(folder, 'a.txt')), { code: 'refused', message: /it is no folder/ });
  assert.throws(() => new Root(join(folder, 'nothing')), { code: 'refused', errno: 'ENOENT' });
});

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
