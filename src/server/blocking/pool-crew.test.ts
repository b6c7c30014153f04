/** What `pool` promises beyond what all architectures do: the queue, its bound, and threads that come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HalfCloseable } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import { hostedLoop } from '../../loop/index.ts';
import { openDescriptors } from '../../testing/transport/subject.ts';
import type { ServeOptions } from '../index.ts';
import { ask, endOf, Trial, until } from '../trials/test-trial.ts';

const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };

// So that the descriptor of this thread's loop is there before any are counted.
if (kernelAvailable()) hostedLoop();

const POOL: ServeOptions = { architecture: 'pool', workers: 1, idle: 0 };

test(
  'who finds no thread waits in the queue, beyond it in the backlog, and is served in order',
  LIMIT,
  async () => {
    await using trial = await Trial.open('echo', { ...POOL, queue: 2 });
    const clients = [await trial.connect()];
    assert.equal(await ask(clients[0]!, 'begun'), 'begun');
    for (let count = 1; count <= 5; count++) {
      clients.push(await trial.connect());
      await trial.until(`${count} wait`, ({ queued }) => queued === count);
    }
    // Two are in the queue, one waits for room in it, and the system holds two.
    assert.equal(trial.statistics.accepted, 4);
    assert.equal(trial.statistics.active, 4);
    const [worker] = trial.statistics.workers;
    assert.deepEqual([worker!.accepted, worker!.active], [1, 1]);
    for (const client of clients) {
      assert.equal(await ask(client, 'served'), 'served');
      await client.close();
    }
    assert.equal((await trial.settled()).finished, 6);
  },
);

test('what is in the queue when the server drains is served', LIMIT, async () => {
  await using trial = await Trial.open('echo', { ...POOL, queue: 4 });
  const clients = await Promise.all([1, 2, 3].map(() => trial.connect()));
  await trial.until('all are accepted', ({ accepted }) => accepted === 3);
  const draining = trial.server.drain(50_000);
  // Whichever of them comes first.
  await Promise.all(clients.map(serveWhole));
  assert.deepEqual(await draining, { finished: 3, aborted: 0 });
});

test('at the deadline it is reset and counted', LIMIT, async () => {
  await using trial = await Trial.open('echo', { ...POOL, queue: 1 });
  const clients = [await trial.connect()];
  assert.equal(await ask(clients[0]!, 'begun'), 'begun');
  for (let count = 1; count <= 2; count++) {
    clients.push(await trial.connect());
    await trial.until(`${count} wait`, ({ queued }) => queued === count);
  }
  assert.deepEqual(await trial.server.drain(20), { finished: 0, aborted: 3 });
  for (const client of clients) assert.equal(await endOf(client), 'lost');
  const { active, aborted, queued, workers } = trial.statistics;
  assert.deepEqual({ active, aborted, queued, workers }, { active: 0, aborted: 3, queued: 0, workers: [] });
});

test('a thread that was removed finishes its connection and ends, also one that waits', LIMIT, async () => {
  await using trial = await Trial.open('echo', { ...POOL, workers: 3 });
  const [first, second] = [await trial.connect(), await trial.connect()];
  assert.equal(await ask(first, 'a'), 'a');
  assert.equal(await ask(second, 'b'), 'b');
  await trial.server.resize(1);
  await trial.until(
    'the idle ones have gone',
    ({ workers }) => workers.filter(({ active }) => active === 0).length <= 1,
  );
  assert.equal(await ask(first, 'still'), 'still');
  assert.equal(await ask(second, 'here'), 'here');
  await Promise.all([first.close(), second.close()]);
  await trial.until('one is left', ({ workers }) => workers.length === 1);
  await trial.exchange('and serves');
  assert.equal((await trial.settled()).finished, 3);
});

test('no connection is lost while threads come and go', LIMIT, async () => {
  await using trial = await Trial.open('echo', { ...POOL, workers: 2, queue: 1 });
  const stop = trial.load(4);
  for (const size of [4, 1, 3, 2]) await trial.server.resize(size);
  await trial.server.reload();
  await trial.server.reload();
  const { served, lost } = await stop();
  assert.equal(lost, 0);
  const { finished, failed, aborted } = await trial.settled();
  assert.deepEqual({ finished, failed, aborted }, { finished: served, failed: 0, aborted: 0 });
});

test('a reload loads the handler anew; what waits goes to the new threads', LIMIT, async () => {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const handler = new URL('../trials/test-handlers/generation.ts', import.meta.url);
  await using trial = await Trial.open(handler, { ...POOL, queue: 1, shared });
  const old = await trial.connect();
  assert.equal(await line(old), 'generation 0');
  const waiting: HalfCloseable[] = [];
  for (let count = 1; count <= 3; count++) {
    waiting.push(await trial.connect());
    await trial.until(`${count} wait`, ({ queued }) => queued === count);
  }
  await trial.server.reload();
  for (const client of waiting) {
    assert.equal(await line(client), 'generation 1');
    await client.close();
  }
  assert.equal(await ask(old, 'still here'), 'still here');
  await old.close();
  await trial.until('the old one has gone', ({ workers }) => workers.length === 1);
  assert.equal((await trial.settled()).finished, 4);
});

test('a thread that spins is terminated after the deadline, and harms no other', LIMIT, async () => {
  const before = openDescriptors();
  {
    await using trial = await Trial.open('spin', POOL);
    const client = await trial.connect();
    await client.write(Buffer.from('x'));
    assert.equal(await line(client), 'spins');
    assert.deepEqual(await trial.server.drain(10), { finished: 0, aborted: 1 });
    assert.equal(await endOf(client), 'lost');
  }
  await until('descriptors are as before', () => openDescriptors()! <= before!);
});

async function serveWhole(client: HalfCloseable): Promise<void> {
  assert.equal(await ask(client, 'served'), 'served');
  await client.close();
}

async function line(client: HalfCloseable): Promise<string> {
  const text = await client.read();
  return Buffer.from(text ?? []).toString();
}
