/** `prefork` and `hybrid`: workers that accept, come and go while clients connect. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { HalfCloseable } from '../core/index.ts';
import { kernelAvailable } from '../kernel/index.ts';
import { openDescriptors, rejectsWith } from '../testing/transport/subject.ts';
import type { ServeOptions } from './index.ts';
import { ask, childrenOf, endOf, Trial, until } from './test-trial.ts';

const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };
const WORKERS = 2;
const LOOPS = 4;

const folder = mkdtempSync(join(tmpdir(), 'modnet-crews-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

const TCP = (): string => 'tcp://127.0.0.1:0';
const UNIX = (): string => `unix://${folder}/${++made}.sock`;

const CREWS: Readonly<Record<string, readonly [ServeOptions, () => string]>> = {
  'prefork over tcp': [{ architecture: 'prefork' }, TCP],
  'prefork over unix': [{ architecture: 'prefork' }, UNIX],
  'hybrid in threads over tcp': [{ architecture: 'hybrid' }, TCP],
  'hybrid in threads over unix': [{ architecture: 'hybrid' }, UNIX],
  'hybrid in threads, a socket each': [{ architecture: 'hybrid', listener: 'reuseport' }, TCP],
  'hybrid in processes over tcp': [{ architecture: 'hybrid', isolation: 'processes' }, TCP],
  'hybrid in processes, a socket each': [
    { architecture: 'hybrid', isolation: 'processes', listener: 'reuseport' },
    TCP,
  ],
};

for (const [name, [options, address]] of Object.entries(CREWS)) {
  const isThreads = options.architecture === 'hybrid' && options.isolation === undefined;
  const open = (handler: URL | string, more: ServeOptions = {}): Promise<Trial> =>
    Trial.open(handler, { workers: WORKERS, ...options, ...more }, address());

  describe(name, () => {
    test('reloads while clients connect: none is refused, none reset', LIMIT, async () => {
      await using trial = await open('echo');
      const stop = trial.load(LOOPS);
      for (let reloads = 0; reloads < 3; reloads++) await trial.server.reload();
      const served = await stop();
      assert.ok(served > 0);
      const now = await trial.settled();
      assert.equal(now.finished, served);
      assert.equal(now.accepted, served);
      assert.equal(now.restarts, 0);
      await trial.until('the old ones are gone', ({ workers }) => allReady(workers));
      const ends = trial.events.filter(({ event }) => event === 'worker-exit');
      assert.equal(ends.length, 3 * WORKERS);
      assert.ok(ends.every(({ message }) => message.endsWith('exit code 0')));
    });

    test('gets more workers and fewer while clients connect', LIMIT, async () => {
      await using trial = await open('echo');
      const stop = trial.load(LOOPS);
      for (const size of [4, 1, 3]) {
        await trial.server.resize(size);
        await trial.until(`${size} work`, ({ workers }) => workers.length === size);
        assert.ok(trial.statistics.workers.every(({ state }) => state === 'ready'));
      }
      // TCP resets what comes to a socket of its own between the last accept and the close.
      const served = await stop().catch((error: NodeJS.ErrnoException) => {
        assert.equal(options.listener, 'reuseport', String(error));
        return undefined;
      });
      const now = await trial.settled();
      if (served !== undefined) assert.equal(now.finished, served);
      await rejectsWith(trial.server.resize(0), 'limit');
      await rejectsWith(trial.server.resize(257), 'limit');
    });

    test('a worker that dies takes its connections along and no others, and is replaced', LIMIT, async () => {
      await using trial = await open('crash');
      const [victim, other] = await onTwoWorkers(trial, options.architecture === 'prefork');
      const [lost] = trial.statistics.workers.filter(({ worker }) => worker === victim.worker);
      await victim.clients[0]!.write(Buffer.from('x'));
      for (const client of victim.clients) await endOf(client);
      await trial.until('it was replaced', (now) => now.restarts === 1 && allReady(now.workers));
      const now = trial.statistics;
      assert.equal(now.failed, lost!.active);
      assert.equal(now.active, other.clients.length);
      assert.ok(other.clients.every((client) => client.moved === 0));
      const exit = trial.events.find(({ event }) => event === 'worker-exit');
      assert.equal(exit?.worker, victim.worker);
      if (isThreads) assert.match(exit.message, /uncaught Error: crashed on purpose/);
      else assert.match(exit.message, /exit code 1/);
    });

    test('a handler that exits its worker, and one that throws at once, fail alone', LIMIT, async () => {
      await using exits = await open('exit');
      await (await exits.connect()).write(Buffer.from('x'));
      await exits.until('it was replaced', (now) => now.restarts === 1 && allReady(now.workers));
      assert.equal(exits.statistics.failed, 1);
      assert.match(exits.events.find(({ event }) => event === 'worker-exit')!.message, /exit code 3/);
      await using throws = await open('throw');
      await endOf(await throws.connect().catch(() => ended));
      await throws.until('it has failed', ({ failed }) => failed === 1);
      await until('it was reported', () => throws.events.length > 0);
      assert.match(throws.events[0]!.error!.message, /thrown on purpose/);
      assert.equal(throws.statistics.restarts, 0);
    });

    test('what does not return is aborted at the deadline, also what holds its thread', LIMIT, async () => {
      await using trial = await open('hang', { drainTimeout: 50 });
      const client = await trial.connect();
      await trial.until('it is served', ({ active }) => active === 1);
      assert.deepEqual(await trial.server.drain(), { finished: 0, aborted: 1 });
      await endOf(client);
      await using spins = await open('spin', { drainTimeout: 50 });
      const spinning = await spins.connect();
      assert.equal(await ask(spinning, 'x'), 'spins');
      assert.deepEqual(await spins.server.drain(), { finished: 0, aborted: 1 });
      await endOf(spinning);
    });

    test('when the new handler does not load, the old workers stay', LIMIT, async () => {
      const module = moduleOf('export default async (c) => { await c.write(Buffer.from("first")); };');
      await using trial = await open(module);
      writeFileSync(module, 'export default async (c) => {{{');
      const error = await rejectsWith(trial.server.reload(), 'unsupported');
      assert.match(error.message, /cannot be loaded: SyntaxError/);
      await trial.until('the failed ones are gone', ({ workers }) => workers.length === WORKERS);
      assert.equal(await greeting(trial), 'first');
      assert.equal(trial.statistics.restarts, 0);
      writeFileSync(module, 'export default async (c) => { await c.write(Buffer.from("second")); };');
      await trial.server.reload();
      assert.equal(await greeting(trial), 'second');
    });

    test('leaves no descriptor and no process behind', LIMIT, async () => {
      await (await open('echo')).server.close();
      const descriptors = openDescriptors();
      const children = childrenOf(process.pid);
      await using trial = await open('echo');
      await Promise.all([1, 2, 3].map((client) => trial.exchange(`client ${client}`)));
      await trial.server.resize(3);
      await trial.server.reload();
      await trial.server.resize(1);
      await trial.server.close();
      assert.deepEqual(childrenOf(process.pid), children);
      await until('its descriptors are closed', () => openDescriptors() === descriptors);
    });
  });
}

const ended = { read: async () => null } as unknown as HalfCloseable;

interface Crowd {
  readonly worker: number;
  readonly clients: HalfCloseable[];
}

/** Connects until two workers serve, and tells whom. */
async function onTwoWorkers(trial: Trial, isOneEach: boolean): Promise<readonly [Crowd, Crowd]> {
  const crowds = new Map<number, HalfCloseable[]>();
  for (let clients = 0; crowds.size < 2; clients++) {
    assert.ok(clients < (isOneEach ? 2 : 1_000), 'one worker takes all');
    const before = activeOf(trial);
    const client = await trial.connect();
    await trial.until('it is served', ({ active }) => active === clients + 1);
    const [worker] = [...activeOf(trial)].find(([id, active]) => active > (before.get(id) ?? 0))!;
    crowds.set(worker, [...(crowds.get(worker) ?? []), client]);
  }
  const [victim, other] = [...crowds].map(([worker, clients]) => ({ worker, clients }));
  return [victim!, other!];
}

function activeOf(trial: Trial): Map<number, number> {
  return new Map(trial.statistics.workers.map(({ worker, active }) => [worker, active]));
}

function allReady(workers: readonly { readonly state: string }[]): boolean {
  return workers.length === WORKERS && workers.every(({ state }) => state === 'ready');
}

async function greeting(trial: Trial): Promise<string> {
  const client = await trial.connect();
  return Buffer.from((await client.read())!).toString();
}

function moduleOf(source: string): URL {
  const path = join(folder, `handler-${++made}.mjs`);
  writeFileSync(path, source);
  return pathToFileURL(path);
}
