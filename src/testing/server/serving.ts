/** Connections are served, each its own, whatever the others do. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { HalfCloseable } from '../../core/contract.ts';
import { openDescriptors, readAll, readExactly } from '../transport/subject.ts';
import { bytes, endOf, PUSH_ECHO, readLine, Stage, sharedStage, stageTest, TIMEOUT, until } from './stage.ts';
import { type ServerSubject, WORKERS } from './subject.ts';

/** More than workers, and more than a blocking thread or a process is kept waiting for in a burst. */
const CLIENTS = 5 * WORKERS;
const SIZE = 100_000;
const SHARED = { greeting: 'hello', list: [1, 2] };

export function servingTests(subject: ServerSubject): void {
  describe('serving', () => {
    const stageOf = sharedStage(() => Stage.open(subject, undefined, { shared: SHARED }));
    const options = { timeout: TIMEOUT };

    test('more clients than workers get every byte back', options, async () => {
      const stage = stageOf();
      const start = stage.server.statistics();
      await Promise.all(Array.from({ length: CLIENTS }, () => echo(stage, 'echo')));
      const end = await stage.settled();
      assert.equal(end.accepted - start.accepted, CLIENTS);
      assert.equal(end.finished - start.finished, CLIENTS);
    });

    test('so they do on the push level', options, async () => {
      const stage = stageOf();
      const start = stage.server.statistics();
      await Promise.all(Array.from({ length: CLIENTS }, () => echo(stage, 'push')));
      const end = await stage.settled();
      assert.equal(end.finished - start.finished, CLIENTS);
    });

    test('a handler knows its context', options, () => contextTest(stageOf(), subject));
    slowTest(stageOf, subject);
    vanishTests(stageOf, subject);
  });
  const handler = PUSH_ECHO;
  stageTest('a handler on the push level has the first byte', subject, { handler }, async (stage) => {
    const client = await stage.connect();
    await client.write(bytes('x'));
    assert.equal(String(await readExactly(client, 1)), 'x');
    await client.end();
    assert.equal(String(await readAll(client)), '');
  });
  leakTest(subject);
}

async function echo(stage: Stage, act: 'echo' | 'push'): Promise<void> {
  const client = await stage.begin(act);
  const content = randomBytes(SIZE);
  const all = readAll(client);
  await client.write(new Uint8Array(content));
  await client.end();
  assert.equal(hash(await all), hash(content));
  await client.close();
}

async function contextTest(stage: Stage, { traits }: ServerSubject): Promise<void> {
  const client = await stage.ask('context');
  const { worker, ...context } = JSON.parse(await readLine(client));
  assert.deepEqual(context, {
    architecture: traits.architecture,
    aborted: false,
    shared: SHARED,
  });
  assert.ok(Number.isInteger(worker));
  if (traits.workers === 'none') assert.equal(worker, 0);
  else assert.ok(worker >= 1 && worker <= WORKERS + 1, `worker ${worker}`);
  assert.equal(await endOf(client), 'end');
  await client.close();
}

function slowTest(stageOf: () => Stage, { traits }: ServerSubject): void {
  const alone = traits.concurrency === 1;
  const name = alone
    ? 'while one client is slow the others wait, and are served afterwards'
    : 'a slow client does not stop the others';
  test(name, { timeout: TIMEOUT }, async () => {
    const stage = stageOf();
    const start = stage.server.statistics();
    const slow = await stage.connect();
    await slow.write(bytes('ec'));
    const others = [1, 2, 3].map(() => echo(stage, 'echo'));
    if (!alone) await Promise.all(others);
    await slow.write(bytes('ho\n'));
    await stage.hasBegun(slow);
    for (const letter of 'slowly') {
      await slow.write(bytes(letter));
      assert.equal(String(await readExactly(slow, 1)), letter);
    }
    const { accepted } = stage.server.statistics();
    assert.equal(accepted - start.accepted, alone ? 1 : 4);
    await slow.close();
    await Promise.all(others);
    await stage.settled();
  });
}

/** Each is counted, and whoever comes next is served. */
function vanishTests(stageOf: () => Stage, { isInet }: ServerSubject): void {
  const options = { timeout: TIMEOUT };
  const vanish = async (leave: (stage: Stage) => Promise<void>, count: number): Promise<Counted> => {
    const stage = stageOf();
    const start = stage.server.statistics();
    for (let round = 0; round < count; round++) await leave(stage);
    await stage.until('all are counted', ({ accepted }) => accepted === start.accepted + count);
    await echo(stage, 'echo');
    const end = await stage.settled();
    return { finished: end.finished - start.finished - 1, failed: end.failed - start.failed };
  };

  test(
    'clients that reset in the middle have failed, or ended where there is no reset',
    options,
    async () => {
      const counted = await vanish(async (stage) => {
        const client = await stage.begin('echo');
        client.abort();
        await client.closed;
      }, 3);
      assert.deepEqual(counted, isInet ? { finished: 0, failed: 3 } : { finished: 3, failed: 0 });
    },
  );

  test('the same on the push level', options, async () => {
    const counted = await vanish(async (stage) => {
      const client = await stage.begin('push');
      client.abort();
      await client.closed;
    }, 3);
    assert.deepEqual(counted, isInet ? { finished: 0, failed: 3 } : { finished: 3, failed: 0 });
  });

  test('a client that ends its half hears the answer to the end', options, async () => {
    const counted = await vanish(async (stage) => {
      const client = await stage.begin('echo');
      await client.write(bytes('last words'));
      await client.end();
      assert.equal(String(await readAll(client)), 'last words');
      await client.closed;
    }, 2);
    assert.deepEqual(counted, { finished: 2, failed: 0 });
  });

  test('clients that connect and close at once are counted', options, async () => {
    const counted = await vanish(async (stage) => {
      const client: HalfCloseable = await stage.connect();
      // The handler has rejected, for want of a line: a reset is in order.
      await client.close().catch(() => {});
    }, 3);
    assert.deepEqual(counted, { finished: 0, failed: 3 });
  });
}

interface Counted {
  readonly finished: number;
  readonly failed: number;
}

/** A server that came and went leaves no descriptor behind. */
function leakTest(subject: ServerSubject): void {
  const skip = openDescriptors() === undefined && 'the system does not tell its open descriptors';
  test('no descriptor is left over', { timeout: TIMEOUT, skip }, async () => {
    const round = async (): Promise<void> => {
      const stage = await Stage.open(subject);
      await echo(stage, 'echo');
      (await stage.begin('never')).abort();
      await stage.close();
    };
    await round();
    const start = openDescriptors()!;
    await round();
    await round();
    await until(
      () => openDescriptors()! <= start,
      () => `no more than ${start} descriptors are open; there are ${openDescriptors()}`,
    );
  });
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
