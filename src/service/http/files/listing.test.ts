import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDescriptors } from '../../../testing/transport/subject.ts';
import { CHANGED, testFiles } from './test-folder.ts';

const FILES = {
  'b10.txt': 'x'.repeat(1234),
  'b9.txt': '',
  'sub/.hidden/x': '',
  '.env': '',
  'Äpfel & <b>.txt': 'é',
};

test('a listing as JSON: folders first, numbers in their order, nothing hidden', async (t) => {
  const { ask, folder } = testFiles(t, FILES, { listing: true });
  symlinkSync('b9.txt', join(folder, 'link'));
  symlinkSync('/etc/passwd', join(folder, 'out'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  const { headers, text } = await ask('/', { accept: 'application/json' });
  assert.equal(headers.get('content-type'), 'application/json');
  assert.equal(headers.get('vary'), 'accept');
  const { path, entries } = JSON.parse(text);
  assert.equal(path, '/');
  assert.deepEqual(
    entries.map(({ name, type, size }: Record<string, unknown>) => [name, type, size]),
    [
      ['sub', 'folder', undefined],
      ['Äpfel & <b>.txt', 'file', 2],
      ['b9.txt', 'file', 0],
      ['b10.txt', 'file', 1234],
      ['link', 'file', 0],
    ],
  );
  assert.equal(
    entries.find(({ name }: { name: string }) => name === 'b10.txt').modified,
    CHANGED.toISOString(),
  );
  assert.deepEqual(JSON.parse((await ask('/sub/', { accept: 'application/json' })).text).entries, []);
});

test('a listing as a page: every name escaped, and no script', async (t) => {
  const { ask, folder } = testFiles(t, { 'sub/a': '' }, { listing: true });
  const name = `"><script>alert('1')</script>&amp;#?%2e .txt`.replace('/', '\u2044');
  writeFileSync(join(folder, 'sub', name), '');
  mkdirSync(join(folder, 'sub/javascript:alert(1)'));
  const { headers, text } = await ask('/sub/', { accept: 'text/html' });
  assert.equal(headers.get('content-type'), 'text/html;charset=UTF-8');
  assert.match(headers.get('content-security-policy')!, /^default-src 'none'/);
  assert.ok(!text.includes('<script'));
  assert.ok(text.includes('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)'));
  assert.ok(text.includes('<a href="../">..</a>'));
  assert.ok(text.includes('<a href="./javascript%3Aalert(1)/">'));
  const links = [...text.matchAll(/href="\.\/([^"]*)"/g)].map(([, link]) => decodeURIComponent(link!));
  assert.deepEqual(links.sort(), [name, 'a', 'javascript:alert(1)/'].sort());
  assert.ok(!(await ask('/')).text.includes('href="../"'));
});

test('a folder is listed only where that is wanted, and its index comes first', async (t) => {
  const { ask } = testFiles(t, { 'sub/a': '' });
  assert.equal((await ask('/sub/')).status, 404);
  const listed = testFiles(t, { 'index.html': 'index' }, { listing: true });
  assert.equal((await listed.ask('/')).text, 'index');
  const bare = testFiles(t, { 'index.html': 'index' }, { listing: true, index: false });
  assert.match((await bare.ask('/')).text, /index\.html<\/a>/);
});

test('a listing leaves nothing open', async (t) => {
  const { ask } = testFiles(t, { 'sub/a': '' }, { listing: true });
  await ask('/sub/');
  const before = openDescriptors();
  await ask('/sub/');
  assert.equal(openDescriptors(), before);
});
