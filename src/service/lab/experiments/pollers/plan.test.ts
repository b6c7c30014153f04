import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeOf, descriptorsFor, FULL, fitPoints, QUICK } from './plan.ts';

test('with descriptors enough all points are measured', () => {
  assert.deepEqual(fitPoints([10, 1_000], descriptorsFor(1_000)), {
    points: [10, 1_000],
    left: [],
    instead: null,
  });
});

test('a point that does not fit is left out, and the most that fits measured instead', () => {
  assert.deepEqual(fitPoints([10, 5_000, 10_000], 20_000), {
    points: [10, 5_000, 9_900],
    left: [10_000],
    instead: 9_900,
  });
});

test('nothing is measured instead that is close to the point before', () => {
  assert.deepEqual(fitPoints([400, 1_000], 1_024), { points: [400], left: [1_000], instead: null });
});

test('without descriptors there is no point', () => {
  assert.deepEqual(fitPoints([100], 64), { points: [], left: [100], instead: null });
});

test('no more are active than there are', () => {
  assert.deepEqual([activeOf('few', 4), activeOf('few', 400), activeOf('half', 5)], [4, 10, 3]);
});

test('the points rise', () => {
  for (const { points } of [FULL, QUICK])
    assert.deepEqual(
      points,
      points.toSorted((a, b) => a - b),
    );
});
