import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { HalfCloseable, Receiver, Wire } from '../../core/index.ts';
import type { LoadResult } from '../../service/lab/index.ts';
import { listen } from '../../transport/index.ts';

const bin = fileURLToPath(new URL('../../../bin/modnet.js', import.meta.url));
const limited = { timeout: 60_000 };
const SHORT = ['--duration', '1s', '--warmup', '0', '--connections', '3'];

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [bin, 'bench', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

function bench(...args: string[]): Promise<Ended> {
  return ended(start(...args));
}

/** A server of this process; what it does with each connection. */
async function serve(t: TestContext, handler: (connection: HalfCloseable) => unknown): Promise<string> {
  const listener = await listen('tcp://127.0.0.1:0');
  const open = new Set<HalfCloseable>();
  const accept = async (): Promise<void> => {
    for await (const connection of listener) {
      open.add(connection);
      handler(connection);
    }
  };
  const accepting = accept();
  t.after(async () => {
    for (const connection of open) connection.abort();
    await listener.close();
    await accepting;
  });
  return String(listener.address);
}

class Echo implements Receiver {
  readonly #wire: Wire;
  readonly #spoil: boolean;

  constructor(connection: HalfCloseable, spoil: boolean) {
    this.#spoil = spoil;
    this.#wire = connection.attach(this);
  }

  onData(chunk: Uint8Array): void {
    this.#wire.push(this.#spoil ? chunk.map((byte) => byte ^ 1) : chunk);
  }

  onEnd(): void {
    this.#wire.end();
  }

  onDrain(): void {}
  onClose(): void {}
}

test('an echo server: figures, exit code 0, and nothing on standard error', limited, async (t) => {
  const url = await serve(t, (connection) => new Echo(connection, false));
  const { status, stdout, stderr } = await bench(url, ...SHORT);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.ok(stdout.startsWith(`${url}: 3 connections, closed loop, requests of 64 bytes, `), stdout);
  assert.match(stdout, /^request( +[\d.]+ (µs|ms|s)){6}$/m);
  assert.match(stdout, /^errors {7}none$/m);
});

test('--json is one object, from a process of its own as well', limited, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-bench-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'request');
  writeFileSync(file, 'hello');
  const url = await serve(t, (connection) => new Echo(connection, false));
  const args = ['--request', `@${file}`, '--frame', 'lines', '--rate', '200', '--core', '0', '--json'];
  const { status, stdout, stderr } = await bench(url, ...SHORT, ...args);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  const result = JSON.parse(stdout) as LoadResult;
  assert.deepEqual([result.loop, result.schedule?.rate, result.requestBytes], ['open', 200, 6]);
  assert.equal('histograms' in result, false);
});

test(
  'wrong answers, and a server that ends every connection, exit with 1 and the reason',
  limited,
  async (t) => {
    const wrong = await bench(await serve(t, (connection) => new Echo(connection, true)), ...SHORT);
    assert.equal(wrong.status, 1);
    assert.match(wrong.stdout, /× wrong answer/);
    const closing = await serve(t, (connection) => connection.close().catch(() => {}));
    const none = await bench(closing, '--connections', '2', '--duration', '1h');
    assert.equal(none.status, 1);
    assert.match(none.stdout, /ended early: no answers\n/);
  },
);

test('a server that never answers is timeouts, and exit code 1', limited, async (t) => {
  const url = await serve(t, () => {});
  const { status, stdout } = await bench(url, '--duration', '300ms', '--warmup', '0', '--timeout', '50ms');
  assert.equal(status, 1);
  assert.match(stdout, /× timeout \(request\): No answer came within 50 ms/);
});

test('nobody there is one line on standard error', limited, async () => {
  const listener = await listen('tcp://127.0.0.1:0');
  const url = String(listener.address);
  await listener.close();
  const stderr = `modnet: Cannot connect to ${url}: connection refused; nothing listens there\n`;
  assert.deepEqual(await bench(url), { status: 1, stdout: '', stderr });
});

test('an interrupt prints what was measured and exits with 130', limited, async (t) => {
  for (const more of [[], ['--core', '0']]) {
    const asked = Promise.withResolvers<void>();
    const url = await serve(t, (connection) => {
      new Echo(connection, false);
      asked.resolve();
    });
    const child = start(url, '--duration', '1h', '--warmup', '0', ...more);
    const ending = ended(child);
    // A child that dies early has no interrupt to wait for.
    await Promise.race([asked.promise, ending]);
    child.kill('SIGINT');
    const { status, stdout } = await ending;
    assert.equal(status, 130);
    assert.match(stdout, /ended early: interrupted\n/);
  }
});

test('wrong usage exits with 2 and says what is wrong', limited, async () => {
  const wrong: [string[], RegExp][] = [
    [['--connections', '0'], /"0" is no whole number/],
    [['--connections', '99999'], /connections is 99999; at most 65536/],
    [['--rate', 'fast'], /no number of requests a second/],
    [['--slow', '0.1'], /"0.1" is no share; write 10%/],
    [['--frame', 'nonsense'], /Bad framing "nonsense"/],
    [['--frame', 'fixed:16'], /A message of 64 bytes cannot be sent/],
    [['--request', '@/no/such/file'], /Cannot read the request: ENOENT/],
    [['--core', 'one'], /"one" is no number of a core/],
    [['--think', '1s', '--rate', '5'], /think makes no sense here/],
  ];
  const results = await Promise.all(wrong.map(([args]) => bench('tcp://127.0.0.1:1', ...args)));
  for (const [index, { status, stdout, stderr }] of results.entries()) {
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    assert.match(stderr, wrong[index]![1]);
  }
});
