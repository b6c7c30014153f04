import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crew } from './crew.ts';
import { runMutex } from './mutex.ts';
import { WAYS } from './ways.ts';

const timeout = 60_000;

test('whatever protects the number, no count is lost; without, none is too many', { timeout }, async () => {
  await using crew = await Crew.start(3);
  for (const way of WAYS) {
    const { counted, time } = await crew.run(way, 30_000);
    if (way === 'unlocked') assert.ok(counted > 0 && counted <= 30_000, `${way}: ${counted}`);
    else assert.equal(counted, 30_000, way);
    assert.ok(time > 0, way);
  }
});

test('the steps are told, and the finding has a bar for each way', { timeout }, async () => {
  const steps: string[] = [];
  const finding = await runMutex(
    { counts: 1_200, rounds: 2, threads: 2 },
    {
      quick: true,
      signal: new AbortController().signal,
      progress: (done, of) => void steps.push(`${done}/${of}`),
    },
  );
  assert.deepEqual(
    steps,
    Array.from({ length: 14 }, (_, step) => `${step}/14`),
  );
  const [bars] = finding.parts;
  assert.ok(bars?.kind === 'bars' && bars.bars.every(({ value }) => value! > 0));
});

test('the signal ends it with its reason, also threads that count for ever', { timeout }, async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const running = runMutex(
    { counts: 2_000_000_000, rounds: 1_000, threads: 2 },
    { quick: true, signal: stop.signal, progress: () => setImmediate(() => stop.abort(reason)) },
  );
  await assert.rejects(running, reason);
});

test('a thread that ends is an error, and not waited for', { timeout }, async () => {
  const crew = await Crew.start(2);
  const running = crew.run('locked-each', 2_000_000_000);
  await Promise.all([
    assert.rejects(running, /A thread that counted has ended/),
    crew[Symbol.asyncDispose](),
  ]);
});
