import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createPrivateFile, ensurePrivateDirectory, readPrivateFile, replaceFile } from './private-file.ts';

const skip = process.platform === 'win32' ? 'modes mean nothing here' : false;

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-private-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('of many that create a file one is first, and nothing is left over', async (t) => {
  const path = join(directory(t), 'key.pem');
  const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`);
  const created = await Promise.all(texts.map((text) => createPrivateFile(path, text)));
  assert.equal(created.filter(Boolean).length, 1);
  assert.equal(readFileSync(path, 'utf8'), texts[created.indexOf(true)]);
  assert.deepEqual(readdirSync(join(path, '..')), ['key.pem']);
});

test('modes are what is promised, whatever the umask', { skip }, async (t) => {
  const path = join(directory(t), 'deep', 'er', 'key.pem');
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  await createPrivateFile(path, 'secret');
  assert.equal(modeOf(path), '600');
  assert.equal(modeOf(join(path, '..')), '700');
  await replaceFile(`${path}.public`, 'for all', 0o644);
  assert.equal(modeOf(`${path}.public`), '644');
});

test('a key that others can read is refused, with the command to change that', { skip }, async (t) => {
  const path = join(directory(t), "it's.pem");
  writeFileSync(path, 'secret', { mode: 0o600 });
  assert.equal(await readPrivateFile(path), 'secret');
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(path, mode);
    await assert.rejects(readPrivateFile(path), {
      code: 'permission',
      message: /chmod 600 '.*it'\\''s\.pem'/,
    });
  }
});

test('a directory in which others may write is refused', { skip }, async (t) => {
  const path = directory(t);
  await ensurePrivateDirectory(path);
  chmodSync(path, 0o770);
  await assert.rejects(ensurePrivateDirectory(path), { code: 'permission', message: /chmod 700/ });
});

test('what is not there reads as null, what cannot be had is a NetError', async (t) => {
  const path = directory(t);
  assert.equal(await readPrivateFile(join(path, 'none')), null);
  writeFileSync(join(path, 'long'), Buffer.alloc(300 * 1024), { mode: 0o600 });
  await assert.rejects(readPrivateFile(join(path, 'long')), { code: 'limit' });
  await assert.rejects(createPrivateFile(join(path, 'long', 'key.pem'), ''), { name: 'NetError' });
});
