import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TimerHeap } from './timer-heap.ts';

test('timers come in the order of their time, those of the same time in the order of their making', () => {
  const due = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 });
  fc.assert(
    fc.property(due, (times) => {
      const heap = new TimerHeap();
      const fired: number[] = [];
      for (const [index, time] of times.entries()) heap.add(time, () => fired.push(index));
      heap.run(100);
      const expected = [...times.keys()].sort((a, b) => times[a]! - times[b]! || a - b);
      assert.deepEqual(fired, expected);
      assert.equal(heap.due, null);
    }),
  );
});

test('cancelled timers stay silent, however many there are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean()), { maxLength: 400 }),
      (entries) => {
        const heap = new TimerHeap();
        const fired: number[] = [];
        const timers = entries.map(([time], index) => heap.add(time, () => fired.push(index)));
        for (const [index, [, cancelled]] of entries.entries()) if (cancelled) timers[index]!.cancel();
        assert.equal(heap.foreground, entries.filter(([, cancelled]) => !cancelled).length);
        heap.run(100);
        assert.deepEqual(
          fired.sort((a, b) => a - b),
          [...entries.keys()].filter((index) => !entries[index]![1]),
        );
        assert.equal(heap.foreground, 0);
      },
    ),
  );
});

test('a timer is not taken before it is due, and cancelling twice or late changes nothing', () => {
  const heap = new TimerHeap();
  let calls = 0;
  const timer = heap.add(10, () => calls++);
  heap.run(9.9);
  assert.equal(calls, 0);
  heap.run(10);
  timer.cancel();
  timer.cancel();
  assert.equal(calls, 1);
  assert.equal(heap.foreground, 0);
});

test('background timers do not count as something to wait for', () => {
  const heap = new TimerHeap();
  heap.add(5, () => {}, true);
  assert.equal(heap.foreground, 0);
  assert.equal(heap.due, 5);
});
