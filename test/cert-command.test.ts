import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, createServer, type TlsOptions } from 'node:tls';
import { LocalAuthority } from '../src/transport/tls/authority/index.ts';
import { peer } from './interop/peers.ts';
import { type Ended, Tool } from './tool.ts';

const openssl = peer('openssl');
const curl = peer('curl');
const BIN = new URL('../bin/modnet.js', import.meta.url).pathname;

interface Stage {
  readonly path: string;
  /** `modnet cert …` with an authority of its own, run in a directory of its own. */
  cert(...args: string[]): Promise<Ended>;
  json(...args: string[]): Promise<Record<string, string>>;
}

function stage(t: TestContext): Stage {
  const path = mkdtempSync(join(tmpdir(), 'modnet-cert-'));
  t.after(() => rmSync(path, { recursive: true }));
  const env = { MODNET_CERTS: join(path, 'authority') };
  const cert = (...args: string[]): Promise<Ended> =>
    new Tool(process.execPath, [BIN, 'cert', ...args], env).end().ended;
  const json = async (...args: string[]): Promise<Record<string, string>> => {
    const { code, stdout, stderr } = await cert(...args, '--json', '--out', path);
    assert.equal(code, 0, stderr);
    return JSON.parse(String(stdout));
  };
  return { path, cert, json };
}

async function server(t: TestContext, options: TlsOptions): Promise<number> {
  const listening = createServer(options, (socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello');
  });
  listening.on('tlsClientError', () => {});
  t.after(() => listening.close());
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return (listening.address() as AddressInfo).port;
}

function verify(...args: string[]): { ok: boolean; words: string } {
  const { status, stdout, stderr } = spawnSync(openssl.path, ['verify', '-x509_strict', ...args], {
    encoding: 'utf8',
  });
  return { ok: status === 0, words: stdout + stderr };
}

const read = (path: string | undefined): string => readFileSync(path!, 'utf8');

test('openssl accepts strictly what is issued, for what it is issued for', {
  skip: openssl.skip,
}, async (t) => {
  const { json } = stage(t);
  const server = await json();
  const client = await json('client', 'alice');
  const ca = ['-CAfile', server.authority!];
  assert.ok(verify(...ca, '-purpose', 'sslserver', '-verify_hostname', 'localhost', server.certificate!).ok);
  assert.ok(verify(...ca, '-purpose', 'sslserver', '-verify_ip', '::1', server.certificate!).ok);
  assert.ok(verify(...ca, '-purpose', 'sslclient', client.certificate!).ok);
  assert.match(
    verify(...ca, '-verify_hostname', 'box.local', server.certificate!).words,
    /[Hh]ostname mismatch/,
  );
  assert.match(verify(...ca, '-purpose', 'sslclient', server.certificate!).words, /unsuitable|unsupported/);
  assert.match(verify(...ca, '-purpose', 'sslserver', client.certificate!).words, /unsuitable|unsupported/);
});

test('openssl reads the extensions that it should find', { skip: openssl.skip }, async (t) => {
  const { json } = stage(t);
  const { certificate, authority } = await json('box.local', '*.box.local', '10.0.0.7', 'bücher.test');
  const text = (path: string): string =>
    execFileSync(openssl.path, ['x509', '-in', path, '-noout', '-text'], { encoding: 'utf8' });
  const leaf = text(certificate!);
  assert.match(leaf, /DNS:box\.local, DNS:\*\.box\.local, IP Address:10\.0\.0\.7, DNS:xn--bcher-kva\.test/);
  assert.match(leaf, /Basic Constraints: critical\s+CA:FALSE/);
  assert.match(leaf, /Key Usage: critical\s+Digital Signature\n/);
  assert.match(leaf, /Extended Key Usage: ?\n\s+TLS Web Server Authentication\n/);
  assert.match(leaf, /Subject: CN ?= ?box\.local/);
  const root = text(authority!);
  assert.match(root, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  assert.match(root, /Key Usage: critical\s+Certificate Sign, CRL Sign/);
  assert.match(root, /Name Constraints: critical\s+Permitted:/);
  const id = /Subject Key Identifier: ?\n\s+([\dA-F:]+)/.exec(root)![1]!;
  assert.match(leaf, new RegExp(`Authority Key Identifier: ?\\n\\s+(keyid:)?${id}`));
});

test('name constraints hold: a name outside is not trusted, even if signed', {
  skip: openssl.skip,
}, async (t) => {
  const { path, json } = stage(t);
  const { authority } = await json();
  const { key } = await json('client', 'whoever');
  // Somebody who has stolen the key signs for a site of others, with other tools.
  const stolen = join(path, 'authority', 'authority-key.pem');
  const [csr, forged, extensions] = ['csr', 'forged', 'ext'].map((name) => join(path, name));
  const run = (...args: string[]): unknown => execFileSync(openssl.path, args, { stdio: 'pipe' });
  run(
    'req',
    '-new',
    '-key',
    key!,
    '-subj',
    '/CN=x',
    '-addext',
    'subjectAltName=DNS:example.com',
    '-out',
    csr!,
  );
  execFileSync('sh', [
    '-c',
    `printf 'subjectAltName=DNS:example.com\nauthorityKeyIdentifier=keyid\n' > ${extensions}`,
  ]);
  const ca = ['-CA', authority!, '-CAkey', stolen, '-CAcreateserial', '-extfile', extensions!];
  run('x509', '-req', '-in', csr!, ...ca, '-days', '5', '-out', forged!);
  assert.match(verify('-CAfile', authority!, forged!).words, /permitted subtree violation/);
});

test('a handshake succeeds with the authority, and fails for another name or without it', async (t) => {
  const { json } = stage(t);
  const { certificate, key, authority } = await json();
  const port = await server(t, { cert: read(certificate), key: read(key) });
  const outcome = (servername: string, ca?: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', servername, ...(ca === undefined ? {} : { ca }) });
      socket.once('secureConnect', () => resolve(socket.authorized ? 'trusted' : 'not'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
      socket.on('close', () => {});
      t.after(() => socket.destroy());
    });
  assert.equal(await outcome('localhost', read(authority)), 'trusted');
  assert.equal(await outcome('box.local', read(authority)), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.equal(await outcome('localhost'), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('curl trusts it, and proves who it is', { skip: curl.skip }, async (t) => {
  const { json } = stage(t);
  const { certificate, key, authority } = await json();
  const alice = await json('client', 'alice');
  const mutual = { requestCert: true, rejectUnauthorized: true, ca: read(authority) };
  const port = await server(t, { cert: read(certificate), key: read(key), ...mutual });
  const url = `https://127.0.0.1:${port}/`;
  const proof = ['--cert', alice.certificate!, '--key', alice.key!];
  const run = (...args: string[]): Promise<Ended> =>
    new Tool(curl.path, ['-sS', '--max-time', '10', '--cacert', authority!, ...args, url]).end().ended;
  assert.equal(String((await run(...proof)).stdout), 'hello');
  assert.notEqual((await run()).code, 0);
});

test('files have their modes and are not overwritten by the way', async (t) => {
  const { path, cert, json } = stage(t);
  const out = ['--out', join(path, 'out')];
  assert.equal((await cert('box.local', ...out)).code, 0);
  assert.deepEqual(readdirSync(join(path, 'out')).sort(), ['box.local-key.pem', 'box.local.pem']);
  if (process.platform !== 'win32') {
    assert.equal(statSync(join(path, 'out', 'box.local-key.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(join(path, 'out', 'box.local.pem')).mode & 0o777, 0o644);
    assert.equal(statSync(join(path, 'authority')).mode & 0o777, 0o700);
  }
  const before = read(join(path, 'out', 'box.local.pem'));
  const refused = await cert('box.local', ...out);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /box\.local\.pem is there already; force replaces it/);
  assert.equal(read(join(path, 'out', 'box.local.pem')), before);
  assert.equal((await cert('box.local', ...out, '--force')).code, 0);
  assert.notEqual(read(join(path, 'out', 'box.local.pem')), before);
  assert.match((await json('*.box.local', 'a.test')).certificate!, /_wildcard\.box\.local\+1\.pem$/);
});

test('several programs at once make one authority', async (t) => {
  const { json } = stage(t);
  const all = await Promise.all(['a.test', 'b.test', 'c.test'].map((name) => json(name)));
  const { default: crypto } = await import('node:crypto');
  const authority = new crypto.X509Certificate(read(all[0]!.authority));
  for (const { certificate } of all)
    assert.ok(new crypto.X509Certificate(read(certificate)).verify(authority.publicKey));
});

test('what is wrong is told in words, with its exit code', async (t) => {
  const { cert, path } = stage(t);
  const cases: [string[], number, RegExp][] = [
    [['127.1'], 1, /ends in a number but is no IPv4 address/],
    [['example.com'], 1, /may not vouch for example\.com/],
    [['localhost', '--days', '0'], 2, /no number of days/],
    [['localhost', '--days', '900'], 2, /at most 825/],
    [['localhost', '--days', '1', '--hours', '2'], 2, /cannot be used with/],
    [['client'], 2, /missing required argument 'name'/],
    [['show', join(path, 'none.pem')], 1, /none\.pem: no such file/],
    [['show', BIN], 1, /holds no certificate/],
    [['show', 'ftp://localhost'], 1, /write https:\/\//],
  ];
  for (const [args, expected, words] of cases) {
    const { code, stderr } = await cert(...args, ...(args[0] === 'show' ? [] : ['--out', path]));
    assert.equal(code, expected, args.join(' '));
    assert.match(stderr, words);
  }
});

test('authority says where it is and how it becomes trusted', async (t) => {
  const { path, cert } = stage(t);
  const { code, stdout, stderr } = await cert('authority', '--permit', 'dev.example.com');
  assert.equal(code, 0);
  assert.match(stderr, /made a new authority/);
  const words = String(stdout);
  for (const expected of [
    'update-ca-certificates',
    'update-ca-trust',
    'trust anchor',
    'add-trusted-cert',
    'addstore',
  ])
    assert.ok(words.includes(expected), expected);
  assert.ok(words.includes(`NODE_EXTRA_CA_CERTS=${join(path, 'authority', 'authority.pem')}`));
  const again = JSON.parse(String((await cert('authority', '--json')).stdout));
  assert.equal(again.isNew, false);
  assert.ok(again.permitted.includes('dev.example.com'));
  const late = await cert('authority', '--permit', 'any');
  assert.equal(late.code, 1);
  assert.match(late.stderr, /keeps what it may vouch for/);
});

test('show tells what is in a file, and fails when it is not valid now', async (t) => {
  const { path, cert, json } = stage(t);
  const { certificate } = await json('localhost', '::1', '--hours', '10');
  const fine = await cert('show', certificate!);
  assert.equal(fine.code, 0);
  assert.match(String(fine.stdout), /names +localhost, ::1\n/);
  assert.match(String(fine.stdout), /less than a day left/);
  const past = await LocalAuthority.open(join(path, 'past'), { now: () => Date.UTC(2020, 0, 1) });
  const { writeCertificate } = await import('../src/transport/tls/authority/index.ts');
  const files = await writeCertificate(await past.issue({ names: ['localhost'] }), path, 'past');
  const old = await cert('show', files.certificate);
  assert.equal(old.code, 1);
  assert.match(String(old.stdout), /expired \d+ days ago/);
  const bundle = JSON.parse(
    String((await cert('show', '--json', join(path, 'past', 'authority-key.pem'))).stdout),
  );
  assert.equal(bundle.certificates.length, 1);
  assert.equal(bundle.certificates[0].authority, true);
});

test('show tells what a server shows, and whether it is trusted here', async (t) => {
  const { cert, json } = stage(t);
  const { certificate, key } = await json('localhost', '127.0.0.1');
  const port = await server(t, { cert: read(certificate), key: read(key) });
  const trusted = await cert('show', `https://127.0.0.1:${port}`);
  assert.equal(trusted.code, 0, trusted.stderr);
  assert.match(String(trusted.stdout), /names +localhost, 127\.0\.0\.1\n.*\ntrusted here\n$/s);
  const wrong = await cert('show', `tls://127.0.0.1:${port}`, '--name', 'box.local', '--json');
  assert.equal(wrong.code, 1);
  assert.equal(JSON.parse(String(wrong.stdout)).trusted, false);
  const foreign = await cert('show', `wss://127.0.0.1:${port}`, '--dir', '/nowhere');
  assert.equal(foreign.code, 1);
  assert.match(String(foreign.stdout), /not trusted here: /);
});
