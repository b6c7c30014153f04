import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { turns } from '../../testing/transport/subject.ts';
import type { Site } from '../crew.ts';
import { settingsOf } from '../options.ts';
import { Roster } from './roster.ts';
import { Scoreboard } from './scoreboard.ts';
import { Supervisor } from './supervisor.ts';
import type { Worker } from './worker.ts';

const LIMIT = { timeout: 20_000 };
const SIZE = { maxConnections: 10, maxPerAddress: 0 };

test('it is started when all workers are ready', LIMIT, async () => {
  const { supervisor, workers, roster } = make();
  const starting = supervisor.start(2);
  await turns(1);
  assert.equal(workers.length, 2);
  workers[0]!.becomeReady();
  assert.equal(await isSettled(starting), false);
  workers[1]!.becomeReady();
  await starting;
  assert.equal(supervisor.size, 2);
  assert.deepEqual(
    roster.workers.map(({ worker }) => worker),
    [1, 2],
  );
});

test(
  'when one does not get ready, its reason is thrown, all go, and none comes after them',
  LIMIT,
  async (t) => {
    const { supervisor, workers, roster } = make(t);
    const starting = supervisor.start(2);
    await turns(1);
    workers[1]!.becomeReady();
    workers[0]!.die('exit code 1', new Error('the module is broken'));
    await turns(2);
    assert.deepEqual(workers[1]!.calls, ['drain 0']);
    workers[1]!.die('exit code 0');
    await assert.rejects(starting, /the module is broken/);
    t.mock.timers.tick(60_000);
    assert.equal(workers.length, 2);
    assert.deepEqual(roster.workers, []);
  },
);

test('one that dies is replaced; the sooner it died, the later', LIMIT, async (t) => {
  const { supervisor, workers, roster } = make(t);
  await started(supervisor, workers, 2);
  roster.scoreboard.claim(1, '');
  for (const delay of [100, 200, 400]) {
    const before = workers.length;
    workers.at(before === 2 ? 0 : -1)!.die('SIGKILL');
    await turns(1);
    t.mock.timers.tick(delay - 1);
    assert.equal(workers.length, before);
    t.mock.timers.tick(1);
    assert.equal(workers.length, before + 1);
    workers.at(-1)!.becomeReady();
  }
  assert.equal(supervisor.restarts, 3);
  assert.equal(roster.totals.failed, 1);
  assert.equal(workers.at(-1)!.id, 1);
});

test('drained, it replaces nobody, and counts how the connections ended', LIMIT, async (t) => {
  const { supervisor, workers, roster } = make(t);
  await started(supervisor, workers, 2);
  const { scoreboard } = roster;
  const [first, second] = [scoreboard.claim(1, '') as number, scoreboard.claim(2, '') as number];
  const draining = supervisor.drain(5_000);
  assert.deepEqual(
    workers.map(({ calls }) => calls.filter((call) => call.startsWith('drain'))),
    [['drain 5000'], ['drain 5000']],
  );
  scoreboard.release(1, first, 'finished');
  scoreboard.release(2, second, 'aborted');
  for (const worker of workers) worker.die('exit code 0');
  assert.deepEqual(await draining, { finished: 1, aborted: 1 });
  t.mock.timers.tick(60_000);
  assert.equal(workers.length, 2);
  await assert.rejects(supervisor.reload(), { code: 'closed' });
  await assert.rejects(supervisor.resize(3), { code: 'closed' });
});

test('who is not gone soon after the deadline is killed', LIMIT, async (t) => {
  const { supervisor, workers } = make(t);
  await started(supervisor, workers, 1);
  const draining = supervisor.drain(5_000);
  t.mock.timers.tick(5_000);
  assert.deepEqual(workers[0]!.calls, ['drain 5000']);
  t.mock.timers.tick(1_000);
  assert.deepEqual(workers[0]!.calls, ['drain 5000', 'kill']);
  await draining;
});

test(
  'reloaded, new workers come before the old ones go; if one does not, the old ones stay',
  LIMIT,
  async (t) => {
    const { supervisor, workers } = make(t);
    await started(supervisor, workers, 2);
    const failing = supervisor.reload();
    await assert.rejects(supervisor.resize(3), { code: 'busy' });
    workers[2]!.becomeReady();
    workers[3]!.die('exit code 1', new Error('the module is broken'));
    await assert.rejects(failing, /the module is broken/);
    assert.deepEqual(workers[2]!.calls, ['drain 0']);
    const reloading = supervisor.reload();
    assert.deepEqual([workers[0]!.calls, workers[1]!.calls], [[], []]);
    workers[4]!.becomeReady();
    workers[5]!.becomeReady();
    await reloading;
    assert.deepEqual([workers[0]!.calls, workers[1]!.calls], [['drain 10000'], ['drain 10000']]);
    for (const old of workers.slice(0, 3)) old.die('exit code 0');
    t.mock.timers.tick(60_000);
    assert.equal(workers.length, 6);
    assert.equal(supervisor.restarts, 0);
  },
);

test('resized, it adds and removes at the end; a number that cannot be is named', LIMIT, async (t) => {
  const { supervisor, workers } = make(t);
  await started(supervisor, workers, 2);
  const growing = supervisor.resize(3);
  await turns(1);
  workers[2]!.becomeReady();
  await growing;
  assert.equal(supervisor.size, 3);
  await supervisor.resize(1);
  assert.equal(supervisor.size, 1);
  assert.deepEqual(
    workers.map(({ calls }) => calls),
    [[], ['drain 10000'], ['drain 10000']],
  );
  workers[1]!.die('exit code 0');
  t.mock.timers.tick(60_000);
  assert.equal(workers.length, 3);
  for (const count of [0, 257, 1.5, Number.NaN])
    await assert.rejects(supervisor.resize(count), { code: 'limit', message: /1 to 256/ });
});

class FakeWorker implements Worker {
  readonly id: number;
  readonly ready: Promise<void>;
  readonly stopped: Promise<void>;
  readonly exited: Promise<string>;
  readonly calls: string[] = [];
  killed = false;
  readonly #ready = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<string>();

  constructor(id: number) {
    this.id = id;
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    this.exited = this.#exited.promise;
    this.stopped = this.exited.then(() => {});
  }

  becomeReady(): void {
    this.#ready.resolve();
  }
  die(how: string, reason = new Error(how)): void {
    this.#ready.reject(reason);
    this.#exited.resolve(how);
  }
  drain(timeout: number): void {
    this.calls.push(`drain ${timeout}`);
  }
  kill(): void {
    this.calls.push('kill');
    this.killed = true;
    this.die('SIGKILL');
  }
}

/** @param context where time stands still */
function make(context?: TestContext) {
  context?.mock.timers.enable({ apis: ['setTimeout'] });
  const roster = new Roster(new Scoreboard(new SharedArrayBuffer(Scoreboard.bytes(SIZE)), SIZE));
  const workers: FakeWorker[] = [];
  const settings = settingsOf({ architecture: 'prefork' });
  const site = { settings, roster, publish: () => {}, stopListening: () => {} } as unknown as Site;
  const supervisor = new Supervisor(site, (id) => {
    const worker = new FakeWorker(id);
    workers.push(worker);
    return worker;
  });
  return { supervisor, workers, roster };
}

async function started(supervisor: Supervisor, workers: readonly FakeWorker[], count: number): Promise<void> {
  const starting = supervisor.start(count);
  await turns(1);
  for (const worker of workers) worker.becomeReady();
  await starting;
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), turns(3).then(() => false)]);
}
