import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram } from './histogram.ts';

/** From below the finest bucket to beyond minutes, evenly over the orders of magnitude. */
const duration = fc.double({ min: -3, max: 5, noNaN: true }).map((exponent) => 10 ** exponent);
const FRACTIONS = [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1];

function recorded(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** Nearest rank. */
function exact(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(fraction * sorted.length)) - 1]!;
}

test('each percentile is within 1.6 % of the sorted samples, and count, mean, least and greatest are exact', () => {
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1, maxLength: 400 }), (values) => {
      const histogram = recorded(values);
      for (const fraction of FRACTIONS) {
        const [is, want] = [histogram.percentile(fraction), exact(values, fraction)];
        assert.ok(Math.abs(is - want) <= want * 0.016, `${fraction}: ${is} in place of ${want}`);
      }
      const { count, min, max, mean } = histogram.percentiles()!;
      assert.deepEqual([count, min, max], [values.length, Math.min(...values), Math.max(...values)]);
      assert.ok(Math.abs(mean - values.reduce((a, b) => a + b) / values.length) <= mean * 1e-9);
    }),
  );
});

test('merging two is recording all in one, also through JSON', () => {
  fc.assert(
    fc.property(fc.array(duration), fc.array(duration), (some, others) => {
      const merged = recorded(some);
      merged.merge(JSON.parse(JSON.stringify(recorded(others))));
      const all = recorded([...some, ...others]);
      assert.deepEqual({ ...merged.toJSON(), sum: 0 }, { ...all.toJSON(), sum: 0 });
      assert.equal(merged.percentile(0.9), all.percentile(0.9));
      assert.deepEqual(Histogram.from(all.toJSON()).toJSON(), all.toJSON());
    }),
  );
});

test('what is out of range is counted at its edges, and the greatest stays exact', () => {
  const histogram = recorded([-1, 0, 1e-9, 1e12]);
  assert.equal(histogram.count, 4);
  assert.equal(histogram.percentile(0.5), 0.5 * (2 ** -14 + 2 ** -14 * (1 + 1 / 64)));
  assert.deepEqual([histogram.percentiles()!.min, histogram.percentile(1)], [0, 1e12]);
});

test('an empty one has no percentiles, and so has one that was cleared', () => {
  const histogram = recorded([1, 2, 3]);
  histogram.clear();
  assert.deepEqual(histogram.toJSON(), new Histogram().toJSON());
  assert.deepEqual([histogram.percentiles(), histogram.percentile(0.5)], [null, 0]);
});
