import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDescriptors } from '../../../testing/transport/subject.ts';
import { Router } from '../routing/router.ts';
import { testContext, testRequest } from '../test-context.ts';
import { BELIEF } from './file-cache.ts';
import { SMALL_FILE } from './open-file.ts';
import { serveFiles } from './serve-files.ts';
import { CHANGED, testFiles, testFolder } from './test-folder.ts';

const BIG = Buffer.alloc(3 * SMALL_FILE, 'all of a file that is not small\n');

test('a file has its type, its tag, its date, and its bytes', async (t) => {
  const { ask } = testFiles(t, { 'a.txt': 'text', 'b.bin': BIG, 'c.HTML': '<p>', 'sub/d': '' });
  const { status, headers, text } = await ask('/a.txt');
  assert.deepEqual([status, text], [200, 'text']);
  assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.equal(headers.get('last-modified'), CHANGED.toUTCString());
  assert.match(headers.get('etag')!, /^"[0-9a-f]+-4"$/);
  assert.equal(headers.get('accept-ranges'), 'bytes');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('cache-control'), null);
  const big = await ask('/b.bin');
  assert.ok(big.body.equals(BIG));
  assert.equal(big.headers.get('content-type'), 'application/octet-stream');
  assert.equal((await ask('/c.HTML')).headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal((await ask('/sub/d')).text, '');
});

test('types of one’s own come first, and caches are told what they may keep', async (t) => {
  const files = { 'a.txt': '', 'b.constructor': '' };
  const { ask } = testFiles(t, files, { types: { txt: 'text/x-mine' }, maxAge: 60, immutable: true });
  const { headers } = await ask('/a.txt');
  assert.equal(headers.get('content-type'), 'text/x-mine; charset=utf-8'.split(';')[0]);
  assert.equal(headers.get('cache-control'), 'public, max-age=60, immutable');
  assert.equal((await ask('/b.constructor')).headers.get('content-type'), 'application/octet-stream');
});

test('a folder shows its index, and is a redirect without its slash', async (t) => {
  const { ask } = testFiles(t, { 'index.html': 'root', 'sub/index.html': 'sub', 'none/x': '' });
  assert.equal((await ask('/')).text, 'root');
  assert.equal((await ask('/sub/')).text, 'sub');
  const redirect = await ask('/sub?q=%20');
  assert.deepEqual([redirect.status, redirect.headers.get('location')], [308, '/sub/?q=%20']);
  assert.equal((await ask('/none/')).status, 404);
  assert.equal((await ask('/index.html/')).status, 404);
  assert.equal((await ask('//sub')).status, 404);
});

test('what may not be asked for is not there, and nothing of it is read', async (t) => {
  const { ask, folder } = testFiles(t, {
    '.env': 'secret',
    '.well-known/x': 'known',
    'a/.git/config': 'secret',
  });
  writeFileSync(join(folder, '../modnet-secret'), 'secret');
  t.after(() => rmSync(join(folder, '../modnet-secret')));
  symlinkSync('../modnet-secret', join(folder, 'out'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  symlinkSync('/dev/zero', join(folder, 'zero'));
  for (const path of [
    '/.env',
    '/%2eenv',
    '/a/.git/config',
    '/out',
    '/fifo',
    '/zero',
    '/nothing',
    '/a%2f.git%2fconfig',
  ])
    assert.equal((await ask(path)).status, 404, path);
  for (const path of ['/%00', '/%zz', '/%c0%ae%c0%ae/modnet-secret'])
    assert.equal((await ask(path)).status, 400, path);
  assert.equal((await ask('/.well-known/x')).text, 'known');
});

test('a path that no URL class has seen leads nowhere either', async (t) => {
  const { handler, folder } = testFiles(t, { 'a.txt': '' });
  writeFileSync(join(folder, '../modnet-secret'), 'secret');
  t.after(() => rmSync(join(folder, '../modnet-secret')));
  for (const path of [
    '/../modnet-secret',
    '/..%2fmodnet-secret',
    '/%2e%2e/modnet-secret',
    '/..\\modnet-secret',
  ]) {
    const request = Object.create(testRequest('/'), { url: { value: `http://example.test${path}` } });
    Object.defineProperty(request, 'method', { value: 'GET' });
    assert.equal((await handler(request, testContext())).status, 404, path);
  }
});

test('GET, HEAD and OPTIONS, and nothing else', async (t) => {
  const { ask } = testFiles(t, { 'a.txt': 'text' });
  assert.equal((await ask('/a.txt', {}, 'HEAD')).headers.get('content-type'), 'text/plain; charset=utf-8');
  const options = await ask('/a.txt', {}, 'OPTIONS');
  assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS']);
  const post = await ask('/a.txt', {}, 'POST');
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);
});

test('who has it already is told so, with what a cache needs', async (t) => {
  const { ask } = testFiles(t, { 'a.txt': 'text' }, { maxAge: 5 });
  const etag = (await ask('/a.txt')).headers.get('etag')!;
  const { status, headers, text } = await ask('/a.txt', { 'if-none-match': etag });
  assert.deepEqual([status, text], [304, '']);
  assert.deepEqual([...headers.keys()], ['cache-control', 'etag', 'last-modified', 'vary']);
  assert.equal((await ask('/a.txt', { 'if-modified-since': CHANGED.toUTCString() })).status, 304);
  assert.equal((await ask('/a.txt', { 'if-none-match': '"other"' })).status, 200);
  assert.equal((await ask('/a.txt', { 'if-match': '"other"' })).status, 412);
});

for (const [size, content] of [
  ['small', BIG.subarray(0, 1000)],
  ['big', BIG],
] as const) {
  test(`ranges of a ${size} file`, async (t) => {
    const { ask } = testFiles(t, { 'a.bin': content });
    const { length } = content;
    const part = await ask('/a.bin', { range: 'bytes=10-19' });
    assert.deepEqual([part.status, part.text], [206, content.subarray(10, 20).toString()]);
    assert.equal(part.headers.get('content-range'), `bytes 10-19/${length}`);
    assert.equal((await ask('/a.bin', { range: 'bytes=-5' })).text, content.subarray(-5).toString());
    const none = await ask('/a.bin', { range: `bytes=${length}-` });
    assert.deepEqual([none.status, none.headers.get('content-range')], [416, `bytes */${length}`]);
    for (const range of ['bytes=x', 'lines=1-2', 'bytes=9-8'])
      assert.equal((await ask('/a.bin', { range })).status, 200, range);
    assert.equal((await ask('/a.bin', { range: 'bytes=0-1' }, 'HEAD')).status, 200);
  });

  test(`several ranges of a ${size} file`, async (t) => {
    const { ask } = testFiles(t, { 'a.txt': content });
    const { status, headers, body } = await ask('/a.txt', { range: 'bytes=0-4,-3,100-199' });
    assert.equal(status, 206);
    assert.equal(headers.get('content-length'), String(body.length));
    assert.equal(headers.get('content-range'), null);
    const boundary = /^multipart\/byteranges; boundary=([0-9a-f]{24})$/.exec(
      headers.get('content-type')!,
    )![1];
    const part = (first: number, last: number): string =>
      `\r\n--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Range: bytes ${first}-${last}/${content.length}\r\n\r\n${content.subarray(first, last + 1)}`;
    const { length } = content;
    assert.equal(
      String(body),
      `${part(0, 4)}${part(length - 3, length - 1)}${part(100, 199)}\r\n--${boundary}--\r\n`,
    );
  });
}

test('a range is of what the client has, or all is sent', async (t) => {
  const { ask } = testFiles(t, { 'a.txt': 'text' });
  const etag = (await ask('/a.txt')).headers.get('etag')!;
  const range = 'bytes=0-0';
  assert.equal((await ask('/a.txt', { range, 'if-range': etag })).status, 206);
  assert.equal((await ask('/a.txt', { range, 'if-range': CHANGED.toUTCString() })).status, 206);
  assert.equal((await ask('/a.txt', { range, 'if-range': '"old"' })).status, 200);
  assert.equal((await ask('/a.txt', { range, 'if-none-match': etag })).status, 304);
});

test('below a prefix', async (t) => {
  const folder = testFolder(t, { 'a b.txt': 'text', 'sub/x': '' });
  const handler = serveFiles(folder, { listing: true });
  t.after(() => handler.close());
  const router = new Router().mount('/static', handler);
  const ask = (path: string): Response | Promise<Response> => router.fetch(testRequest(path), testContext());
  assert.equal(await (await ask('/static/a%20b.txt')).text(), 'text');
  assert.equal((await ask('/static/sub')).headers.get('location'), '/static/sub/');
  assert.match(await (await ask('/static/sub/')).text(), /<title>Files in \/static\/sub\/<\/title>/);
  assert.equal((await ask('/a%20b.txt')).status, 404);
});

test('a page for routes of the browser answers pages, and not what they load', async (t) => {
  const { ask } = testFiles(t, { 'index.html': 'app', 'a.js': 'js' }, { fallback: 'index.html' });
  const html = { accept: 'text/html,*/*;q=0.8' };
  assert.equal((await ask('/users/7', html)).text, 'app');
  assert.equal((await ask('/users/7', html)).status, 200);
  assert.equal((await ask('/b.js', html)).status, 404);
  assert.equal((await ask('/users/7', { accept: 'application/json' })).status, 404);
  assert.equal((await ask('/%zz', html)).status, 400);
});

test('what is not there may be answered by another', async (t) => {
  const notFound = (): Response => new Response('elsewhere', { status: 404 });
  const { ask } = testFiles(t, {}, { notFound });
  assert.equal((await ask('/x')).text, 'elsewhere');
});

test('a file that changes is noticed, though not at once; one that is gone too', async (t) => {
  let now = 0;
  const { ask, folder } = testFiles(t, { 'a.txt': 'one', 'b.bin': BIG }, { now: () => now });
  assert.equal((await ask('/a.txt')).text, 'one');
  const { headers } = await ask('/b.bin');
  writeFileSync(join(folder, 'a.txt'), 'two!');
  rmSync(join(folder, 'b.bin'));
  assert.equal((await ask('/a.txt')).text, 'one');
  assert.ok((await ask('/b.bin')).body.equals(BIG));
  now += BELIEF;
  assert.equal((await ask('/a.txt')).text, 'two!');
  assert.equal((await ask('/b.bin')).status, 404);
  writeFileSync(join(folder, 'b.bin'), BIG);
  assert.notEqual((await ask('/b.bin')).headers.get('etag'), headers.get('etag'));
});

test('no more than so many stay open, and none of those that were not sent', async (t) => {
  const { handler, ask } = testFiles(t, { 'a.bin': BIG, 'b.txt': BIG });
  const before = openDescriptors();
  await ask('/a.bin');
  const request = testRequest('/a.bin', { headers: { range: 'bytes=0-1,5-6' } });
  const unread = [await handler(request, testContext()), await handler(testRequest('/a.bin'), testContext())];
  const coded = testRequest('/b.txt', { headers: { 'accept-encoding': 'gzip' } });
  unread.push(await handler(coded, testContext()));
  const begun = await handler(coded, testContext());
  const reader = begun.body!.getReader();
  await reader.read();
  await reader.cancel();
  for (const response of unread) await response.body!.cancel();
  handler.close();
  assert.equal(openDescriptors(), before);
});

test('a date of the future is not told to be later than now', async (t) => {
  const { ask, folder } = testFiles(t, { 'a.txt': '' });
  const future = new Date(Date.now() + 1e9);
  utimesSync(join(folder, 'a.txt'), future, future);
  const told = Date.parse((await ask('/a.txt')).headers.get('last-modified')!);
  assert.ok(told <= Date.now());
});

test('a folder that is no folder any more, or not yet', async (t) => {
  const { ask, folder } = testFiles(t, {});
  assert.equal((await ask('/sub/a.txt')).status, 404);
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub/a.txt'), 'now');
  assert.equal((await ask('/sub/a.txt')).text, 'now');
});

test('one file is held open once, however its name is escaped', async (t) => {
  const { ask, handler } = testFiles(t, { 'b.bin': BIG });
  const before = openDescriptors();
  for (const path of ['/b.bin', '/%62.bin', '/b%2ebin', '/b%2Ebin', '/b.%62in', '/%62.%62%69%6e'])
    assert.ok((await ask(path)).body.equals(BIG), path);
  assert.equal(openDescriptors(), before === undefined ? undefined : before + 1);
  handler.close();
  assert.equal(openDescriptors(), before);
});

test('a name that looks escaped is not taken for what it would be decoded', async (t) => {
  const { ask } = testFiles(t, { 'a%20b': 'escaped', 'a b': 'space' });
  for (let round = 0; round < 2; round++) {
    assert.equal((await ask('/a%2520b')).text, 'escaped');
    assert.equal((await ask('/a%20b')).text, 'space');
  }
});
