import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { HttpResponse } from '../response.ts';
import { testContext, testRequest } from '../test-context.ts';
import { BELIEF } from './file-cache.ts';
import { SMALL_FILE } from './open-file.ts';
import { MIN_COMPRESSED } from './resource.ts';
import { CHANGED, testFiles } from './test-folder.ts';

const TEXT = 'a line of a text that is worth compressing\n'.repeat(100);
const DECODERS = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync };
const BIG = Buffer.alloc(20 * SMALL_FILE, TEXT);

for (const [coding, decode] of Object.entries(DECODERS)) {
  for (const [size, content] of [
    ['small', Buffer.from(TEXT)],
    ['big', BIG],
  ] as const)
    test(`${coding}: a ${size} text is compressed on its way`, async (t) => {
      const { ask } = testFiles(t, { 'a.txt': content });
      // The second time what is small comes from memory.
      for (let round = 0; round < 2; round++) {
        const { headers, body } = await ask('/a.txt', { 'accept-encoding': coding });
        assert.equal(headers.get('content-encoding'), coding);
        assert.equal(headers.get('vary'), 'accept-encoding');
        assert.equal(headers.get('accept-ranges'), null);
        assert.match(headers.get('etag')!, /^W\/"/);
        assert.ok(body.length < content.length / 4);
        assert.ok(Buffer.from(decode(body)).equals(content));
      }
      const etag = (await ask('/a.txt', { 'accept-encoding': coding })).headers.get('etag')!;
      assert.equal((await ask('/a.txt', { 'accept-encoding': coding, 'if-none-match': etag })).status, 304);
      const head = await ask('/a.txt', { 'accept-encoding': coding }, 'HEAD');
      assert.equal(head.headers.get('content-encoding'), coding);
    });
}

test('the client’s weights count, then our order', async (t) => {
  const { ask } = testFiles(t, { 'a.txt': TEXT });
  const coding = async (header: string): Promise<string | number | null> => {
    const { status, headers } = await ask('/a.txt', { 'accept-encoding': header });
    return status === 200 ? headers.get('content-encoding') : status;
  };
  for (const [header, expected] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, zstd', 'zstd'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['br;q=0, *', 'zstd'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['*', 'br'],
    ['identity', null],
    ['gzip;q=0.5, identity', null],
    ['gzip;q=0.5, identity;q=0.1', 'gzip'],
    ['deflate', null],
    ['', null],
    ['gzip;q=0', null],
    ['gzip;q=2, br;q=x', null],
    ['identity;q=0', 406],
    ['*;q=0', 406],
    ['*;q=0, gzip', 'gzip'],
  ] as const)
    assert.equal(await coding(header), expected, header);
});

test('what is short, or compressed already, or not to be, is sent as it is', async (t) => {
  const files = { 'a.txt': TEXT.slice(0, MIN_COMPRESSED - 1), 'b.png': TEXT, 'c.txt': TEXT };
  const { ask } = testFiles(t, files);
  const gzip = { 'accept-encoding': 'gzip' };
  for (const path of ['/a.txt', '/b.png'])
    assert.equal((await ask(path, gzip)).headers.get('content-encoding'), null);
  assert.equal((await ask('/b.png')).headers.get('vary'), null);
  assert.equal((await ask('/c.txt')).headers.get('content-encoding'), null);
  const never = testFiles(t, files, { compress: false });
  assert.equal((await never.ask('/c.txt', gzip)).headers.get('content-encoding'), null);
});

test('files that are compressed already come before compressing', async (t) => {
  const { ask } = testFiles(t, { 'a.css': TEXT, 'a.css.gz': 'gzipped', 'b.css': TEXT, 'b.css.br': 'b' });
  const accept = { 'accept-encoding': 'br, gzip, zstd' };
  const { text, headers } = await ask('/a.css', accept);
  assert.deepEqual([text, headers.get('content-encoding')], ['gzipped', 'gzip']);
  assert.equal(headers.get('content-type'), 'text/css; charset=utf-8');
  assert.match(headers.get('etag')!, /^"[0-9a-f]+-7-gzip"$/);
  assert.equal((await ask('/a.css', { ...accept, range: 'bytes=0-1' })).text, 'gz');
  assert.equal((await ask('/b.css', accept)).text, 'b');
  assert.equal((await ask('/b.css', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'), 'gzip');
  const without = testFiles(t, { 'a.css': TEXT, 'a.css.gz': 'gzipped' }, { precompressed: false });
  assert.equal((await without.ask('/a.css', accept)).headers.get('content-encoding'), 'br');
});

test('a range of what would be compressed is a range of what is not', async (t) => {
  const { ask } = testFiles(t, { 'a.txt': TEXT });
  const { status, headers, text } = await ask('/a.txt', { 'accept-encoding': 'gzip', range: 'bytes=2-5' });
  assert.deepEqual([status, headers.get('content-encoding'), text], [206, null, 'line']);
});

test('a compressed file that is left over from an older one is not sent; one that appears is', async (t) => {
  let now = 0;
  const files = { 'a.css': TEXT, 'a.css.gz': 'old' };
  const { ask, folder } = testFiles(t, files, { compress: false, now: () => now });
  const gzip = { 'accept-encoding': 'gzip' };
  assert.equal((await ask('/a.css', gzip)).text, 'old');
  const later = new Date(CHANGED.getTime() + 1000);
  utimesSync(join(folder, 'a.css'), later, later);
  now += BELIEF;
  assert.equal((await ask('/a.css', gzip)).text, TEXT);
  writeFileSync(join(folder, 'a.css.gz'), 'new');
  now += BELIEF;
  assert.equal((await ask('/a.css', gzip)).text, 'new');
});

test('many who ask at once wait for one compression', async (t) => {
  const { handler } = testFiles(t, { 'a.txt': TEXT });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      handler(testRequest('/a.txt', { headers: { 'accept-encoding': 'br' } }), testContext()),
    ),
  );
  const contents = answers.map((answer) => (answer as HttpResponse).content);
  assert.ok(contents[0] instanceof Uint8Array);
  assert.equal(new Set(contents).size, 1);
});
