/** What `thread` promises beyond what all architectures do: one thread a connection, a cap, and spare ones. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { HalfCloseable } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import { hostedLoop } from '../../loop/index.ts';
import { openDescriptors } from '../../testing/transport/subject.ts';
import type { ServeOptions } from '../index.ts';
import { endOf, Trial, testHandler, until } from '../trials/test-trial.ts';
import { SPARE_THREADS } from './thread-crew.ts';

const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };

// So that the descriptor of this thread's loop is there before any are counted.
if (kernelAvailable()) hostedLoop();

const THREADS: ServeOptions = { architecture: 'thread', workers: 2, idle: 0 };

test('each connection has a thread of its own; at the cap the system holds the next', LIMIT, async () => {
  await using trial = await Trial.open('who', THREADS);
  const clients = [await trial.connect(), await trial.connect()];
  const workers = await Promise.all(clients.map(workerOf));
  assert.deepEqual(workers.toSorted(), [1, 2]);
  const third = await trial.connect();
  await trial.until('the third waits', ({ queued }) => queued === 1);
  assert.equal(trial.statistics.accepted, 2);
  await clients[0]!.close();
  assert.equal(await workerOf(third), workers[0]);
  await third.close();
  await clients[1]!.close();
  assert.equal((await trial.settled()).finished, 3);
  await trial.until('no worker is left', (now) => now.workers.length === 0);
});

test('no state is left for the next: modules are loaded anew', LIMIT, async () => {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  await using trial = await Trial.open('generation', { ...THREADS, shared });
  for (let count = 0; count < 4; count++) {
    const client = await trial.connect();
    assert.equal(Buffer.from((await client.read())!).toString(), `generation ${count}`);
    await client.close();
  }
});

test('when new threads cannot load the handler it is told, and over when they can again', LIMIT, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-thread-'));
  const path = join(folder, 'handler.mjs');
  const code = 'export default async (c) => { for await (const chunk of c) await c.write(chunk); };';
  try {
    writeFileSync(path, code);
    await using trial = await Trial.open(pathToFileURL(path), THREADS);
    writeFileSync(path, 'export default 1;');
    for (let spare = 0; spare < SPARE_THREADS; spare++) await trial.exchange('by a spare one');
    assert.equal(await fateOf(trial), 'lost');
    await trial.until('it is counted', ({ failed }) => failed === 1);
    const words = /must export a function/;
    await until('it is told', () => trial.events.some(({ message }) => words.test(message)));
    writeFileSync(path, code);
    let isServed = false;
    // Those that were started before do not know it yet.
    while (!isServed)
      isServed = await trial.exchange('again').then(
        () => true,
        () => false,
      );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a thread that is stuck is terminated after the deadline', LIMIT, async () => {
  const before = openDescriptors();
  {
    await using trial = await Trial.open('spin', THREADS);
    const client = await trial.connect();
    await client.write(Buffer.from('x'));
    assert.equal(Buffer.from((await client.read())!).toString(), 'spins');
    assert.deepEqual(await trial.server.drain(10), { finished: 0, aborted: 1 });
    assert.equal(await endOf(client), 'lost');
  }
  await until('descriptors are as before', () => openDescriptors()! <= before!);
});

test('a thread that dies takes its connection along, and what it had opened', LIMIT, async () => {
  await using target = await Trial.open('echo', { architecture: 'reactor', idle: 0 });
  await using trial = await Trial.open('leak', THREADS);
  const client = await trial.connect();
  await client.write(Buffer.from(String(target.server.address)));
  assert.equal(await endOf(client), 'lost');
  await trial.until('it is counted', ({ failed }) => failed === 1);
  await target.until('what it opened has ended', ({ accepted, active }) => accepted === 1 && active === 0);
  assert.equal(trial.events.filter(({ event }) => event === 'worker-exit').length, 1);
});

test('failures are told', LIMIT, async () => {
  await using trial = await Trial.open('throw', THREADS);
  assert.equal(await fateOf(trial), 'lost');
  await until('it is told', () => trial.events.some(({ event }) => event === 'failure'));
  assert.equal((await trial.settled()).failed, 1);
});

test('a handler that does not load is an error of serve, and nothing is left', LIMIT, async () => {
  const before = openDescriptors();
  await assert.rejects(Trial.open('no-handler', THREADS), { code: 'unsupported' });
  await assert.rejects(Trial.open('never-loads', { ...THREADS, startTimeout: 100 }), { code: 'timeout' });
  await until('descriptors are as before', () => openDescriptors()! <= before!);
});

test('it cannot be resized or reloaded', LIMIT, async () => {
  await using trial = await Trial.open(testHandler('echo'), THREADS);
  await assert.rejects(trial.server.resize(3), { code: 'unsupported' });
  await assert.rejects(trial.server.reload(), { code: 'unsupported' });
});

/** Of a client; it may be lost before it has heard that it is connected. */
async function fateOf(trial: Trial): Promise<'end' | 'lost'> {
  return trial.connect().then(endOf, () => 'lost');
}

async function workerOf(client: HalfCloseable): Promise<number> {
  const words = Buffer.from((await client.read())!).toString();
  return JSON.parse(words).worker;
}
