import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureRounds, mediansOf } from './rounds.ts';

test('goes there and back, and takes the median of each figure', async () => {
  const order: string[] = [];
  const samples = await measureRounds(['a', 'b'], 3, async (point) => {
    order.push(point);
    return { time: order.length, twice: order.length * 2 };
  });
  assert.equal(order.join(''), 'abbaab');
  assert.deepEqual(samples.map(mediansOf), [
    { time: 4, twice: 8 },
    { time: 3, twice: 6 },
  ]);
});
