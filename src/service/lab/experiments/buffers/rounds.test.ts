import assert from 'node:assert/strict';
import { test } from 'node:test';
import { medianOfRounds } from './rounds.ts';

test('goes there and back, and takes the median of each figure', async () => {
  const order: string[] = [];
  const medians = await medianOfRounds(['a', 'b'], 3, async (point) => {
    order.push(point);
    return { time: order.length, twice: order.length * 2 };
  });
  assert.equal(order.join(''), 'abbaab');
  assert.deepEqual(medians, [
    { time: 4, twice: 8 },
    { time: 3, twice: 6 },
  ]);
});
