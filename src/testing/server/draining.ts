/** A server ends in order: what was begun is finished or cut off at the deadline, and nobody is left uncounted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HalfCloseable } from '../../core/contract.ts';
import type { Server } from '../../server/index.ts';
import { readAll, readExactly, rejectsWith } from '../transport/subject.ts';
import { bytes, ECHO, endOf, readLine, Stage, stageTest, TIMEOUT, until } from './stage.ts';
import type { ServerSubject } from './subject.ts';

/** Ms that no test waits for: the deadline of a drain that ends by itself. */
const LONG = 60_000;

export function drainingTests(subject: ServerSubject): void {
  describe('draining', () => {
    const both = subject.traits.concurrency > 1;
    stageTest(
      'an idle server is closed at once, and its address is free',
      subject,
      {},
      async ({ server }) => {
        assert.deepEqual(await server.drain(LONG), { finished: 0, aborted: 0 });
        assert.equal(await server.closed, undefined);
        await rejectsWith(subject.connect(server.address), 'refused');
        const next = await subject.serve(server.address, ECHO);
        assert.equal(String(next.address), String(server.address));
        await next.close();
      },
    );

    stageTest('what was begun is finished, and told that the server drains', subject, {}, async (stage) => {
      const clients = await beginAll(stage, 'work', both ? 2 : 1);
      const draining = stage.server.drain(LONG);
      await Promise.all(clients.map(workToTheEnd));
      assert.deepEqual(await draining, { finished: clients.length, aborted: 0 });
      assert.equal(stage.server.statistics().finished, clients.length);
      await stage.settled();
    });

    stageTest('a handler that waits for the signal is woken', subject, {}, async (stage) => {
      const client = await stage.begin('wait');
      const draining = stage.server.drain(LONG);
      assert.equal(await endOf(client), 'end');
      await client.close();
      assert.deepEqual(await draining, { finished: 1, aborted: 0 });
    });

    stageTest('at the deadline what still runs is aborted', subject, {}, async (stage) => {
      const client = await stage.begin('never');
      const end = endOf(client);
      assert.deepEqual(await stage.server.drain(50), { finished: 0, aborted: 1 });
      assert.equal(await end, subject.isInet ? 'lost' : 'end');
      assert.equal(stage.server.statistics().aborted, 1);
      await stage.settled();
    });

    const skip = !both && 'it serves one connection at a time';
    stageTest('again, it gives the same, and a shorter deadline holds', subject, { skip }, async (stage) => {
      const [working, stuck] = [await stage.begin('work'), await stage.begin('never')];
      const draining = stage.server.drain(LONG);
      await workToTheEnd(working);
      await stage.until('one has finished', ({ finished }) => finished === 1);
      const again = stage.server.drain(0);
      assert.deepEqual(await draining, { finished: 1, aborted: 1 });
      assert.deepEqual(await again, await draining);
      assert.deepEqual(await stage.server.drain(LONG), await draining);
      await endOf(stuck);
    });

    stageTest('whoever comes meanwhile is not served', subject, {}, async (stage) => {
      const client = await stage.begin('echo');
      const draining = stage.server.drain(LONG);
      await goneForNewcomers(stage.server, subject);
      await client.write(bytes('still here'));
      assert.equal(String(await readExactly(client, 10)), 'still here');
      await client.end();
      assert.equal(String(await readAll(client)), '');
      assert.deepEqual(await draining, { finished: 1, aborted: 0 });
      assert.equal(stage.server.statistics().accepted, 1);
    });

    endingTests(subject);
  });
}

function endingTests(subject: ServerSubject): void {
  const options = { timeout: TIMEOUT };
  stageTest(
    'close() drains with the default deadline',
    subject,
    { serve: { drainTimeout: 50 } },
    async (stage) => {
      await stage.begin('never');
      await stage.server.close();
      assert.equal(await stage.server.closed, undefined);
      assert.equal(stage.server.statistics().aborted, 1);
    },
  );

  stageTest('close() is cut short by its signal', subject, {}, async (stage) => {
    await stage.begin('never');
    const stop = new AbortController();
    const closing = stage.server.close({ signal: stop.signal });
    stop.abort();
    await closing;
    assert.equal(stage.server.statistics().aborted, 1);
  });

  stageTest('abort() ends all at once, with its reason', subject, {}, async (stage) => {
    const client = await stage.begin('never');
    const reason = new Error('The test has seen enough');
    stage.server.abort(reason);
    assert.equal(await endOf(client), subject.isInet ? 'lost' : 'end');
    assert.equal(await stage.server.closed, reason);
    assert.equal(stage.server.statistics().aborted, 1);
    stage.server.abort(new Error('too late'));
    await stage.server.close();
  });

  test('`await using` closes it', options, async () => {
    const stage = await Stage.open(subject);
    {
      await using server = stage.server;
      const client = await stage.ask('context');
      await endOf(client);
      await client.close();
      assert.equal(server.statistics().accepted, 1);
    }
    assert.equal(await stage.server.closed, undefined);
    await stage.close();
  });
}

async function beginAll(stage: Stage, act: string, count: number): Promise<HalfCloseable[]> {
  return await Promise.all(Array.from({ length: count }, () => stage.begin(act)));
}

/** Gives it work until it says that this was the last. */
async function workToTheEnd(client: HalfCloseable): Promise<void> {
  let answer: string;
  do {
    await client.write(bytes('x'));
    answer = await readLine(client);
  } while (answer === 'more');
  assert.equal(answer, 'last');
  assert.equal(await endOf(client), 'end');
  await client.close();
}

/** Waits until connecting is refused. One that the system took before that is dropped by it. */
async function goneForNewcomers(server: Server, subject: ServerSubject): Promise<void> {
  const isRefused = async (): Promise<boolean> => {
    const client = await subject.connect(server.address).catch(() => undefined);
    client?.abort();
    return client === undefined;
  };
  await until(isRefused, () => `nobody can connect to ${server.address} any more`);
}
