/** `modnet listen`, `connect` and `relay` with the programs that people use for the same. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { modnet, Tool } from '../tool.ts';
import { peer } from './peers.ts';

const nc = peer('nc.openbsd', 'nc');
const ncat = peer('ncat');
const socat = peer('socat');
const curl = peer('curl');
const ANY = 'tcp://127.0.0.1:0';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('nc talks to listen, and both ends are carried', { skip: nc.skip }, async () => {
  using server = modnet('listen', ANY);
  using client = new Tool(nc.path, ['-N', '127.0.0.1', String(await server.port())]);
  client.end('from nc\n');
  await server.seen(/from nc/);
  server.end('to nc\n');
  assert.equal((await client.ended).stdout.toString(), 'to nc\n');
  assert.equal((await server.ended).code, 0);
});

test('nc -u talks to listen over datagrams', { skip: nc.skip }, async () => {
  using server = modnet('listen', 'udp://127.0.0.1:0', '--echo', '--keep-open');
  using client = new Tool(nc.path, ['-u', '-w', '5', '127.0.0.1', String(await server.port())]);
  client.child.stdin.write('datagram\n');
  await client.seen(/datagram/);
});

test('ncat talks to listen --exec', { skip: ncat.skip }, async () => {
  using server = modnet('listen', ANY, '--exec', 'tr a-z A-Z', '--keep-open');
  const port = String(await server.port());
  const clients = ['one', 'two'].map((words) => new Tool(ncat.path, ['127.0.0.1', port]).end(words));
  const ended = await Promise.all(clients.map((client) => client.ended));
  assert.deepEqual(
    ended.map(({ stdout }) => stdout.toString()),
    ['ONE', 'TWO'],
  );
});

test('connect talks to a server of socat over a Unix socket', { skip: socat.skip }, async (t) => {
  const path = join(temporaryFolder(t), 'socket');
  using server = new Tool(socat.path, ['-d', '-d', `UNIX-LISTEN:${path}`, 'EXEC:cat']);
  await server.seen(/listening on/);
  const { code, stdout, stderr } = await modnet('connect', `unix:${path}`).end('over a path').ended;
  assert.deepEqual(
    { code, stdout: stdout.toString(), stderr },
    { code: 0, stdout: 'over a path', stderr: '' },
  );
});

test('socat reaches a stream through a datagram relay', { skip: socat.skip }, async () => {
  using target = modnet('listen', ANY, '--echo', '--keep-open');
  using relay = modnet('relay', 'udp://127.0.0.1:0', await target.address(), '--session-idle', '5');
  using client = new Tool(socat.path, ['-T', '5', '-', `UDP:127.0.0.1:${await relay.port()}`]);
  client.child.stdin.write('datagram');
  await client.seen(/datagram/);
});

test('socat on a Unix socket reaches TCP through a relay', { skip: socat.skip }, async (t) => {
  const path = join(temporaryFolder(t), 'socket');
  using target = modnet('listen', ANY, '--echo', '--keep-open');
  using relay = modnet('relay', `unix:${path}`, await target.address());
  await relay.seen(/listening on/);
  const data = 'x'.repeat(500_000);
  const client = new Tool(socat.path, ['-t', '10', '-', `UNIX-CONNECT:${path}`]).end(data);
  assert.equal((await client.ended).stdout.toString() === data, true);
});

test('a relay over stdio: is a proxy command', { skip: nc.skip }, async () => {
  using target = modnet('listen', ANY, '--exec', 'tr a-z A-Z');
  const { code, stdout } = await modnet('relay', 'stdio:', await target.address()).end('through').ended;
  assert.deepEqual([code, stdout.toString()], [0, 'THROUGH']);
});

test('curl downloads and uploads through a relay unchanged', { skip: curl.skip }, async (t) => {
  const data = randomBytes(32 * 1024 * 1024);
  const hash = createHash('sha256');
  const http = createServer((request, response) => {
    if (request.method === 'GET') response.end(data);
    else request.on('data', (chunk) => hash.update(chunk)).on('end', () => response.end('thanks'));
  }).listen(0, '127.0.0.1');
  t.after(() => http.close());
  await once(http, 'listening');
  using relay = modnet('relay', ANY, `tcp://127.0.0.1:${(http.address() as AddressInfo).port}`, '-v');
  const url = `http://127.0.0.1:${await relay.port()}/`;
  const down = await new Tool(curl.path, ['-sS', '-N', url]).ended;
  assert.equal(down.code, 0, down.stderr);
  assert.equal(sha256(down.stdout), sha256(data));
  const up = await new Tool(curl.path, ['-sS', '-H', 'Expect:', '--data-binary', '@-', url]).end(data).ended;
  assert.equal(up.stdout.toString(), 'thanks', up.stderr);
  assert.equal(hash.digest('hex'), sha256(data));
  if (process.platform === 'linux') await relay.seen(/spliced/);
});

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
