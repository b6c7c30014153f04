/** Workers that accept end in every other way than asked: `prefork` and `hybrid`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HalfCloseable } from '../../core/index.ts';
import { allReady, describeCrews, LIMIT, LOOPS } from './test-crews.ts';
import { ask, endOf, Trial, until } from './test-trial.ts';

describeCrews(({ options, isThreads, open }) => {
  const threadsOnly = isThreads ? LIMIT : { ...LIMIT, skip: 'a process takes its descriptors along' };

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

  test('workers that die under load fail what they held and nothing else', LIMIT, async () => {
    await using trial = await open('mortal');
    const stop = trial.load(LOOPS, true);
    for (let deaths = 1; deaths <= 3; deaths++) {
      const client = await trial.connect();
      await client.write(Buffer.from('die'));
      await endOf(client);
      await trial.until('it was replaced', (now) => now.restarts === deaths && allReady(now.workers));
    }
    const { served, lost } = await stop();
    const now = await trial.settled();
    assert.ok(served > 0);
    // A worker may die between the last byte of an answer and the end of its handler.
    assert.ok(now.finished <= served && served <= now.finished + now.failed, `${served} were served`);
    assert.ok(now.failed >= 3 && now.failed <= 3 * (LOOPS + 1), `${now.failed} failed`);
    assert.ok(lost <= now.failed, `${lost} were lost`);
  });

  test('a thread that ends closes what its handlers had opened', threadsOnly, async () => {
    await using target = await Trial.open('echo', { architecture: 'reactor' });
    await using trial = await open('leak');
    const client = await trial.connect();
    await client.write(Buffer.from(String(target.server.address)));
    await endOf(client);
    await target.until('its connection is gone', ({ accepted, active }) => accepted === 1 && active === 0);
  });
});

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
