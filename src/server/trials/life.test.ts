/** A server as a process among processes: its signals, its workers' signals, and its own end. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { HalfCloseable } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import { connect } from '../../transport/index.ts';
import type { ServeOptions } from '../index.ts';
import { ask, endOf, until } from './test-trial.ts';

const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };
const SCRIPT = fileURLToPath(new URL('./life.test.child.ts', import.meta.url));

interface Line {
  readonly event: string;
  readonly message: string;
  readonly pids: number[];
}

class Life implements AsyncDisposable {
  readonly lines: Line[] = [];
  readonly exited: Promise<number | string>;
  readonly process: ChildProcess;
  #clients: HalfCloseable[] = [];

  constructor(handler: string, options: ServeOptions, ...flags: string[]) {
    const args = [...process.execArgv, ...flags, SCRIPT, handler, JSON.stringify(options)];
    this.process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.lines.push(JSON.parse(line)));
    this.exited = new Promise((resolve) =>
      this.process.once('exit', (code, signal) => resolve(signal ?? code ?? -1)),
    );
  }

  async told(event: string, times = 1): Promise<Line> {
    const found = (): Line[] => this.lines.filter((line) => line.event === event);
    await until(`the server says ${event} ${times} times`, () => found().length >= times);
    return found()[times - 1]!;
  }

  async connect(): Promise<HalfCloseable> {
    const { message } = await this.told('ready');
    const client = await connect(message);
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.abort();
    // Its children end by themselves, which is a test of its own.
    this.process.kill('SIGKILL');
    await this.exited;
  }
}

const PREFORK: ServeOptions = { architecture: 'prefork', workers: 2 };
const THREADS: ServeOptions = { architecture: 'hybrid', workers: 2 };

test('SIGHUP reloads, SIGTTIN and SIGTTOU resize, SIGTERM drains', LIMIT, async () => {
  await using life = new Life('echo', PREFORK);
  const { pids } = await life.told('ready');
  assert.equal(pids.length, 2);
  life.process.kill('SIGHUP');
  const reloaded = await life.told('reload');
  await life.told('worker-exit', 2);
  assert.ok(reloaded.pids.some((pid) => !pids.includes(pid)));
  life.process.kill('SIGTTIN');
  await life.told('worker-start', 3);
  life.process.kill('SIGTERM');
  const { message } = await life.told('drain');
  assert.equal(message, 'closed: 0 finished, 0 aborted');
  assert.equal(await life.exited, 0);
});

test('workers leave what the terminal sends to their parent', LIMIT, async () => {
  await using life = new Life('echo', PREFORK);
  const { pids } = await life.told('ready');
  const clients = await Promise.all(pids.map(() => life.connect()));
  for (const pid of pids)
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'] as const) process.kill(pid, signal);
  for (const client of clients) assert.equal(await ask(client, 'x'), 'x');
});

test('a worker that gets SIGTERM finishes what it has, and is replaced', LIMIT, async () => {
  await using life = new Life('echo', PREFORK);
  const { pids } = await life.told('ready');
  const clients = await Promise.all(pids.map(() => life.connect()));
  for (const client of clients) assert.equal(await ask(client, 'x'), 'x');
  process.kill(pids[0]!, 'SIGTERM');
  for (const client of clients) assert.equal(await ask(client, 'y'), 'y');
  for (const client of clients) await client.end();
  for (const client of clients) assert.equal(await endOf(client), 'end');
  assert.match((await life.told('worker-exit')).message, /exit code 0$/);
  await life.told('worker-start');
});

for (const [name, options] of Object.entries({
  prefork: PREFORK,
  hybrid: { ...PREFORK, architecture: 'hybrid', isolation: 'processes' } as const,
  process: { architecture: 'process' } as const,
})) {
  test(`children of ${name} end when their parent is killed, after what they hold`, LIMIT, async () => {
    await using life = new Life('who', options);
    const client = await life.connect();
    const { pid } = JSON.parse(Buffer.from((await client.read())!).toString());
    assert.notEqual(pid, life.process.pid);
    life.process.kill('SIGKILL');
    assert.equal(await life.exited, 'SIGKILL');
    assert.equal(await ask(client, 'still'), 'still');
    await client.end();
    assert.equal(await endOf(client), 'end');
    const pids = new Set([pid, ...(await life.told('ready')).pids]);
    await until('they are gone', () => [...pids].every((each) => !isRunning(each)));
  });
}

test('a process that ends with busy threads ends as it was asked to', LIMIT, async () => {
  for (let round = 0; round < 8; round++) {
    await using life = new Life('echo', THREADS);
    const clients = await Promise.all([1, 2, 3, 4].map(() => life.connect()));
    for (const client of clients) void keepBusy(client);
    life.process.stdin!.write('end');
    assert.equal(await life.exited, 42);
  }
});

test('a thread that runs out of memory takes none of the others along', LIMIT, async () => {
  await using life = new Life('devour', THREADS, '--max-old-space-size=64');
  const clients = await Promise.all([1, 2, 3, 4].map(() => life.connect()));
  for (const client of clients) void keepBusy(client);
  const client = await life.connect();
  await client.write(Buffer.from('devour'));
  assert.equal(await endOf(client), 'lost');
  const { message } = await life.told('worker-exit');
  assert.match(message, /reaching memory limit/);
  await life.told('worker-start');
  assert.equal(await ask(await life.connect(), 'x'), 'x');
});

/** Until it is lost. */
async function keepBusy(client: HalfCloseable): Promise<void> {
  try {
    while ((await ask(client, 'x'.repeat(1_000))) !== '');
  } catch {
    // The server has ended.
  }
}

/** One that has ended waits as a zombie where nobody reaps orphans, as in some containers. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
