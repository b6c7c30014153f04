/** Workers that accept are changed while clients connect: `prefork` and `hybrid`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openDescriptors, rejectsWith } from '../../testing/transport/subject.ts';
import { allReady, describeCrews, folder, LIMIT, LOOPS, WORKERS } from './test-crews.ts';
import { childrenOf, type Trial, until } from './test-trial.ts';

let made = 0;

describeCrews(({ options, open }) => {
  test('reloads while clients connect: none is refused, none reset', LIMIT, async () => {
    await using trial = await open('echo');
    const stop = trial.load(LOOPS);
    for (let reloads = 0; reloads < 3; reloads++) await trial.server.reload();
    const { served } = await stop();
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
    // TCP resets what comes to a socket of its own between the last accept and the close.
    const canLose = options.listener === 'reuseport';
    const stop = trial.load(LOOPS, canLose);
    for (const size of [4, 1, 3]) {
      await trial.server.resize(size);
      await trial.until(`${size} work`, ({ workers }) => workers.length === size);
      assert.ok(trial.statistics.workers.every(({ state }) => state === 'ready'));
    }
    const { served, lost } = await stop();
    const now = await trial.settled();
    assert.equal(now.finished, served);
    assert.equal(now.failed, 0);
    if (!canLose) assert.equal(lost, 0);
    await rejectsWith(trial.server.resize(0), 'limit');
    await rejectsWith(trial.server.resize(257), 'limit');
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

async function greeting(trial: Trial): Promise<string> {
  const client = await trial.connect();
  return Buffer.from((await client.read())!).toString();
}

function moduleOf(source: string): URL {
  const path = join(folder, `handler-${++made}.mjs`);
  writeFileSync(path, source);
  return pathToFileURL(path);
}
