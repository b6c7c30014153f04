import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkWritable, pageFor } from './page-file.ts';

test('the page is named for the experiments, each once', () => {
  assert.equal(pageFor(['pollers'], { html: true }), 'modnet-lab-pollers.html');
  assert.equal(pageFor(['a', 'b', 'a'], {}), 'modnet-lab-a-b.html');
  assert.equal(pageFor(['a', 'all'], {}), 'modnet-lab-all.html');
  assert.equal(pageFor(['a', 'b', 'c', 'd'], {}), 'modnet-lab-4-experiments.html');
});

test('no page without wish: with --no-html, and with --json unless --html names one', () => {
  assert.equal(pageFor(['a'], { html: false }), undefined);
  assert.equal(pageFor(['a'], { json: true, html: true }), undefined);
  assert.equal(pageFor(['a'], { json: true, html: 'x.html' }), 'x.html');
});

test('a page that could not be written is refused with the reason and what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-lab-'));
  try {
    checkWritable(join(folder, 'new.html'));
    assert.throws(() => checkWritable(folder), /it is a directory; name a file with --html FILE/);
    assert.throws(
      () => checkWritable(join(folder, 'none', 'x.html')),
      /no such file or directory.*--no-html/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
