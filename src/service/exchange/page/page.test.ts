import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { testContext } from '../../http/test-context.ts';
import { makePage } from './page.ts';

const page = makePage();

async function ask(path: string, init?: RequestInit): Promise<Response> {
  return await page(new Request(`http://localhost${path}`, init), testContext());
}

test('the page and what it loads are served with their types', async () => {
  const types = {
    '/': 'text/html; charset=utf-8',
    '/style.css': 'text/css; charset=utf-8',
    '/theme.js': 'text/javascript; charset=utf-8',
    '/app/main.js': 'text/javascript; charset=utf-8',
    '/app/view/log.js': 'text/javascript; charset=utf-8',
    '/icon.svg': 'image/svg+xml; charset=utf-8',
  };
  for (const [path, type] of Object.entries(types)) {
    const response = await ask(path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get('content-type'), type, path);
    assert.ok((await response.text()).length > 0, path);
  }
});

test('everything that the page and its modules name is served', async () => {
  const html = await (await ask('/')).text();
  const named = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => `/${match[1]}`);
  const seen = new Set<string>();
  for (const path of named) {
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await ask(path);
    assert.equal(response.status, 200, path);
    if (!path.endsWith('.js')) continue;
    const imports = (await response.text()).matchAll(/^import .*?'(\.[^']+)';$/gms);
    named.push(...[...imports].map((match) => new URL(match[1]!, `http://x${path}`).pathname));
  }
  assert.ok(seen.has('/app/view/entry.js') && seen.has('/style.css'));
});

test('nothing may run or load but what is served here', async () => {
  for (const path of ['/', '/app/main.js', '/nothing']) {
    const { headers } = await ask(path);
    const policy = headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /require-trusted-types-for 'script'; trusted-types 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|data:|https?:/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
  }
});

test('the page has no script and no style of its own, and its modules make no markup', async () => {
  const html = await (await ask('/')).text();
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/i);
  const folder = new URL('./assets/app/', import.meta.url);
  for (const path of [
    'app.js',
    'view/entry.js',
    'view/dom.js',
    'view/log.js',
    'view/sidebar.js',
    'view/members.js',
  ])
    assert.doesNotMatch(
      readFileSync(new URL(path, folder), 'utf8'),
      /innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|eval\(/,
    );
});

test('who has the file is told so', async () => {
  const etag = (await ask('/style.css')).headers.get('etag')!;
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const response = await ask('/style.css', { headers: { 'if-none-match': known } });
    assert.equal(response.status, 304, known);
    assert.equal(response.headers.get('etag'), etag);
    assert.equal(await response.text(), '');
  }
  assert.equal((await ask('/style.css', { headers: { 'if-none-match': '"other"' } })).status, 200);
});

test('nothing else is there, and nothing can be written', async () => {
  for (const path of ['/index.html', '/page.ts', '/assets/', '/app', '/..%2fpage.ts', '/%2e%2e/page.ts'])
    assert.equal((await ask(path)).status, 404, path);
  const response = await ask('/', { method: 'POST' });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'GET, HEAD');
  assert.equal((await ask('/', { method: 'HEAD' })).status, 200);
});
