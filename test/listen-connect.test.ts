import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { modnet } from './tool.ts';

const DRIVERS = process.platform === 'linux' ? ['kernel', 'node'] : ['node'];
const LISTEN = 'tcp://127.0.0.1:0';

function socketTo(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  return socket;
}

async function all(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** How the socket ended: its error's code, or `end`. */
function ending(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    socket.on('end', () => resolve('end'));
    socket.resume();
  });
}

for (const driver of DRIVERS) {
  test(`${driver}: two of them talk through standard input and output, and end by half-close`, async () => {
    using server = modnet('listen', LISTEN, '--driver', driver);
    using client = modnet('connect', await server.address(), '--driver', driver);
    client.end('from the client\n');
    await server.seen(/from the client/);
    server.end('from the server\n');
    const [a, b] = await Promise.all([server.ended, client.ended]);
    assert.deepEqual([a.code, b.code], [0, 0], a.stderr + b.stderr);
    assert.equal(a.stdout.toString(), 'from the client\n');
    assert.equal(b.stdout.toString(), 'from the server\n');
  });

  test(`${driver}: a megabyte is echoed, and --verbose tells the life of the connection`, async () => {
    using server = modnet('listen', LISTEN, '--echo', '-v', '--driver', driver);
    using client = modnet('connect', await server.address(), '-v', '--driver', driver);
    const megabyte = 'x'.repeat(1024 * 1024);
    const { code, stdout, stderr } = await client.end(megabyte).ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout.toString() === megabyte, true);
    assert.match(stderr, /#1 open {3}tcp:\/\/127\.0\.0\.1:\d+ <-> tcp:\/\/127\.0\.0\.1:\d+\n/);
    assert.match(stderr, /#1 close {2}in 1048576 bytes, out 1048576 bytes, .*: ended\n/);
    if (driver === 'kernel') assert.match(stderr, /#1 tcp {4}rtt .* retransmits, cwnd \d+, /);
    assert.match((await server.ended).stderr, /total .*1 connections \(0 failed, 0 refused\), in 1\.0 MB/);
  });

  test(`${driver}: datagrams are echoed, and silence ends the client`, async () => {
    using server = modnet('listen', 'udp://127.0.0.1:0', '--echo', '--keep-open', '--driver', driver);
    using client = modnet('connect', await server.address(), '--idle', '300ms', '--driver', driver);
    const { code, stdout, stderr } = await client.end('ping').ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout.toString(), 'ping');
  });
}

test('with --keep-open clients are served at the same time, and Ctrl-C ends them in order', async () => {
  using server = modnet('listen', LISTEN, '--echo', '--keep-open', '-v');
  const port = await server.port();
  const sockets = [socketTo(port), socketTo(port), socketTo(port)];
  for (const [index, socket] of sockets.entries()) socket.write(`client ${index}`);
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('readable', resolve))));
  const texts = sockets.map(all);
  server.kill('SIGINT');
  assert.deepEqual(await Promise.all(texts.map((text, at) => text.finally(() => sockets[at]!.end()))), [
    'client 0',
    'client 1',
    'client 2',
  ]);
  const { code, stderr } = await server.ended;
  assert.equal(code, 130);
  assert.match(stderr, /total .*3 connections \(0 failed, 0 refused\), in 24 B, out 24 B/);
});

test('standard input goes to every client', async () => {
  using server = modnet('listen', LISTEN, '--keep-open');
  const address = await server.address();
  using one = modnet('connect', address);
  using two = modnet('connect', address);
  one.child.stdin.write('one is here\n');
  await server.seen(/one is here/);
  two.child.stdin.write('two is here\n');
  await server.seen(/two is here/);
  server.end('to all');
  await Promise.all([one.end().ended, two.end().ended]);
  assert.deepEqual([one.stdout, two.stdout], ['to all', 'to all']);
});

test('a client beyond --max is reset and counted, and the others notice nothing', async () => {
  using server = modnet('listen', LISTEN, '--echo', '--max', '2', '-v');
  const port = await server.port();
  const inside = [socketTo(port), socketTo(port)];
  await server.seen(/#2 open/);
  const outside = Array.from({ length: 50 }, () => socketTo(port));
  const endings = await Promise.all(outside.map(ending));
  assert.deepEqual(new Set(endings), new Set(['ECONNRESET']));
  inside[0]!.end('still here');
  assert.equal(await all(inside[0]!), 'still here');
  // There is room again.
  await server.seen(/#1 close/);
  const next = socketTo(port);
  next.end('next');
  assert.equal(await all(next), 'next');
  inside[1]!.destroy();
  server.kill('SIGINT');
  assert.match((await server.ended).stderr, /50 refused/);
});

test('--idle ends a silent client, and a talking one stays', async () => {
  using server = modnet('listen', LISTEN, '--echo', '--idle', '150ms', '-v');
  const socket = socketTo(await server.port());
  assert.equal(await ending(socket), 'end');
  socket.end();
  const { code, stderr } = await server.ended;
  assert.equal(code, 0);
  assert.match(stderr, /#1 close .*: silent for too long/);
});

test('--exec runs a command for each client', async () => {
  using server = modnet('listen', LISTEN, '--exec', 'tr a-z A-Z', '--keep-open');
  const port = await server.port();
  const sockets = [socketTo(port), socketTo(port)];
  for (const [index, socket] of sockets.entries()) socket.end(`client ${index}`);
  assert.deepEqual(await Promise.all(sockets.map(all)), ['CLIENT 0', 'CLIENT 1']);
});

test('what a failing command said still arrives, and the failure is told', async () => {
  using server = modnet('listen', LISTEN, '--exec', 'echo said; exit 3');
  const socket = socketTo(await server.port());
  assert.equal(await all(socket), 'said\n');
  socket.end();
  const { code, stderr } = await server.ended;
  assert.equal(code, 1);
  assert.match(stderr, /failed with exit code 3/);
});

test('--to writes into a file; a file that cannot be written is said', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'upload');
  using server = modnet('listen', LISTEN, '--to', path);
  const socket = socketTo(await server.port());
  socket.end('x'.repeat(300_000));
  assert.equal(await all(socket), '');
  assert.equal((await server.ended).code, 0);
  assert.equal(readFileSync(path, 'utf8'), 'x'.repeat(300_000));
  const { code, stderr } = await modnet('listen', LISTEN, '--to', join(folder, 'no', 'where')).ended;
  assert.equal(code, 1);
  assert.match(stderr, /Cannot write to .*where/);
  if (process.platform !== 'linux') return;
  using full = modnet('listen', LISTEN, '--to', '/dev/full');
  socketTo(await full.port()).end('x');
  const ended = await full.ended;
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /Cannot write to \/dev\/full: no space left on device/);
});

test('--hex shows both directions with offsets', async () => {
  using server = modnet('listen', LISTEN, '--echo', '--hex');
  using client = modnet('connect', await server.address());
  await client.end('hello').ended;
  const { stdout } = await server.ended;
  const row = '00000000  68 65 6c 6c 6f                                    |hello|';
  assert.equal(stdout.toString(), `#1 < ${row}\n#1 > ${row}\n`);
});

test('--frame shows a message a line and sends a line a message', async () => {
  using server = modnet('listen', LISTEN, '--frame', 'netstring');
  const socket = socketTo(await server.port());
  socket.write('5:hello,11:two\nlin\x1b[0m,0:,');
  await server.seen(/two/);
  server.end('an answer\n\nlast');
  assert.equal((await once(socket, 'data')).slice(0, 12), '9:an answer,');
  socket.end();
  const { code, stdout } = await server.ended;
  assert.equal(code, 0);
  assert.equal(stdout.toString(), 'hello\ntwo␊lin␛[0m\n\n');
});

test('a peer that breaks the framing is an error of the peer', async () => {
  using server = modnet('listen', LISTEN, '--frame', 'netstring');
  const socket = socketTo(await server.port());
  socket.write('this is no netstring');
  assert.equal(await ending(socket), 'ECONNRESET');
  const { code, stderr } = await server.ended;
  assert.equal(code, 1);
  assert.match(stderr, /netstring/);
});

test('--exec with --frame gives the command lines', async () => {
  using server = modnet('listen', LISTEN, '--exec', 'tr a-z A-Z', '--frame', 'length:2');
  const socket = socketTo(await server.port());
  socket.end('\x00\x02hi\x00\x05there');
  assert.equal(await all(socket), '\x00\x02HI\x00\x05THERE');
});

test('--json tells every event as a line', async () => {
  using server = modnet('listen', LISTEN, '--json');
  const socket = socketTo(await server.port());
  socket.end(Buffer.from([0x68, 0x69]));
  await server.seen(/"text":"hi"/);
  server.end();
  const { code, stdout, stderr } = await server.ended;
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const events = stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ event }) => event),
    ['listening', 'open', 'data', 'end', 'close', 'total'],
  );
  const closed = events[4];
  assert.equal(closed.in, 2);
  if (process.platform === 'linux') assert.equal(typeof closed.tcp.rtt, 'number');
});

test('a reset is a failure of connect and of the one client of listen', async () => {
  using server = modnet('listen', LISTEN, '-v');
  const socket = socketTo(await server.port());
  await server.seen(/#1 open/);
  socket.resetAndDestroy();
  const { code, stderr } = await server.ended;
  assert.equal(code, 1);
  assert.match(stderr, /modnet: .*reset by the peer/);
});

test('nothing listens there: exit code 1 and the reason', async () => {
  using server = modnet('listen', LISTEN);
  const address = await server.address();
  server.kill('SIGTERM');
  assert.equal((await server.ended).code, 130);
  const { code, stderr } = await modnet('connect', address).ended;
  assert.equal(code, 1);
  assert.match(stderr, /^modnet: .*connection refused; nothing listens there\n$/);
});

test('a reader of standard output that leaves ends the tool quietly', async () => {
  using server = modnet('listen', LISTEN, '--exec', 'yes', '--keep-open');
  using client = modnet('connect', await server.address());
  await client.seen(/y\ny\n/);
  client.child.stdout.destroy();
  const { code, stderr } = await client.ended;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});

test('wrong usage exits with 2 and names the mistake', async () => {
  const cases: [string[], RegExp][] = [
    [['listen', 'tcp://127.0.0.1'], /the port is missing/],
    [['listen', 'stdio:'], /Cannot listen on "stdio:": stdio only connects; listening goes on tcp/],
    [['listen', 'foo://x'], /no transport is named "foo"; there are tcp/],
    [['connect', 'foo://x'], /no transport is named "foo"/],
    [['listen', LISTEN, '--echo', '--discard'], /cannot be used with/],
    [['listen', LISTEN, '--max', '0'], /no number of connections/],
    [['connect', LISTEN, '--frame', 'morse'], /"morse" is none of/],
    [['connect', LISTEN, '--idle', 'soon'], /is no duration/],
    [['connect', LISTEN, '--driver', 'taxi'], /Allowed choices/],
    [['relay', LISTEN], /missing required argument/],
  ];
  const ended = await Promise.all(cases.map(([args]) => modnet(...args).end().ended));
  for (const [index, { code, stderr }] of ended.entries()) {
    assert.equal(code, 2, stderr);
    assert.match(stderr, cases[index]![1]);
  }
});

async function once(socket: Socket, event: string): Promise<string> {
  return new Promise((resolve) => socket.once(event, (chunk) => resolve(String(chunk))));
}
