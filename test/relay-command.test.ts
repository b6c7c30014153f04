import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { modnet, type Tool } from './tool.ts';

const DRIVERS = process.platform === 'linux' ? ['kernel', 'node'] : ['node'];
const ANY = 'tcp://127.0.0.1:0';

/** A server in this process; `onSocket` serves. */
async function server(t: TestContext, onSocket: (socket: Socket) => void, path?: string): Promise<string> {
  const sockets = new Set<Socket>();
  const listening: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  if (path === undefined) listening.listen(0, '127.0.0.1');
  else listening.listen(path);
  await once(listening, 'listening');
  return path === undefined ? `tcp://127.0.0.1:${(listening.address() as AddressInfo).port}` : `unix:${path}`;
}

async function socketTo(tool: Tool): Promise<Socket> {
  const socket = connect({ port: await tool.port(), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  return socket;
}

async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function ending(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    socket.on('end', () => resolve('end'));
    socket.resume();
  });
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

for (const driver of DRIVERS) {
  test(`${driver}: megabytes pass unchanged on several connections, with half-close`, async (t) => {
    const target = await server(t, (socket) => socket.pipe(socket));
    using relay = modnet('relay', ANY, target, '-v', '--driver', driver);
    const data = randomBytes(8 * 1024 * 1024);
    const sockets = await Promise.all([socketTo(relay), socketTo(relay)]);
    for (const socket of sockets) socket.end(data);
    for (const echoed of await Promise.all(sockets.map(all))) assert.equal(sha256(echoed), sha256(data));
    await relay.seen(/#2 close/);
    relay.kill('SIGINT');
    const { code, stderr } = await relay.ended;
    assert.equal(code, 130);
    assert.match(stderr, /#1 close {2}8388608 bytes forward, 8388608 back/);
    assert.equal(/back, spliced/.test(stderr), driver === 'kernel');
    assert.match(stderr, /total 2 connections \(0 failed, 0 refused\), 16\.8 MB forward, 16\.8 MB back/);
  });

  test(`${driver}: what TCP knows of both sides is told at the end, where the driver can ask`, async (t) => {
    const target = await server(t, (socket) => socket.pipe(socket));
    const figures = { rtt: 'number', rttVariation: 'number', retransmits: 'number' };
    const rest = { congestionWindow: 'number', deliveryRate: 'number' };
    using relay = modnet('relay', ANY, target, '-v', '--json', '--driver', driver);
    const socket = await socketTo(relay);
    socket.end('there and back');
    await all(socket);
    await relay.seen(/"event":"close"/);
    const culprit = await socketTo(relay);
    culprit.write('x');
    await once(culprit, 'data');
    culprit.resetAndDestroy();
    await relay.seen(/#2 close/);
    relay.kill('SIGINT');
    const { stdout, stderr } = await relay.ended;
    const events = String(stdout)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const { tcp } of events.filter(({ event }) => event === 'close')) {
      const types = (summary: object) =>
        Object.fromEntries(Object.entries(summary).map(([name, value]) => [name, typeof value]));
      if (driver === 'node') assert.equal(tcp, undefined);
      else for (const side of ['from', 'to']) assert.deepEqual(types(tcp[side]), { ...figures, ...rest });
    }
    const told = [...stderr.matchAll(/#(\d) tcp {4}(from|to {2}) rtt \d+\.\d+±/g)].map(
      ([, id, side]) => `${id} ${side!.trim()}`,
    );
    assert.deepEqual(told, driver === 'node' ? [] : ['1 from', '1 to', '2 from', '2 to']);
  });

  test(`${driver}: a reset of either side reaches the other`, async (t) => {
    const target = await server(t, (socket) => {
      socket.once('data', (chunk) => {
        if (String(chunk) === 'reset me') socket.resetAndDestroy();
        else socket.on('error', (error) => reported.resolve((error as NodeJS.ErrnoException).code!));
        socket.write('ready');
      });
    });
    const reported = Promise.withResolvers<string>();
    using relay = modnet('relay', ANY, target, '-v', '--driver', driver);
    const victim = await socketTo(relay);
    victim.write('reset me');
    assert.equal(await ending(victim), 'ECONNRESET');
    const culprit = await socketTo(relay);
    culprit.write('I reset');
    await once(culprit, 'data');
    culprit.resetAndDestroy();
    assert.equal(await reported.promise, 'ECONNRESET');
    await relay.seen(/#2 close .*reset by the peer/);
  });

  test(`${driver}: datagrams to a stream and back, and a silent session ends`, async (t) => {
    const target = await server(t, (socket) => socket.pipe(socket));
    using relay = modnet(
      'relay',
      'udp://127.0.0.1:0',
      target,
      '-v',
      '--session-idle',
      '300ms',
      '--driver',
      driver,
    );
    const socket = createSocket('udp4');
    t.after(() => socket.close());
    const port = await relay.port();
    socket.send('datagram', port, '127.0.0.1');
    const [message] = await once(socket, 'message');
    assert.equal(String(message), 'datagram');
    await relay.seen(/#1 close {2}8 bytes forward, 8 back, .*: ended/);
  });
}

test('a Unix socket and a command are targets as well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const target = await server(t, (socket) => socket.pipe(socket), join(folder, 'socket'));
  using relay = modnet('relay', ANY, target);
  const socket = await socketTo(relay);
  socket.end('over a path');
  assert.equal(String(await all(socket)), 'over a path');
  using command = modnet('relay', ANY, 'exec:tr a-z A-Z');
  const other = await socketTo(command);
  other.end('over a command');
  assert.equal(String(await all(other)), 'OVER A COMMAND');
});

test('standard input and output are one connection, and nothing else is printed on either', async (t) => {
  const target = await server(t, (socket) => socket.pipe(socket));
  const { code, stdout, stderr } = await modnet('relay', 'stdio:', target).end('there and back').ended;
  assert.deepEqual(
    { code, stdout: String(stdout), stderr },
    { code: 0, stdout: 'there and back', stderr: '' },
  );
});

test('where nothing listens the client is reset, told once, and counted', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  using relay = modnet('relay', ANY, `tcp://127.0.0.1:${port}`, '-v');
  assert.equal(await ending(await socketTo(relay)), 'ECONNRESET');
  await relay.seen(/#1 failed/);
  relay.kill('SIGINT');
  const { stderr } = await relay.ended;
  assert.equal(stderr.match(/connection refused/g)!.length, 1);
  assert.match(stderr, /1 connections \(1 failed, 0 refused\)/);
  const single = await modnet('relay', 'exec:true', `tcp://127.0.0.1:${port}`).ended;
  assert.equal(single.code, 1);
  assert.match(single.stderr, /^modnet: .*connection refused/);
});

test('a flood beyond --max is reset and counted, and those inside are served on', async (t) => {
  const target = await server(t, (socket) => socket.pipe(socket));
  using relay = modnet('relay', ANY, target, '--max', '1', '--json');
  const inside = await socketTo(relay);
  inside.write('first');
  await once(inside, 'data');
  const outside = await Promise.all(Array.from({ length: 200 }, () => socketTo(relay)));
  assert.deepEqual(new Set(await Promise.all(outside.map(ending))), new Set(['ECONNRESET']));
  inside.end('last');
  assert.equal(String(await all(inside)), 'last');
  await relay.seen(/"event":"close"/);
  relay.kill('SIGINT');
  const { stdout } = await relay.ended;
  const events = String(stdout)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const total = events.at(-1);
  assert.deepEqual(
    [total.event, total.connections, total.refused, total.forward, total.backward],
    ['total', 1, 200, 9, 9],
  );
  assert.equal(events.filter(({ event }) => event === 'refuse').length, 200);
});

test('a peer that never reads is waited for within bounds, and Ctrl-C ends it all the same', async (t) => {
  const target = await server(t, (socket) => socket.pause());
  using relay = modnet('relay', ANY, target, '-v');
  const socket = await socketTo(relay);
  socket.write(Buffer.alloc(256 * 1024 * 1024));
  await relay.seen(/#1 open/);
  relay.kill('SIGINT');
  const { code, stderr } = await relay.ended;
  assert.equal(code, 130);
  // What the buffers of the system hold, and not what the client would send.
  const [, forward] = /#1 close {2}(\d+) bytes forward/.exec(stderr)!;
  assert.ok(Number(forward) < 64 * 1024 * 1024, `${forward} bytes were taken for a peer that never reads`);
});

test('--idle ends a silent connection', async (t) => {
  const target = await server(t, (socket) => socket.on('end', () => socket.end()).resume());
  using relay = modnet('relay', ANY, target, '--idle', '150ms', '-v');
  const socket = await socketTo(relay);
  assert.equal(await ending(socket), 'end');
  socket.end();
  await relay.seen(/#1 close .*: silent for too long/);
});
