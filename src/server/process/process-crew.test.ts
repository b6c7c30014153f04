/** `process`: a child for each connection. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { kernelAvailable } from '../../kernel/index.ts';
import { openDescriptors, rejectsWith } from '../../testing/transport/subject.ts';
import type { ServeOptions } from '../index.ts';
import { ask, childrenOf, endOf, Trial, until } from '../trials/test-trial.ts';

const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };
const CAP = 2;

const folder = mkdtempSync(join(tmpdir(), 'modnet-process-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

const ADDRESSES: Readonly<Record<string, () => string>> = {
  tcp: () => 'tcp://127.0.0.1:0',
  unix: () => `unix://${folder}/${++made}.sock`,
};

for (const [scheme, address] of Object.entries(ADDRESSES)) {
  const open = (handler: string, options: ServeOptions = {}): Promise<Trial> =>
    Trial.open(handler, { architecture: 'process', workers: CAP, ...options }, address());

  describe(`process over ${scheme}`, () => {
    test('each connection has a process of its own, up to the cap', LIMIT, async () => {
      await using trial = await open('who');
      const clients = [await trial.connect(), await trial.connect(), await trial.connect()];
      const first = await Promise.all(clients.slice(0, CAP).map((client) => client.read()));
      const pids = first.map((words) => JSON.parse(Buffer.from(words!).toString()).pid as number);
      assert.equal(new Set([process.pid, ...pids]).size, CAP + 1);
      const now = trial.statistics;
      assert.deepEqual(now.workers.map(({ pid }) => pid).sort(), [...pids].sort());
      assert.equal(now.accepted, CAP);
      if (scheme === 'tcp') assert.equal(now.queued, 1);
      await clients[0]!.end();
      assert.equal(await endOf(clients[0]!), 'end');
      assert.match(Buffer.from((await clients[2]!.read())!).toString(), /"pid"/);
      assert.equal(trial.statistics.finished, 1);
    });

    test('one that is killed fails, and harms no other', LIMIT, async () => {
      await using trial = await open('echo');
      const [victim, other] = [await trial.connect(), await trial.connect()];
      assert.equal(await ask(victim, 'a'), 'a');
      assert.equal(await ask(other, 'b'), 'b');
      process.kill(trial.statistics.workers[0]!.pid, 'SIGKILL');
      const lost = await Promise.race([endOf(victim).then(() => victim), endOf(other).then(() => other)]);
      await trial.until('it has failed', ({ failed, active }) => failed === 1 && active === 1);
      const left = lost === victim ? other : victim;
      await left.write(Buffer.from('still'));
      const failure = trial.events.find(({ event }) => event === 'failure');
      assert.match(failure!.message, /died with its connection: SIGKILL/);
    });

    test('a handler that fails is reported, and its process ends with 1', LIMIT, async () => {
      await using trial = await open('throw');
      await endOf(await trial.connect());
      await until('it has ended', () => trial.events.some(({ event }) => event === 'worker-exit'));
      const failures = trial.events.filter(({ event }) => event === 'failure');
      assert.deepEqual(
        failures.map(({ message }) => message),
        ['thrown on purpose'],
      );
      assert.match(trial.events.at(-1)!.message, /exit code 1$/);
      assert.equal((await trial.settled()).failed, 1);
    });

    test('a handler that ends its process has failed', LIMIT, async () => {
      await using trial = await open('exit');
      const client = await trial.connect();
      await client.write(Buffer.from('x'));
      await endOf(client);
      await trial.until('it has failed', ({ failed, workers }) => failed === 1 && workers.length === 0);
      assert.ok(trial.events.some(({ message }) => /died with its connection: exit code 3/.test(message)));
    });

    test('a drain waits, aborts at the deadline, and kills what holds its process', LIMIT, async () => {
      await using trial = await open('spin', { drainTimeout: 50 });
      const client = await trial.connect();
      assert.equal(await ask(client, 'x'), 'spins');
      const children = trial.statistics.workers.map(({ pid }) => pid);
      assert.deepEqual(await trial.server.drain(), { finished: 0, aborted: 1 });
      await endOf(client);
      assert.ok(childrenOf(process.pid).every((pid) => !children.includes(pid)));
    });

    test(
      'one that is silent is aborted, and its process ends, whatever the handler does',
      LIMIT,
      async () => {
        await using trial = await open('hang', { idle: 40 });
        await endOf(await trial.connect());
        await trial.until(
          'its process has ended',
          ({ aborted, workers }) => aborted === 1 && workers.length === 0,
        );
      },
    );

    test('leaves no descriptor and no process behind', LIMIT, async () => {
      await (await open('echo')).server.close();
      const descriptors = openDescriptors();
      const children = childrenOf(process.pid);
      await using trial = await open('echo');
      await Promise.all([1, 2, 3].map((client) => trial.exchange(`client ${client}`)));
      await trial.until('all children have ended', ({ workers }) => workers.length === 0);
      assert.deepEqual(childrenOf(process.pid), children);
      await trial.server.close();
      await until('its descriptors are closed', () => openDescriptors() === descriptors);
    });
  });
}

test('it has no workers that stay', LIMIT, async () => {
  await using trial = await Trial.open('echo', { architecture: 'process' });
  await rejectsWith(trial.server.reload(), 'unsupported');
  await rejectsWith(trial.server.resize(2), 'unsupported');
});
