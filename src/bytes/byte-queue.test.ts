import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from './byte-queue.ts';

/** What the queue promises, on a plain array. */
class Model {
  bytes: number[] = [];
}

type Command = fc.Command<Model, ByteQueue>;

/** `amount` is a fraction, so that it is a count within the queue whatever the queue holds. */
function command(name: string, amount: number, run: (count: number, model: Model, queue: ByteQueue) => void) {
  return {
    check: () => true,
    run: (model: Model, queue: ByteQueue) => {
      run(Math.round(amount * model.bytes.length), model, queue);
      assert.equal(queue.length, model.bytes.length);
    },
    toString: () => `${name}(${amount})`,
  } satisfies Command;
}

/** Few values, and chunks of one value only, so that searches go on to later chunks; lengths around what is copied. */
const chunk = fc
  .tuple(fc.oneof(fc.nat(40), fc.nat(3000)), fc.nat(9), fc.boolean())
  .map(([length, seed, plain]) =>
    Uint8Array.from({ length }, (_, at) => (plain ? seed : at * 3 + seed) % 11),
  );
// Not fc.double, which is nearly always nearly 0.
const amount = fc.nat(20).map((part) => part / 20);

const commands: fc.Arbitrary<Command>[] = [
  chunk.map((bytes) => ({
    check: () => true,
    run: (model: Model, queue: ByteQueue) => {
      model.bytes.push(...bytes);
      queue.push(bytes);
      assert.equal(queue.length, model.bytes.length);
    },
    toString: () => `push(${bytes.length})`,
  })),
  amount.map((part) =>
    command('take', part, (count, model, queue) => {
      assert.deepEqual([...queue.take(count)], model.bytes.splice(0, count));
    }),
  ),
  amount.map((part) =>
    command('peek', part, (count, model, queue) => {
      assert.deepEqual([...queue.peek(count)], model.bytes.slice(0, count));
    }),
  ),
  amount.map((part) =>
    command('skip', part, (count, model, queue) => {
      queue.skip(count);
      model.bytes.splice(0, count);
    }),
  ),
  amount.map((part) =>
    command('at and segment', part, (count, model, queue) => {
      if (count === model.bytes.length) return;
      assert.equal(queue.at(count), model.bytes[count]);
      const segment = queue.segment(count);
      assert.ok(segment.length > 0);
      assert.deepEqual([...segment], model.bytes.slice(count, count + segment.length));
    }),
  ),
  fc.tuple(amount, fc.nat(12)).map(([part, byte]) =>
    command(`indexOf ${byte}`, part, (from, model, queue) => {
      assert.equal(queue.indexOf(byte, from), model.bytes.indexOf(byte, from));
    }),
  ),
  fc.constant(
    command('shift', 0, (_, model, queue) => {
      const first = queue.shift();
      assert.equal(first === null, model.bytes.length === 0);
      assert.deepEqual([...(first ?? [])], model.bytes.splice(0, first?.length ?? 0));
    }),
  ),
  fc.constant(command('release', 0, (_, __, queue) => queue.release())),
  fc.constant(
    command('clear', 0, (_, model, queue) => {
      model.bytes = [];
      queue.clear();
    }),
  ),
];

describe('ByteQueue', () => {
  test('behaves like an array of bytes', () => {
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 40 }), (run) => {
        fc.modelRun(() => ({ model: new Model(), real: new ByteQueue() }), run);
      }),
      { numRuns: 200 },
    );
  });

  test('finds bytes in any chunk, from any place', () => {
    // Long enough that they stay chunks of their own.
    const large = fc
      .tuple(fc.integer({ min: 1024, max: 1100 }), fc.nat(3))
      .map(([length, value]) => new Uint8Array(length).fill(value));
    fc.assert(
      fc.property(
        fc.array(large, { minLength: 2, maxLength: 6 }),
        amount,
        amount,
        (chunks, dropped, from) => {
          const queue = new ByteQueue();
          for (const bytes of chunks) queue.push(bytes);
          queue.skip(Math.round(dropped * queue.length));
          const bytes = queue.peek(queue.length);
          const start = Math.round(from * bytes.length);
          for (let value = 0; value <= 3; value++)
            assert.equal(queue.indexOf(value, start), bytes.indexOf(value, start));
          if (start < bytes.length) assert.equal(queue.at(start), bytes[start]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('what it handed out never changes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(chunk, amount), { minLength: 2, maxLength: 30 }), (steps) => {
        const queue = new ByteQueue();
        const taken: Uint8Array[] = [];
        const copies: number[][] = [];
        for (const [bytes, part] of steps) {
          queue.push(bytes);
          taken.push(queue.take(Math.round(part * queue.length)));
          copies.push([...taken.at(-1)!]);
        }
        assert.deepEqual(
          taken.map((bytes) => [...bytes]),
          copies,
        );
      }),
      { numRuns: 200 },
    );
  });

  test('hands out a chunk as it came, and views of it', () => {
    const queue = new ByteQueue();
    const first = Uint8Array.of(1, 2, 3, 4);
    queue.push(first);
    assert.equal(queue.peek(4), first);
    assert.equal(queue.take(1).buffer, first.buffer);
    assert.equal(queue.take(2).buffer, first.buffer);
    const large = new Uint8Array(5000);
    queue.push(large);
    queue.skip(1);
    assert.equal(queue.shift(), large);
    assert.equal(queue.shift(), null);
  });

  test('refuses more than it holds, and stays as it was', () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(1, 2));
    for (const count of [3, -1, Number.NaN]) {
      assert.throws(() => queue.take(count), RangeError);
      assert.throws(() => queue.peek(count), RangeError);
      assert.throws(() => queue.skip(count), RangeError);
    }
    assert.throws(() => queue.at(2), RangeError);
    assert.throws(() => queue.segment(2), RangeError);
    assert.deepEqual(queue.takeAll(), Uint8Array.of(1, 2));
  });

  test('bytes that come one at a time are gathered', () => {
    const queue = new ByteQueue();
    const count = 100_000;
    for (let index = 0; index < count; index++) queue.push(Uint8Array.of(index & 0xff));
    let segments = 0;
    for (let at = 0; at < count; segments++) {
      const segment = queue.segment(at);
      assert.equal(segment[0], at & 0xff);
      at += segment.length;
    }
    assert.ok(segments < 20, `${segments} segments`);
  });

  test('a few bytes do not keep a large buffer alive once released', () => {
    const queue = new ByteQueue();
    const slab = new Uint8Array(64 * 1024).fill(7);
    queue.push(slab.subarray(100, 110));
    queue.push(slab.subarray(110, 113));
    queue.release();
    const bytes = queue.peek(13);
    assert.deepEqual([...bytes], Array(13).fill(7));
    assert.notEqual(bytes.buffer, slab.buffer);
    assert.ok(bytes.buffer.byteLength <= 4096);
  });

  test('many bytes stay where they are when released', () => {
    const queue = new ByteQueue();
    const large = new Uint8Array(64 * 1024);
    queue.push(large);
    queue.release();
    assert.equal(queue.takeAll(), large);
  });
});
