import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { HttpResponse, serveHttp } from '../src/service/http/index.ts';
import { LocalAuthority } from '../src/transport/tls/index.ts';
import { modnet, Tool } from './tool.ts';

const DRIVERS = process.platform === 'linux' ? ['kernel', 'node'] : ['node'];
/** Of many chunks. */
const BINARY = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 7) % 256));

const ANSWERS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>> = {
  '/binary': (_, response) => response.end(BINARY),
  '/escape': (_, response) => response.setHeader('x-evil', 'a\u009bb').end('a\x1b[31mb\n'),
  '/gzip': (request, response) => {
    const coded = request.headers['accept-encoding']?.includes('gzip');
    if (coded) response.setHeader('content-encoding', 'gzip');
    response.end(coded ? gzipSync('plain') : 'plain');
  },
  '/redirect': (_, response) => response.writeHead(302, { location: '/echo' }).end('moved'),
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/missing': (_, response) => response.writeHead(404).end('nothing here'),
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('abc', () => response.destroy());
  },
  '/never': () => {},
};

async function server(t: TestContext, path?: string): Promise<string> {
  const listening = createServer(async (request, response) => {
    const answer = ANSWERS[request.url!];
    if (answer !== undefined) return answer(request, response);
    const { 'content-type': type, 'x-mine': mine, 'content-length': length } = request.headers;
    const body = String(await buffer(request));
    return response.end(
      JSON.stringify({ method: request.method, url: request.url, type, mine, length, body }),
    );
  });
  t.after(() => {
    listening.closeAllConnections();
    listening.close();
  });
  if (path === undefined) listening.listen(0, '127.0.0.1');
  else listening.listen(path);
  await once(listening, 'listening');
  return path === undefined ? `http://127.0.0.1:${(listening.address() as AddressInfo).port}` : path;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-get-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

async function get(...args: string[]) {
  const { code, stdout, stderr } = await modnet('get', ...args).end().ended;
  return { code, stdout: stdout.toString(), bytes: stdout, stderr };
}

for (const driver of DRIVERS) {
  test(`${driver}: the body goes to standard output as it is`, async (t) => {
    const url = await server(t);
    const { code, bytes, stderr } = await get(`${url}/binary`, '--driver', driver);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.ok(bytes.equals(BINARY));
  });
}

test('the method, fields and the body are what is asked for', async (t) => {
  const url = await server(t);
  const file = join(folder(t), 'body');
  writeFileSync(file, 'from a file');
  const asked = async (...args: string[]) => JSON.parse((await get(`${url}/echo`, ...args)).stdout);
  const form = 'application/x-www-form-urlencoded';
  const file_ = 'application/octet-stream';
  assert.deepEqual(await asked(), { method: 'GET', url: '/echo', body: '' });
  assert.deepEqual(await asked('-d', 'a=b', '-d', 'c=d'), {
    method: 'POST',
    url: '/echo',
    type: form,
    length: '7',
    body: 'a=b&c=d',
  });
  assert.deepEqual(await asked('-X', 'PUT', '-d', `@${file}`), {
    method: 'PUT',
    url: '/echo',
    type: file_,
    length: '11',
    body: 'from a file',
  });
  assert.deepEqual(await asked('-H', 'X-Mine: 1', '-H', 'Content-Type: a/b', '-d', 'x'), {
    method: 'POST',
    url: '/echo',
    type: 'a/b',
    mine: '1',
    length: '1',
    body: 'x',
  });
  const piped = await modnet('get', '-d', '-', `${url}/echo`).end('from a pipe').ended;
  assert.deepEqual(JSON.parse(piped.stdout.toString()), {
    method: 'POST',
    url: '/echo',
    type: file_,
    body: 'from a pipe',
  });
});

test('-i prints the head in front of the body, -I the head only', async (t) => {
  const url = await server(t);
  assert.match(
    (await get('-i', `${url}/missing`)).stdout,
    /^HTTP\/1\.1 404 Not Found\r\n(.+\r\n)+\r\nnothing here$/,
  );
  assert.match((await get('-I', `${url}/missing`)).stdout, /^HTTP\/1\.1 404 Not Found\r\n(.+\r\n)+\r\n$/);
});

test('-o writes a file', async (t) => {
  const url = await server(t);
  const file = join(folder(t), 'out');
  const { code, stdout } = await get('-o', file, `${url}/binary`);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
  assert.ok(readFileSync(file).equals(BINARY));
  const refused = await get('-o', '/no/such/folder/x', `${url}/binary`);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^modnet: Cannot write to \/no\/such\/folder\/x: no such file or directory/);
});

test('redirects are followed when that is asked for, to a limit', async (t) => {
  const url = await server(t);
  assert.equal((await get(`${url}/redirect`)).stdout, 'moved');
  assert.match((await get('-L', `${url}/redirect`)).stdout, /"url":"\/echo"/);
  const { code, stderr } = await get('-L', '--max-redirects', '3', `${url}/loop`);
  assert.equal(code, 1);
  assert.match(stderr, /the redirect was not followed: 3 redirects were followed/);
});

test('--compressed asks for it and undoes it', async (t) => {
  const url = await server(t);
  assert.equal((await get(`${url}/gzip`)).stdout, 'plain');
  assert.equal((await get('--compressed', `${url}/gzip`)).stdout, 'plain');
  assert.match(
    (await get('-I', '-X', 'GET', '--compressed', '-v', `${url}/gzip`)).stderr,
    /Accept-Encoding: gzip/,
  );
});

test('several URLs share a connection, and the first failure is the exit code', async (t) => {
  const url = await server(t);
  const { code, stdout, stderr } = await get('-v', '--fail', `${url}/gzip`, `${url}/missing`, `${url}/gzip`);
  assert.equal(code, 22);
  assert.equal(stdout, 'plainplain');
  assert.equal(stderr.match(/\* connected /g)?.length, 1);
  assert.equal(stderr.match(/\* on the connection /g)?.length, 2);
  assert.match(stderr, /modnet: 127\.0\.0\.1:\d+\/missing answered 404/);
});

test('--json says what came of each, in the order of the URLs', async (t) => {
  const url = await server(t);
  const { code, stdout } = await get('--json', `${url}/missing`, 'http://127.0.0.1:1/', `${url}/cut`);
  assert.equal(code, 1);
  const [missing, refused, cut] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    [missing.status, missing.reason, missing.size, missing.method],
    [404, 'Not Found', 12, 'GET'],
  );
  assert.equal(typeof missing.timing.total, 'number');
  assert.ok(
    missing.headers.some(([name]: [string]) => name === 'transfer-encoding' || name === 'content-length'),
  );
  assert.deepEqual([refused.error, refused.step], ['ECONNREFUSED', 'connect']);
  assert.equal(cut.step, 'body');
});

test('--timing and -v tell on standard error', async (t) => {
  const url = await server(t);
  const { stdout, stderr } = await get('--timing', '-v', `${url}/gzip`);
  assert.equal(stdout, 'plain');
  assert.match(stderr, /^\* connected tcp:\S+ -> tcp:\S+\n> GET \/gzip HTTP\/1\.1\n> Host: \S+\n/);
  assert.match(stderr, /< HTTP\/1\.1 200 OK\n(< .+\n)+<\n/);
  assert.match(stderr, /\nconnect +\d+\.\d\d ms +█+\n(.+\n)*total +\d+\.\d\d ms\n$/);
});

test('times and sizes hold', async (t) => {
  const url = await server(t);
  const late = await get('--max-time', '50ms', `${url}/never`);
  assert.equal(late.code, 1);
  assert.match(late.stderr, /the request took longer than 50 ms in all/);
  const long = await get('--max-size', '10', `${url}/binary`);
  assert.equal(long.code, 1);
  assert.match(long.stderr, /at most 10 are taken/);
});

test('an address in place of the URL, and what is wrong usage', async (t) => {
  const path = await server(t, join(folder(t), 'socket'));
  assert.match((await get('--address', `unix:${path}`, 'http://any/x')).stdout, /"url":"\/x"/);
  for (const wrong of [
    ['ftp://a/'],
    ['-H', 'x', 'a'],
    ['-o', 'x', 'a', 'b'],
    ['-d', '-', 'a', 'b'],
    ['-I', '-d', 'x', 'a'],
  ])
    assert.equal((await get(...wrong)).code, 2, wrong.join(' '));
});

test('a proxy of the environment is used, and no_proxy heeded', async (t) => {
  const url = await server(t);
  const bin = new URL('../bin/modnet.js', import.meta.url).pathname;
  const through = async (noProxy: string) => {
    const env = { http_proxy: url, no_proxy: noProxy };
    return new Tool(process.execPath, [bin, 'get', 'http://127.0.0.1:1/x'], env).end().ended;
  };
  assert.match((await through('')).stdout.toString(), /"url":"http:\/\/127\.0\.0\.1:1\/x"/);
  assert.equal((await through('127.0.0.1')).code, 1);
});

test('https: an authority that is trusted, a certificate that is shown, and what -k means', async (t) => {
  const authority = await LocalAuthority.open(join(folder(t), 'authority'));
  const { cert, key } = await authority.issue({ names: ['localhost', '127.0.0.1'] });
  const alice = await authority.issue({ names: [], commonName: 'alice', client: true });
  const files = folder(t);
  const [own, ownKey] = [join(files, 'alice.pem'), join(files, 'alice-key.pem')];
  writeFileSync(own, alice.cert);
  writeFileSync(ownKey, alice.key);
  const tls = { cert, key, ca: authority.path };
  const secret = () => new HttpResponse('secret');
  const server = await serveHttp('https://127.0.0.1:0', secret, { tls, signals: false });
  const strictTls = { ...tls, clientCertificate: 'require' } as const;
  const strict = await serveHttp('https://127.0.0.1:0', secret, { tls: strictTls, signals: false });
  try {
    const url = String(server.address);
    const trusted = await get('--cacert', authority.path, '-v', '--timing', url);
    assert.deepEqual([trusted.code, trusted.stdout], [0, 'secret'], trusted.stderr);
    assert.match(
      trusted.stderr,
      /\* TLSv1\.3, TLS_\w+, ALPN http\/1\.1\n\* certificate of localhost, issued by modnet local/,
    );
    assert.match(trusted.stderr, /\nTLS +\d/);
    const toStrict = ['--cacert', authority.path, String(strict.address)];
    const shown = await get(...toStrict, '--cert', own, '--key', ownKey);
    assert.equal(shown.stdout, 'secret', shown.stderr);
    assert.equal((await get(...toStrict)).code, 1);
    const refused = await get(url);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^modnet: GET https:\S+: no TLS: /);
    const careless = await get('-k', '-v', url);
    assert.equal(careless.stdout, 'secret');
    assert.match(careless.stderr, /the certificate was NOT verified/);
  } finally {
    await server.close();
    await strict.close();
  }
});

test('Ctrl-C ends it with 130', async (t) => {
  const url = await server(t);
  using tool = modnet('get', '-v', `${url}/never`);
  await tool.seen(/> GET/);
  tool.kill('SIGINT');
  assert.equal((await tool.ended).code, 130);
});
