import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bars, Finding, Table, Words } from '../../finding.ts';
import { present } from './present.ts';
import { type Plan, type Run, WAYS, type Way } from './ways.ts';

const plan: Plan = { counts: 1_200, rounds: 3, threads: 2 };

/** Runs that took a second and counted right, but for what is told. */
function runsWith(
  told: Partial<Record<Way, { times?: readonly number[]; counted?: readonly number[] }>>,
): Run[] {
  return WAYS.flatMap((way) => {
    const { times = [1, 1, 1], counted = [1_200, 1_200, 1_200] } = told[way] ?? {};
    return times.map((time, index) => ({ way, time, counted: counted[index]! }));
  });
}

function barsOf(finding: Finding): Bars['bars'] {
  return (finding.parts.find(({ kind }) => kind === 'bars') as Bars).bars;
}

function noteOf(way: Way, runs: Run[]): string {
  return barsOf(present(runs, plan, 0))[WAYS.indexOf(way)]!.note!;
}

function wordsOf(runs: Run[]): string {
  return (present(runs, plan, 0).parts.at(-1) as Words).paragraphs.join('\n');
}

test('each way is one bar with the median time and a reason', () => {
  const bars = barsOf(present(runsWith({ atomic: { times: [9, 2, 3] } }), plan, 0));
  assert.equal(bars.length, WAYS.length);
  assert.equal(bars[WAYS.indexOf('atomic')]!.value, 3);
  for (const { name, note } of bars) assert.ok(note!.length > 20, name);
});

test('the reason tells how many counts were lost', () => {
  assert.match(
    noteOf('unlocked', runsWith({ unlocked: { counted: [1_000, 700, 1_100] } })),
    /^100 to 500 of 1,200 counts were lost, 200 in the middle round/,
  );
  assert.match(
    noteOf('unlocked', runsWith({ unlocked: { counted: [600, 600, 600] } })),
    /^600 of 1,200 counts/,
  );
  assert.match(noteOf('unlocked', runsWith({})), /^No count was lost this time. That is luck/);
  assert.match(noteOf('atomic', runsWith({})), /^Nothing was lost/);
});

test('the reason compares with what was measured', () => {
  const slow = runsWith({ atomic: { times: [34, 34, 34] }, 'locked-each': { times: [68, 68, 68] } });
  assert.match(noteOf('atomic', slow), /2.0 times as fast as a lock for each count.*34 times as long as one/);
  const fast = runsWith({ atomic: { times: [0.5, 0.5, 0.5] } });
  assert.match(noteOf('atomic', fast), /took 50 % of the time of one thread/);
  assert.match(noteOf('semaphore', runsWith({})), /in the same time as the lock/);
  assert.match(noteOf('apart', runsWith({ apart: { times: [0.5, 0.5, 0.5] } })), /in which 2 threads pay/);
  assert.match(noteOf('apart', runsWith({})), /even that brought nothing/);
});

test('the words say that the result was wrong only when it was', () => {
  assert.match(wordsOf(runsWith({ unlocked: { counted: [1_200, 700, 1_200] } })), /500 of 1,200 .* missing/);
  assert.match(wordsOf(runsWith({})), /right this time, which proves nothing/);
});

test('a lock that loses counts is called broken', () => {
  assert.doesNotMatch(wordsOf(runsWith({ unlocked: { counted: [1, 1, 1] } })), /broken/);
  assert.match(wordsOf(runsWith({ semaphore: { counted: [1_200, 1_199, 1_200] } })), /broken.*semaphore/);
});

test('a machine that was busy is mentioned', () => {
  assert.ok(!present(runsWith({}), plan, 0.2).method.some((sentence) => sentence.includes('load')));
  assert.ok(present(runsWith({}), plan, 1.26).method.some((sentence) => sentence.includes('1.3 threads')));
});

test('the table has the worst round', () => {
  const runs = runsWith({ unlocked: { times: [2, 2, 2], counted: [1_200, 600, 1_200] } });
  const table = present(runs, plan, 0).parts.find(({ kind }) => kind === 'table') as Table;
  assert.deepEqual(table.rows[1], ['2 threads, no lock', 2 / 1_200, 2, 600, 50]);
});
