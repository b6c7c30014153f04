import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { filePath } from './file-path.ts';

test('paths are decoded once, and relative', () => {
  for (const [raw, path, isFolder] of [
    ['/', '', true],
    ['/a.txt', 'a.txt', false],
    ['/a/b/', 'a/b', true],
    ['/a%20b/%C3%A9.txt', 'a b/é.txt', false],
    ['/100%2525', '100%25', false],
    ['/.well-known/x', '.well-known/x', false],
    ['/a..b/c..', 'a..b/c..', false],
    ['/a:b?c', 'a:b?c', false],
  ] as const)
    assert.deepEqual(filePath(raw, false), { path, isFolder }, raw);
});

test('what could lead out, and what is hidden, is not there', () => {
  for (const raw of [
    '',
    'a',
    '//',
    '//a',
    '/a//b',
    '/..',
    '/../a',
    '/a/..',
    '/a/../../b',
    '/./a',
    '/a/.',
    '/%2e%2e/a',
    '/%2E%2e%2Fa',
    '/..%2f..%2fetc/passwd',
    '/a%2fb',
    '/a%5c..%5cb',
    '/..\\a',
    '/.git/config',
    '/a/.env',
    '/.well-known2/x',
    '/%2egit',
  ])
    assert.equal(filePath(raw, false), 404, raw);
});

test('what is encoded twice is a strange name and nothing else', () => {
  assert.deepEqual(filePath('/%252e%252e/%252fa', true), { path: '%2e%2e/%2fa', isFolder: false });
  assert.deepEqual(filePath('/%255c', true), { path: '%5c', isFolder: false });
});

test('NUL, and a percent-encoding that is none, are 400', () => {
  for (const raw of [
    '/a%00.txt',
    '/%00',
    '/a\0',
    '/%',
    '/%f',
    '/%zz',
    '/%ff',
    '/%c0%ae%c0%ae/a',
    '/%ed%a0%80',
  ])
    assert.equal(filePath(raw, false), 400, JSON.stringify(raw));
});

test('with dotfiles, the names of the folder itself and above are still none', () => {
  assert.deepEqual(filePath('/.git/config', true), { path: '.git/config', isFolder: false });
  for (const raw of ['/..', '/.', '/%2e', '/a/%2e%2e/b']) assert.equal(filePath(raw, true), 404);
});

test('whatever is asked, no segment leads up, is empty, or holds a separator', () => {
  const part = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    '%00',
    '%25',
    '\\',
    'a',
    'é',
    '%C3%A9',
    '\0',
  );
  void fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, dotfiles) => {
      const result = filePath(`/${parts.join('')}`, dotfiles);
      if (typeof result === 'number') return;
      assert.ok(!/[\0\\]/.test(result.path));
      if (result.path === '') return;
      for (const name of result.path.split('/')) assert.ok(!['', '.', '..'].includes(name), result.path);
    }),
    { numRuns: 2000 },
  );
});
