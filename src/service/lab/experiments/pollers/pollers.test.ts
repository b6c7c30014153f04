import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelAvailable } from '../../../../kernel/index.ts';
import { runPollers } from './pollers.ts';

const skip = kernelAvailable() ? false : 'system calls need Linux and koffi';
const timeout = 60_000;
const plan = { points: [4, 12], blocks: 1, blockTime: 0 };

test('each poller serves all that is active, and the steps are told', { skip, timeout }, async () => {
  const steps: string[] = [];
  const { parts } = await runPollers(plan, {
    quick: true,
    signal: new AbortController().signal,
    progress: (done, of, what) => void steps.push(`${done}/${of} ${what}`),
  });
  assert.deepEqual(steps, [
    '0/4 4 of 4 connections active',
    '1/4 2 of 4 connections active',
    '2/4 10 of 12 connections active',
    '3/4 6 of 12 connections active',
  ]);
  const [few, half] = parts.filter((part) => part.kind === 'lines');
  for (const { name, points } of [...few!.series, ...half!.series]) {
    assert.deepEqual(
      points.map(([x]) => x),
      [4, 12],
      name,
    );
    for (const [, y] of points) assert.ok(y! > 0 && y! < 10, `${name}: ${y}`);
  }
});

test('the signal ends it with its reason', { skip, timeout }, async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const running = runPollers(
    { ...plan, blocks: 1_000_000 },
    { quick: true, signal: stop.signal, progress: () => stop.abort(reason) },
  );
  await assert.rejects(running, reason);
  await assert.rejects(runPollers(plan, { quick: true, signal: stop.signal, progress: () => {} }), reason);
});
