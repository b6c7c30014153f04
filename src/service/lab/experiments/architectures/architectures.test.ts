import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { kernelAvailable } from '../../../../kernel/index.ts';
import { defaultEngine } from '../../../../loop/index.ts';
import type { Bars, Table } from '../../finding.ts';
import { runArchitectures } from './architectures.ts';
import { type Plan, QUICK } from './plan.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

const SMALL: Plan = {
  ...QUICK,
  architectures: ['serial', 'reactor'],
  clients: [2],
  duration: 60,
  warmup: 20,
};

test('every handler answers under every architecture that is asked for', {
  skip,
  timeout: 60_000,
}, async () => {
  // The loop of this thread is made once, and stays.
  defaultEngine();
  const before = descriptors();
  const steps: string[] = [];
  const finding = await runArchitectures(SMALL, {
    quick: true,
    signal: new AbortController().signal,
    progress: (done, of, what) => steps.push(`${done} of ${of}: ${what}`),
  });
  assert.equal(steps.length, SMALL.workloads.length * 2);
  assert.equal(steps[0], `0 of ${steps.length}: echo: serial`);
  const bars = finding.parts.filter((part): part is Bars => part.kind === 'bars');
  assert.equal(bars.length, SMALL.workloads.length);
  for (const { title, bars: shown } of bars) {
    assert.deepEqual(
      shown.map(({ name }) => name),
      SMALL.architectures,
    );
    for (const { name, value } of shown) assert.ok(value! > 0, `${title}: ${name} answered nothing`);
  }
  for (const table of finding.parts.filter((part): part is Table => part.kind === 'table'))
    for (const row of table.rows) assert.equal(row.length, table.columns.length);
  assert.equal(descriptors(), before);
});

test('an interruption ends it, and leaves no process behind', { skip, timeout: 60_000 }, async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const running = runArchitectures(SMALL, {
    quick: true,
    signal: stop.signal,
    progress: (done) => {
      if (done === 1) stop.abort(reason);
    },
  });
  await assert.rejects(running, (error) => error === reason);
});

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
