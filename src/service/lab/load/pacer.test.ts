import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { NOT_DUE, OnAnswer, OnSchedule } from './demand.ts';
import { Pacer } from './pacer.ts';

test('a schedule hands out each time once, when it has come, and tells what waits', () => {
  const demand = new OnSchedule(100, 50);
  assert.equal(demand.take(99), NOT_DUE);
  assert.deepEqual(demand.waiting(99), { count: 0, since: NOT_DUE });
  assert.equal(demand.take(100), 100);
  assert.equal(demand.take(149), NOT_DUE);
  assert.deepEqual(demand.waiting(260), { count: 3, since: 150 });
  assert.deepEqual(
    [demand.take(260), demand.take(260), demand.take(260), demand.take(260)],
    [150, 200, 250, NOT_DUE],
  );
});

test('times of a schedule do not drift', () => {
  const demand = new OnSchedule(0, 0.1);
  for (let turn = 0; turn < 1_000_000; turn++) demand.take(1e9);
  assert.equal(demand.take(1e9), 1_000_000 * 0.1);
});

test('on answer, a request is due at once unless it is held', () => {
  const demand = new OnAnswer(5);
  assert.equal(demand.take(7), 7);
  demand.hold();
  assert.equal(demand.take(8), NOT_DUE);
  demand.release();
  assert.equal(demand.take(9), 9);
  assert.deepEqual(demand.waiting(), { count: 0, since: NOT_DUE });
});

test('the pacer wakes in turn and on time', () => {
  const clock = fakeClock(1000);
  const woken: [number, number][] = [];
  const pacer = new Pacer(clock, false, { start: 1000, step: 10, count: 3 }, (...turn) => woken.push(turn));
  pacer.start();
  clock.advance(35);
  assert.deepEqual(woken, [
    [0, 1000],
    [1, 1010],
    [2, 1020],
    [0, 1030],
  ]);
  assert.deepEqual([pacer.due, pacer.worst], [4, 0]);
  pacer.stop();
  clock.advance(100);
  assert.deepEqual([woken.length, clock.pending], [4, 0]);
});

test('a pacer that comes late wakes everybody once, and tells how late it was', () => {
  let now = 0;
  let callback = (): void => {};
  const clock = {
    now: () => now,
    after: (_: number, action: () => void) => {
      callback = action;
      return { cancel() {} };
    },
  };
  const woken: number[] = [];
  const pacer = new Pacer(clock, false, { start: 0, step: 1, count: 3 }, (index) => woken.push(index));
  pacer.start();
  now = 100;
  callback();
  assert.deepEqual([woken, pacer.due, pacer.worst], [[0, 1, 2, 0], 101, 99]);
  pacer.forgetWorst();
  now = 101;
  callback();
  assert.deepEqual([woken.slice(4), pacer.worst], [[101 % 3], 0]);
});
