import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, judge, median, medianOf, type Row, ratio, spread } from './statistics.ts';

const row = (peer: string, ...values: number[]): Row => ({
  peer,
  samples: values.map((value) => ({ value })),
});

test('the median of an odd and of an even number of values', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 100]), 3.5);
});

test('a ratio is that of the medians, not the median of the ratios', () => {
  const rows = [row('ours', 10, 100, 40), row('theirs', 5, 10, 100)];
  assert.equal(ratio(rows, 'ours', 'theirs'), 4);
});

test('there is no ratio to a peer without figures', () => {
  assert.equal(ratio([row('ours', 1), row('theirs')], 'ours', 'theirs'), undefined);
  assert.equal(ratio([row('ours', 1)], 'ours', 'theirs'), undefined);
});

test('a column that only some samples have is taken from those', () => {
  const samples = [{ value: 1, lost: 4 }, { value: 2 }, { value: 3, lost: 6 }];
  assert.equal(medianOf({ peer: 'ours', samples }, 'lost'), 5);
  assert.equal(medianOf({ peer: 'ours', samples }, 'p50'), undefined);
});

test('the spread is half of the distance between best and worst', () => {
  assert.equal(spread(row('ours', 90, 100, 120)), 0.15);
  assert.equal(spread(row('ours', 100)), undefined);
});

test('a target is judged by its ratio, or by the value where nothing is compared', () => {
  const rows = [row('ours', 130), row('theirs', 100)];
  const judged = (atLeast: number) => judge({ subject: 'ours', against: 'theirs', atLeast }, rows, 'u');
  assert.deepEqual([judged(1.3).met, judged(1.31).met], [true, false]);
  assert.equal(judged(1.3).text, 'ours >= 1.3 x theirs');
  assert.equal(judge({ subject: 'ours', atMost: 129 }, rows, 'bytes').met, false);
  assert.equal(judge({ subject: 'ours', atMost: 129 }, rows, 'bytes').text, 'ours <= 129 bytes');
  assert.equal(judge({ subject: 'ours', against: 'nobody', atLeast: 1 }, rows, 'u').met, undefined);
});

test('amounts group thousands and keep decimals only where they tell something', () => {
  assert.deepEqual([amount(201345.6), amount(1.3499), amount(99.126)], ['201,346', '1.35', '99.13']);
});
