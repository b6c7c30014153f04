/** What fails is counted and harms nobody else; a worker that dies is replaced. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HalfCloseable } from '../../core/contract.ts';
import type { Statistics } from '../../server/index.ts';
import { readExactly } from '../transport/subject.ts';
import { bytes, endOf, Stage, sharedStage, stageTest, TIMEOUT } from './stage.ts';
import { type ServerSubject, type ServerTraits, WORKERS } from './subject.ts';

const OPTIONS = { timeout: TIMEOUT };

const NONE = { accepted: 0, active: 0, finished: 0, failed: 0, aborted: 0, refused: 0 };

const THROWS = new URL(
  'data:text/javascript,export default () => { throw new Error("The handler throws at once"); }',
);

export function failingTests(subject: ServerSubject): void {
  const lost = subject.isInet ? 'lost' : 'end';
  stageTest('handlers that throw at once have failed', subject, { handler: THROWS }, async (stage) => {
    assert.equal(await stage.fate(), lost);
    assert.equal(await stage.fate(), lost);
    await stage.until('they are counted', ({ failed }) => failed === 2);
    assert.equal((await stage.settled()).accepted, 2);
  });

  describe('failing', () => {
    const stageOf = sharedStage(() => Stage.open(subject));
    test('a handler that rejects has failed, and its client is lost', OPTIONS, async () => {
      const stage = stageOf();
      const start = await stage.settled();
      assert.equal(await endOf(await stage.begin('reject')), lost);
      assert.equal(await endOf(await stage.begin('reject')), lost);
      await served(stage);
      await stage.settled();
      assert.deepEqual(stage.since(start), { ...NONE, accepted: 3, finished: 1, failed: 2 });
    });

    test('when a handler returns the connection is closed in order', OPTIONS, async () => {
      const stage = stageOf();
      const start = await stage.settled();
      const client = await stage.begin('return');
      assert.equal(await endOf(client), 'end');
      await client.close();
      await stage.settled();
      assert.deepEqual(stage.since(start), { ...NONE, accepted: 1, finished: 1 });
    });

    crashTest('exit', stageOf, subject.traits);
    crashTest('crash', stageOf, subject.traits);
    killTest(stageOf, subject.traits);
  });
}

function crashTest(act: 'exit' | 'crash', stageOf: () => Stage, traits: ServerTraits): void {
  const name = `a handler that ${act === 'exit' ? 'ends' : 'breaks'} its ${traits.fate} harms no other`;
  const skip = traits.fate === 'server' && 'the handler runs in the thread of the server, and takes it along';
  test(name, { ...OPTIONS, skip }, async () => {
    const stage = stageOf();
    const start = await stage.settled();
    const bystander = await stage.begin('echo');
    const client = await stage.begin(act);
    await afterDeath({ stage, start, bystander, client, traits });
  });
}

function killTest(stageOf: () => Stage, traits: ServerTraits): void {
  const skip = traits.fate !== 'process' && 'its workers are no processes';
  test('a process that is killed harms no other', { ...OPTIONS, skip }, async () => {
    const stage = stageOf();
    const start = await stage.settled();
    const [bystander, client] = [await stage.begin('echo'), await stage.begin('echo')];
    const { workers } = stage.server.statistics();
    const { pid } = workers.find(({ worker }) => worker === stage.workerOf(client))!;
    assert.notEqual(pid, process.pid);
    process.kill(pid, 'SIGKILL');
    await afterDeath({ stage, start, bystander, client, traits });
  });
}

interface Death {
  readonly stage: Stage;
  readonly start: Statistics;
  readonly bystander: HalfCloseable;
  /** Whose worker dies. */
  readonly client: HalfCloseable;
  readonly traits: ServerTraits;
}

async function afterDeath({ stage, start, bystander, client, traits }: Death): Promise<void> {
  const isShared = stage.workerOf(client) === stage.workerOf(bystander);
  await endOf(client);
  const failed = isShared ? 2 : 1;
  await stage.until('its connections are counted', (now) => now.failed === start.failed + failed);
  if (traits.workers === 'standing') await replaced(stage, start.restarts + 1);
  if (isShared) await endOf(bystander);
  else await goesOn(bystander);
  for (let round = 0; round < 2 * WORKERS; round++) await served(stage);
  const finished = 2 * WORKERS + (isShared ? 0 : 1);
  await stage.settled();
  assert.deepEqual(stage.since(start), { ...NONE, accepted: finished + failed, finished, failed });
}

async function replaced(stage: Stage, times: number): Promise<void> {
  await stage.until(
    'it is replaced',
    ({ restarts, workers }) =>
      restarts === times && workers.length === WORKERS && workers.every(({ state }) => state === 'ready'),
  );
}

async function goesOn(client: HalfCloseable): Promise<void> {
  await client.write(bytes('unharmed'));
  assert.equal(String(await readExactly(client, 8)), 'unharmed');
  await client.close();
}

async function served(stage: Stage): Promise<void> {
  await goesOn(await stage.begin('echo'));
}
