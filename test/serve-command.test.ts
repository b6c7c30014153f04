/** `modnet serve` as people run it, asked by curl. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { modnet, type Tool } from './tool.ts';

const run = promisify(execFile);
const curlThere = await run('curl', ['--version']).then(
  () => true,
  () => process.env.MODNET_REQUIRE_PEERS === '1',
);
const skip = curlThere ? false : 'needs curl';
const BIG = Buffer.alloc(3_000_000, 'a file that does not fit into any buffer\n');

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-serve-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'www/sub'), { recursive: true });
  writeFileSync(join(folder, 'secret'), 'secret');
  writeFileSync(join(folder, 'www/index.html'), '<h1>index</h1>');
  writeFileSync(join(folder, 'www/big.txt'), BIG);
  writeFileSync(join(folder, 'www/.env'), 'secret');
  symlinkSync('../secret', join(folder, 'www/out'));
  return folder;
}

async function curl(...args: string[]): Promise<string> {
  const { stdout } = await run('curl', ['-sS', '--path-as-is', ...args], { maxBuffer: 2 ** 26 });
  return stdout;
}

/** Where it listens. */
async function urlOf(tool: Tool): Promise<string> {
  const [, url] = await tool.seen(/listening(?: on |","address":")(https?:\/\/[^\s",]+)/);
  return url!;
}

async function stopped(tool: Tool) {
  tool.kill('SIGINT');
  const ended = await tool.ended;
  assert.equal(ended.code, 130, ended.stderr);
  return { ...ended, stdout: String(ended.stdout) };
}

for (const driver of process.platform === 'linux' ? ['kernel', 'node'] : ['node']) {
  test(`${driver}: files, whole, in part, compressed, and unchanged`, { skip }, async (t) => {
    const folder = folderOf(t);
    using tool = modnet('serve', join(folder, 'www'), '-p', '0', '--driver', driver);
    const url = await urlOf(tool);
    assert.equal(await curl(`${url}/`), '<h1>index</h1>');
    assert.equal(await curl(`${url}/big.txt`), BIG.toString());
    assert.equal(await curl('--compressed', `${url}/big.txt`), BIG.toString());
    assert.equal(await curl('-r', '5-9', `${url}/big.txt`), BIG.toString('utf8', 5, 10));
    const head = await curl('-I', '-H', 'Accept-Encoding: gzip', `${url}/big.txt`);
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(head, /content-encoding: gzip/i);
    const cache = join(folder, 'cached');
    await curl('--etag-save', join(folder, 'etag'), '-o', cache, `${url}/big.txt`);
    const again = ['--etag-compare', join(folder, 'etag'), '-o', cache, '-w', '%{http_code}'];
    assert.equal(await curl(...again, `${url}/big.txt`), '304');
    assert.ok(readFileSync(cache).equals(BIG));
    // In several requests on one connection.
    const twice = await curl('-w', '%{num_connects} ', `${url}/`, `${url}/big.txt`);
    assert.ok(twice.endsWith('0 '), twice.slice(-20));
    const { stdout, stderr } = await stopped(tool);
    assert.match(
      stderr,
      /listening on http:\/\/127\.0\.0\.1:\d+, serving .*www\n {2}http:\/\/127\.0\.0\.1:\d+\//,
    );
    assert.match(stderr, /closed: 9 requests on 8 connections/);
    assert.match(stdout, /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/ HTTP\/1\.1" 200 14$/m);
    assert.match(stdout, /"GET \/big\.txt HTTP\/1\.1" 206 5$/m);
  });
}

test('nothing from outside, and nothing hidden', { skip }, async (t) => {
  using tool = modnet('serve', join(folderOf(t), 'www'), '-p', '0', '--log', 'off');
  const url = await urlOf(tool);
  const paths = [
    '/../secret',
    '/..%2fsecret',
    '/%2e%2e/secret',
    '/sub/../../secret',
    '/out',
    '/.env',
    '/%2eenv',
  ];
  for (const path of [...paths, '/..%5csecret', '/....//secret', '/%252e%252e/secret', '//etc/passwd']) {
    const answer = await curl('-w', ' %{http_code}', url + path);
    assert.match(answer, / 40[04]$/, path);
    assert.doesNotMatch(answer, /^secret/, path);
  }
  const { stdout } = await stopped(tool);
  assert.equal(stdout, '');
});

test('a listing, an application, other origins, and ages', { skip }, async (t) => {
  const folder = folderOf(t);
  using listed = modnet('serve', join(folder, 'www'), '-p', '0', '--listing', '--cors', '--cache', '1h');
  const url = await urlOf(listed);
  assert.match(await curl(`${url}/sub/`), /<title>Files in \/sub\/<\/title>/);
  const { entries } = JSON.parse(await curl('-H', 'Accept: application/json', `${url}/sub/`));
  assert.deepEqual(entries, []);
  const head = await curl('-I', '-H', 'Origin: https://a.test', `${url}/`);
  assert.match(head, /access-control-allow-origin: \*/i);
  assert.match(head, /cache-control: public, max-age=3600/i);
  using app = modnet('serve', join(folder, 'www'), '-p', '0', '--spa');
  const page = `${await urlOf(app)}/users/7`;
  assert.equal(await curl('-H', 'Accept: text/html', page), '<h1>index</h1>');
  assert.match(await curl('-w', '%{http_code}', `${page}.js`), /404$/);
});

test('events and requests as JSON lines', { skip }, async (t) => {
  using tool = modnet('serve', join(folderOf(t), 'www'), '-p', '0', '--json');
  await curl('-A', 'a "test"', `${await urlOf(tool)}/?q=1`);
  const { stdout, stderr } = await stopped(tool);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ event }) => event),
    ['listening', 'request', 'closed', 'total'],
  );
  const { method, target, status, bytes, userAgent } = events[1];
  assert.deepEqual([method, target, status, bytes, userAgent], ['GET', '/?q=1', 200, 14, 'a "test"']);
  assert.deepEqual([events[3].connections, events[3].requests], [1, 1]);
  assert.equal(stderr, '');
});

test('over a Unix socket', { skip }, async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'web.sock');
  using tool = modnet('serve', join(folder, 'www'), `unix:${path}`);
  await tool.seen(/listening on unix:/);
  assert.equal(await curl('--unix-socket', path, 'http://any/'), '<h1>index</h1>');
});

test('encrypted, with a certificate of an authority that is made for it', { skip }, async (t) => {
  const folder = folderOf(t);
  const data = join(folder, 'authority');
  process.env.MODNET_CERTS = data;
  t.after(() => delete process.env.MODNET_CERTS);
  using tool = modnet('serve', join(folder, 'www'), '--tls', '-p', '0', '--json');
  const [, authority] = await tool.seen(/"authority":"([^"]+)"/);
  const url = await urlOf(tool);
  assert.equal(await curl('--cacert', authority!, `${url}/`), '<h1>index</h1>');
  assert.equal(await curl('--cacert', authority!, `${url}/big.txt`), BIG.toString());
  await assert.rejects(curl(`${url}/`), /curl: \(60\)/);
});

test('what is being sent when Ctrl-C comes is sent to its end', async (t) => {
  using tool = modnet('serve', join(folderOf(t), 'www'), '-p', '0', '--log', 'off');
  const { port } = new URL(await urlOf(tool));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /big.txt HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4));
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket) {
    if (length === 0) tool.kill('SIGINT');
    chunks.push(chunk);
    length += chunk.length;
  }
  const text = Buffer.concat(chunks).toString('latin1');
  assert.ok(length >= BIG.length, `${length} bytes`);
  const first = text.slice(text.indexOf('\r\n\r\n') + 4).slice(0, BIG.length);
  assert.equal(first, BIG.toString());
  assert.equal((await tool.ended).code, 130);
});

test('wrong usage is told, and so is what cannot be served', async (t) => {
  const folder = folderOf(t);
  for (const [args, message] of [
    [['.', 'tcp://127.0.0.1:1'], /is not of http, https, unix/],
    [['.', 'http://127.0.0.1:1', '-p', '2'], /are of the default URL/],
    [['.', 'http://127.0.0.1:1', '--tls'], /is not encrypted; write https:/],
    [['--key', 'x'], /give that with --cert/],
    [['--json', '--log', 'common'], /--json is not --log common/],
    [['-p', '70000'], /is no port/],
    [['--host', 'a b'], /a b/],
    [['--log', 'nonsense'], /Allowed choices/],
  ] as const) {
    const { code, stderr } = await modnet('serve', ...args).ended;
    assert.match(stderr, message);
    assert.equal(code, 2, stderr);
  }
  for (const [path, message] of [
    [join(folder, 'nothing'), /Cannot serve .*nothing: no such file or directory/],
    [join(folder, 'secret'), /it is no folder/],
  ] as const) {
    const { code, stderr } = await modnet('serve', path, '-p', '0').ended;
    assert.match(stderr, message);
    assert.equal(code, 1);
  }
});
