import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Benchmark, Case } from './benchmark.ts';
import { type CaseResult, insertSection, markdownOf, textOf } from './report.ts';

const one: Case = {
  name: 'small',
  unit: 'messages/s',
  peers: [],
  subjects: ['ours'],
  columns: [
    { key: 'p99', title: 'p99', format: (value) => `${value} µs` },
    { key: 'lost', title: 'lost', format: String },
  ],
  targets: [{ subject: 'ours', against: 'theirs', atLeast: 1.5 }],
  measure: () => Promise.reject(new Error('not run here')),
};
const benchmark: Benchmark = { name: 'echo', title: 'Echo.', cases: [one] };
const result: CaseResult = {
  one,
  judged: true,
  rows: [
    { peer: 'ours', samples: [{ value: 300, p99: 7 }] },
    { peer: 'theirs', samples: [{ value: 150 }] },
    { peer: 'absent', samples: [], missing: 'not installed' },
    { peer: 'broken', samples: [], failed: 'a long story' },
  ],
};

test('a table aligns its columns, leaves out those without figures, and judges the targets', () => {
  assert.deepEqual(textOf(benchmark, [result]).split('\n'), [
    'Echo.',
    '',
    'echo: small, messages/s',
    '             messages/s  spread   p99  ours ÷ this',
    '  ours              300          7 µs',
    '  theirs            150                       2.00',
    '  absent  not installed',
    '  broken         failed',
    '  target ours >= 1.5 x theirs: 2, met',
    '',
  ]);
});

test('a run that is too short to say anything judges nothing', () => {
  assert.doesNotMatch(textOf(benchmark, [{ ...result, judged: false }]), /target/);
});

test('a missed target is said so', () => {
  const rows = [{ peer: 'ours', samples: [{ value: 200 }] }, result.rows[1]!];
  assert.match(textOf(benchmark, [{ ...result, rows }]), /target ours >= 1.5 x theirs: 1\.333, NOT MET/);
});

test('Markdown has a table with numbers to the right', () => {
  const page = markdownOf(benchmark, [result], 'On a machine.');
  assert.match(page, /^Echo\. On a machine\.$/m);
  assert.match(
    page,
    /^\| {2}\| messages\/s \| spread \| p99 \| ours ÷ this \|\n\| --- \| ---: \| ---: \| ---: \| ---: \|$/m,
  );
  assert.match(page, /^\| absent \| not installed \| {2}\| {2}\| {2}\|$/m);
});

test('a section goes between its markers, and nothing else changes', () => {
  const page =
    'a\n<!-- bench:echo -->\nold\n<!-- /bench:echo -->\nb\n<!-- bench:udp --><!-- /bench:udp -->\n';
  const next = insertSection(page, 'echo', 'new\n');
  assert.equal(next, page.replace('\nold\n', '\nnew\n'));
  assert.equal(insertSection(next, 'echo', 'new'), next);
  assert.throws(() => insertSection(page, 'relay', 'new'), /no "<!-- bench:relay -->"/);
});
