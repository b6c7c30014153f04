import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { modnet, Tool } from './tool.ts';

const LISTEN = 'tcp://127.0.0.1:0';
const BIN = fileURLToPath(new URL('../bin/modnet.js', import.meta.url));
const handler = (name: string): string => fileURLToPath(new URL(`./handlers/${name}.ts`, import.meta.url));

/** Their options, and what the line `listening on …` says of each. */
const ARCHITECTURES: readonly (readonly [name: string, options: readonly string[], words: string])[] = [
  ['serial', [], 'serial'],
  ['reactor', [], 'reactor'],
  ['process', [], 'process, at most 32 workers'],
  ['thread', ['--workers', '3'], 'thread, at most 3 workers'],
  ['pool', ['--workers', '2'], 'pool, 2 workers'],
  ['prefork', ['--workers', '2'], 'prefork, 2 workers'],
  ['hybrid', ['--workers', '2'], 'hybrid, 2 workers, threads'],
  ['hybrid', ['--workers', '2', '--isolation', 'processes'], 'hybrid, 2 workers, processes'],
];

const options = { timeout: 30_000, skip: process.platform !== 'linux' && 'sockets are handed on by Linux' };

async function client(server: Tool): Promise<Socket> {
  const socket = connect({ port: await server.port(), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  return socket;
}

/** Sends `words` and reads until `expected` has come back. */
async function talk(socket: Socket, words: string, expected: string | RegExp = words): Promise<string> {
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onData = (chunk: Buffer): void => {
    text += chunk;
    if (typeof expected === 'string' ? text === expected : expected.test(text)) resolve(text);
  };
  const onClose = (): void => reject(new Error(`closed after ${JSON.stringify(text)}`));
  socket.on('data', onData).once('close', onClose).write(words);
  return promise.finally(() => socket.off('data', onData).off('close', onClose));
}

/** What still comes until the end; then it ends too. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  socket.end();
  return text;
}

for (const [name, more, words] of ARCHITECTURES) {
  const architecture = ['--architecture', name, ...more];

  test(`${words}: echoes until the client ends, or a SIGTERM drains it`, options, async () => {
    using server = modnet('listen', LISTEN, ...architecture, '--echo', '-v');
    const one = await client(server);
    one.end('all of it');
    assert.equal(await rest(one), 'all of it');
    const two = await client(server);
    await talk(two, 'x'.repeat(300_000));
    await talk(two, 'once more');
    server.kill('SIGTERM');
    assert.equal(await rest(two), '');
    const { code, stderr } = await server.ended;
    assert.equal(code, 130, stderr);
    assert.ok(stderr.includes(` (${words})\n`), stderr);
    assert.match(stderr, /\nclosed: 1 finished, 0 aborted\n/);
    assert.match(stderr, /\ntotal {3}2 accepted: 2 finished, 0 failed, 0 aborted; 0 refused, /);
  });

  test(`${words}: a command for each, whose input ends when the server drains`, options, async () => {
    using server = modnet(
      'listen',
      LISTEN,
      ...architecture,
      '--exec',
      'while read x; do echo "$x!"; done; echo end',
    );
    const one = await client(server);
    one.end('hello\nyou\n');
    assert.equal(await rest(one), 'hello!\nyou!\nend\n');
    const two = await client(server);
    await talk(two, 'again\n', 'again!\n');
    server.kill('SIGTERM');
    assert.equal(await rest(two), 'end\n');
    assert.match((await server.ended).stderr, /\nclosed: 1 finished, 0 aborted\n$/);
  });

  test(`${words}: a module for each, whose faults are told with their place`, options, async () => {
    using server = modnet('listen', LISTEN, ...architecture, '--handler', handler('faulty'));
    const bad = await client(server);
    const ended = new Promise((resolve) => bad.once('close', resolve));
    await talk(bad, 'well');
    bad.write('fault');
    await ended;
    const good = await client(server);
    await talk(good, 'goes on');
    await server.seen(
      /modnet: (worker \d+: )?the handler threw TypeError: this is the fault \(.*faulty\.ts:\d+/,
    );
  });

  test(`${words}: what does not end by itself is aborted at the deadline`, options, async () => {
    using server = modnet(
      'listen',
      LISTEN,
      ...architecture,
      '--handler',
      handler('stubborn'),
      '--drain',
      '0',
    );
    const socket = await client(server);
    await talk(socket, '', 'hello');
    server.kill('SIGTERM');
    const { code, stderr } = await server.ended;
    assert.equal(code, 130);
    assert.match(stderr, /\nclosed: 0 finished, 1 aborted\n$/);
  });

  test(`${words}: a handler that does not load is one line`, options, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const cases: [string, string, RegExp][] = [
      ['none.mjs', 'export const named = 1;', /must export a function by default .*; it exports named$/],
      ['broken.ts', 'export const x: number = ;', /cannot be loaded: SyntaxError: .*$/],
      ['throws.mjs', 'throw new Error("boom");', /cannot be loaded: Error: boom$/],
    ];
    const ended = await Promise.all(
      cases.map(([file, text]) => {
        writeFileSync(join(folder, file), text);
        return modnet('listen', LISTEN, ...architecture, '--handler', join(folder, file)).ended;
      }),
    );
    for (const [index, { code, stderr }] of ended.entries()) {
      const [file, , expected] = cases[index]!;
      assert.equal(code, 1, stderr);
      assert.equal(stderr.split('\n').length, 2, stderr);
      assert.ok(stderr.startsWith(`modnet: The handler ${join(folder, file)} `), stderr);
      assert.match(stderr.trimEnd(), expected);
    }
  });
}

for (const name of ['reactor', 'thread']) {
  test(`${name}: what arrives is discarded`, options, async () => {
    using server = modnet('listen', LISTEN, '--architecture', name, '--discard');
    const socket = await client(server);
    socket.end('x'.repeat(300_000));
    assert.equal(await rest(socket), '');
  });
}

test('signals remove a worker, reload, and add one', options, async () => {
  using server = modnet('listen', LISTEN, '--architecture', 'hybrid', '--workers', '2', '--echo', '-v');
  await server.address();
  server.kill('SIGTTOU');
  await server.seen(/worker 2 ended: exit code 0/);
  server.kill('SIGHUP');
  await server.seen(/reloaded/);
  server.kill('SIGTTIN');
  await server.seen(/(worker \d+ starts[\s\S]*){4}/);
  await talk(await client(server), 'hello');
});

test('a handler alone is a reactor, and a second Ctrl-C ends it at once', options, async () => {
  using server = modnet('listen', LISTEN, '--handler', handler('stubborn'));
  const socket = await client(server);
  await talk(socket, '', 'hello');
  server.kill('SIGINT');
  await server.seen(/closing: 1 connection to finish within 10\.0 s/);
  server.kill('SIGINT');
  const { code, stderr } = await server.ended;
  assert.equal(code, 130);
  assert.match(stderr, /\(reactor\)\n/);
  assert.match(stderr, /\nclosed: 0 finished, 1 aborted\n$/);
});

test('a Ctrl-C ends it also while the handler is loading', options, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'slow.mjs');
  writeFileSync(file, 'console.log("loading"); await new Promise(() => {});');
  using server = modnet('listen', LISTEN, '--architecture', 'reactor', '--handler', file);
  await server.seen(/loading/);
  server.kill('SIGINT');
  assert.equal((await server.ended).code, 130);
});

test('--json tells what happens as lines, and SIGUSR1 the statistics', options, async () => {
  using server = modnet('listen', LISTEN, '--handler', handler('faulty'), '--json');
  const bad = await client(server);
  bad.write('fault');
  await server.seen(/"event":"failure"/);
  server.kill('SIGUSR1');
  await server.seen(/"event":"statistics"/);
  server.kill('SIGTERM');
  const { code, stdout, stderr } = await server.ended;
  assert.deepEqual({ code, stderr }, { code: 130, stderr: '' });
  const events = stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [listening, failure, statistics, closed, total] = events;
  assert.deepEqual(
    events.map(({ event }) => event),
    ['listening', 'failure', 'statistics', 'closed', 'total'],
  );
  assert.equal(listening.architecture, 'reactor');
  assert.equal(failure.message, 'this is the fault');
  assert.deepEqual([statistics.accepted, statistics.failed, statistics.workers], [1, 1, []]);
  assert.deepEqual([closed.finished, closed.aborted], [0, 0]);
  assert.deepEqual([total.accepted, total.failed, total.restarts], [1, 1, 0]);
});

test('without --json, SIGUSR1 prints a table', options, async () => {
  using server = modnet('listen', LISTEN, '--architecture', 'serial', '--echo');
  const socket = await client(server);
  await talk(socket, 'hello');
  server.kill('SIGUSR1');
  await server.seen(
    /serial: 1 active, 0 queued, 1 accepted: 0 finished, 0 failed, 0 aborted; 0 refused, 0 restarts\n/,
  );
});

test('too many open files is told, and the server goes on', options, async () => {
  const limited = ['-c', 'ulimit -n 48; exec "$@"', 'sh', process.execPath, BIN];
  using server = new Tool('/bin/sh', [...limited, 'listen', LISTEN, '--architecture', 'reactor', '--echo']);
  const sockets = await Promise.all(Array.from({ length: 60 }, () => client(server)));
  await server.seen(/^modnet: .*too many open files.*ulimit -n/m);
  for (const socket of sockets.slice(1)) socket.destroy();
  await talk(sockets[0]!, 'still here');
});

test('--max-per-address resets one client more', options, async () => {
  using server = modnet(
    'listen',
    LISTEN,
    '--architecture',
    'reactor',
    '--echo',
    '--max-per-address',
    '1',
    '-v',
  );
  const one = await client(server);
  await talk(one, 'inside');
  const two = await client(server);
  await new Promise((resolve) => two.once('close', resolve));
  server.kill('SIGTERM');
  one.end();
  assert.match((await server.ended).stderr, /; 1 refused/);
});

test('datagrams are echoed by an architecture that needs no sockets', options, async () => {
  using server = modnet('listen', 'udp://127.0.0.1:0', '--architecture', 'reactor', '--echo');
  using peer = modnet('connect', await server.address(), '--idle', '300ms');
  assert.equal((await peer.end('ping').ended).stdout.toString(), 'ping');
});

test('an address in use is exit code 1', options, async () => {
  using server = modnet('listen', LISTEN, '--architecture', 'reactor', '--echo');
  const { code, stderr } = await modnet(
    'listen',
    await server.address(),
    '--architecture',
    'serial',
    '--echo',
  ).ended;
  assert.equal(code, 1);
  assert.match(stderr, /^modnet: Cannot listen on .*address already in use.*\n$/);
});

test('wrong usage exits with 2 and names the mistake', options, async () => {
  const cases: [string[], RegExp][] = [
    [['--architecture', 'baroque', '--echo'], /Allowed choices are serial, process, /],
    [['--architecture', 'reactor'], /needs --echo, --discard, --exec or --handler/],
    [['--architecture', 'reactor', '--echo', '--hex'], /'--hex' cannot be used with an architecture/],
    [['--architecture', 'reactor', '--echo', '--workers', '2'], /'--workers' is of process/],
    [['--architecture', 'hybrid', '--echo', '--workers', '257'], /no whole number from 1 to 256/],
    [['--workers', '2', '--echo'], /'--workers' needs --architecture/],
    [['--handler', '/no/such/handler.ts'], /There is no file \/no\/such\/handler\.ts/],
    [['--handler', handler('shout'), '--echo'], /cannot be used with/],
    [['--architecture', 'hybrid', '--echo', '--driver', 'node'], /kernel driver only/],
  ];
  const ended = await Promise.all(cases.map(([args]) => modnet('listen', LISTEN, ...args).ended));
  for (const [index, { code, stderr }] of ended.entries()) {
    assert.equal(code, 2, stderr);
    assert.match(stderr, cases[index]![1]);
  }
});
