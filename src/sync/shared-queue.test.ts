import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SharedRecord } from './records.ts';
import { SharedQueue } from './shared-queue.ts';

const LIMIT = { timeout: 20_000 };

test('records come out as they went in, of any size and either array', () => {
  const size = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(
      size,
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      fc.boolean(),
      (recordBytes, capacity, ins, outs) => {
        const fits = recordBytes % 4 === 0;
        const make = (isWords: boolean, fill: number): SharedRecord => {
          const bytes = Uint8Array.from({ length: recordBytes }, (_, index) => fill * 31 + index);
          return isWords && fits ? new Int32Array(bytes.buffer) : bytes;
        };
        const queue = new SharedQueue({ capacity, recordBytes });
        for (let n = 0; n < 3 * capacity; n += capacity) {
          for (let k = 0; k < capacity; k++) assert.equal(queue.tryPush(make(ins, n + k)), true);
          assert.equal(queue.tryPush(make(ins, 0)), false);
          assert.equal(queue.length, capacity);
          for (let k = 0; k < capacity; k++) {
            const record = make(outs, 255);
            assert.equal(queue.tryPop(record), true);
            assert.deepEqual(Buffer.from(record.buffer), Buffer.from(make(ins, n + k).buffer));
          }
          assert.equal(queue.tryPop(make(outs, 0)), false);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('an array of another size is refused', async () => {
  const queue = new SharedQueue({ capacity: 1, recordBytes: 8 });
  const message = 'A record of this queue has 8 bytes, and the array that was given has 4';
  assert.throws(() => queue.push(new Uint8Array(4)), { code: 'limit', message });
  assert.throws(() => queue.tryPop(new Int32Array(1)), { code: 'limit', message });
  await assert.rejects(queue.popAsync(new Int32Array(1)), { code: 'limit', message });
});

test('it is empty or full for longer than the timeout', LIMIT, async () => {
  const queue = new SharedQueue({ capacity: 1, recordBytes: 4 });
  const record = Int32Array.of(7);
  const late = (what: string) => ({
    code: 'timeout',
    message: `Cannot ${what}: it was not possible within 1 ms`,
  });
  assert.throws(() => queue.pop(record, 1), late('pop from the queue'));
  await assert.rejects(queue.popAsync(record, { timeout: 1 }), late('pop from the queue'));
  queue.push(record, 0);
  assert.throws(() => queue.push(record, 1), late('push to the queue'));
  await assert.rejects(queue.pushAsync(record, { timeout: 1 }), late('push to the queue'));
  assert.equal(queue.length, 1);
});

test('after it is closed, what is in it comes out, and nothing goes in', async () => {
  const queue = new SharedQueue({ capacity: 2, recordBytes: 4 });
  const record = new Int32Array(1);
  queue.push(Int32Array.of(1));
  queue.push(Int32Array.of(2));
  const late = queue.pushAsync(Int32Array.of(3));
  queue.close();
  queue.close();
  assert.equal(queue.isClosed, true);
  const closed = { code: 'closed', message: 'Cannot push: the queue is closed' };
  await assert.rejects(late, closed);
  assert.throws(() => queue.push(record), closed);
  assert.throws(() => queue.tryPush(record), closed);
  assert.equal(queue.pop(record), true);
  assert.equal(await queue.popAsync(record), true);
  assert.equal(record[0], 2);
  assert.equal(queue.pop(record), false);
  assert.equal(queue.tryPop(record), false);
  assert.equal(await queue.popAsync(record), false);
  assert.equal(record[0], 2, 'the array is unchanged');
});

test('closing ends a wait for a record', LIMIT, async () => {
  const queue = new SharedQueue({ capacity: 1, recordBytes: 4 });
  const waits = [queue.popAsync(new Int32Array(1)), queue.popAsync(new Int32Array(1))];
  queue.close();
  assert.deepEqual(await Promise.all(waits), [false, false]);
});

test('promises push in the order of their calls, and pop likewise', LIMIT, async () => {
  const queue = new SharedQueue({ capacity: 2, recordBytes: 4 });
  const pushes = Array.from({ length: 20 }, (_, n) => queue.pushAsync(Int32Array.of(n)));
  const records = Array.from({ length: 20 }, () => new Int32Array(1));
  await Promise.all(records.map((record) => queue.popAsync(record)));
  await Promise.all(pushes);
  assert.deepEqual(
    records.map(([word]) => word),
    [...Array(20).keys()],
  );
});

test('an aborted push pushes nothing, an aborted pop takes nothing', LIMIT, async () => {
  const queue = new SharedQueue({ capacity: 1, recordBytes: 4 });
  const record = new Int32Array(1);
  const popping = new AbortController();
  const pop = queue.popAsync(record, { signal: popping.signal });
  const next = queue.popAsync(record);
  popping.abort();
  queue.push(Int32Array.of(5));
  await assert.rejects(pop, { name: 'AbortError' });
  assert.equal(await next, true);
  assert.equal(record[0], 5);

  queue.push(Int32Array.of(6));
  const pushing = new AbortController();
  const push = queue.pushAsync(Int32Array.of(7), { signal: pushing.signal });
  pushing.abort();
  await assert.rejects(push, { name: 'AbortError' });
  assert.equal(queue.pop(record), true);
  assert.equal(queue.tryPop(record), false);
});
