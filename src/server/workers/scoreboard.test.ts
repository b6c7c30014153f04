import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Outcome, Scoreboard, type ScoreboardSize } from './scoreboard.ts';

const NOTHING = { accepted: 0, active: 0, finished: 0, failed: 0, aborted: 0, refused: 0 };

test('a connection is counted from its claim to its end', () => {
  const board = make({ maxConnections: 2, maxPerAddress: 0 });
  const slot = claimed(board, 1, '10.0.0.1');
  assert.deepEqual(board.counts(1), { ...NOTHING, accepted: 1, active: 1 });
  board.release(1, slot, 'finished');
  assert.deepEqual(board.counts(1), { ...NOTHING, accepted: 1, finished: 1 });
  assert.equal(board.total, 0);
});

test('the limit holds over all workers, and what is released can be claimed', () => {
  const board = make({ maxConnections: 2, maxPerAddress: 0 });
  const slot = claimed(board, 1, 'a');
  claimed(board, 2, 'b');
  assert.equal(board.claim(1, 'c'), 'full');
  assert.equal(board.claim(2, 'c'), 'full');
  board.release(1, slot, 'failed');
  claimed(board, 2, 'c');
  assert.equal(board.total, 2);
});

test('an address has its own limit; unnamed peers have none', () => {
  const board = make({ maxConnections: 100, maxPerAddress: 2 });
  const slot = claimed(board, 1, '10.0.0.1');
  claimed(board, 2, '10.0.0.1');
  assert.equal(board.claim(1, '10.0.0.1'), 'refused');
  assert.equal(board.counts(1).refused, 1);
  claimed(board, 1, '10.0.0.2');
  board.release(1, slot, 'finished');
  claimed(board, 1, '10.0.0.1');
  for (let count = 0; count < 10; count++) claimed(board, 1, '');
});

test('a network of IPv6 is one address', () => {
  const board = make({ maxConnections: 100, maxPerAddress: 2 });
  claimed(board, 1, '2001:db8::1');
  claimed(board, 1, '2001:db8::2');
  assert.equal(board.claim(1, '2001:db8::3'), 'refused');
  claimed(board, 1, '2001:db8:0:1::3');
});

test('what a dead worker held is given back, with its sockets', () => {
  const board = make({ maxConnections: 10, maxPerAddress: 1 });
  const slot = claimed(board, 1, 'a');
  board.setSocket(slot, 17, 0xfedc_ba98_7654_3210n);
  claimed(board, 1, 'b');
  claimed(board, 2, 'c');
  const orphans = board.bury(1, 'failed');
  assert.deepEqual(
    new Set(orphans),
    new Set([
      { fd: 17, cookie: 0xfedc_ba98_7654_3210n },
      { fd: -1, cookie: 0n },
    ]),
  );
  assert.deepEqual(board.counts(1), { ...NOTHING, accepted: 2, failed: 2 });
  assert.equal(board.total, 1);
  claimed(board, 3, 'a');
});

test('a connection that is handed over is counted once', () => {
  const board = make({ maxConnections: 10, maxPerAddress: 0 });
  const slot = claimed(board, 0, 'a');
  board.handOver(slot, 0, 3);
  assert.deepEqual(board.counts(0), NOTHING);
  assert.deepEqual(board.counts(3), { ...NOTHING, accepted: 1, active: 1 });
  assert.equal(board.bury(0, 'failed').length, 0);
  assert.equal(board.bury(3, 'failed').length, 1);
});

test('a row is one worker at a time', () => {
  const board = make({ maxConnections: 1, maxPerAddress: 0 });
  assert.ok(board.openRow(5, 42));
  assert.ok(!board.openRow(5, 43));
  assert.equal(board.pidOf(5), 42);
  board.setState(5, 'draining');
  assert.equal(board.stateOf(5), 'draining');
  board.closeRow(5);
  assert.ok(board.openRow(5, 44));
  assert.equal(board.stateOf(5), 'starting');
});

test('whatever happens, the sums are right', () => {
  const step = fc.record({
    worker: fc.integer({ min: 0, max: 3 }),
    address: fc.constantFrom('a', 'b', ''),
    end: fc.constantFrom<Outcome>('finished', 'failed', 'aborted'),
    claim: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const board = make({ maxConnections: 5, maxPerAddress: 2 });
      const held: { worker: number; address: string; slot: number }[] = [];
      for (const { worker, address, end, claim } of steps) {
        if (claim) {
          const slot = board.claim(worker, address);
          const same = held.filter((other) => other.address === address).length;
          if (held.length === 5) assert.equal(slot, 'full');
          else if (address !== '' && same === 2) assert.equal(slot, 'refused');
          else held.push({ worker, address, slot: slot as number });
        } else {
          const ending = held.shift();
          if (ending !== undefined) board.release(ending.worker, ending.slot, end);
        }
        assert.equal(board.total, held.length);
        assert.equal(new Set(held.map(({ slot }) => slot)).size, held.length);
        for (const id of [0, 1, 2, 3]) {
          const { accepted, active, finished, failed, aborted } = board.counts(id);
          assert.equal(accepted, active + finished + failed + aborted);
          assert.equal(active, held.filter((other) => other.worker === id).length);
        }
      }
    }),
  );
});

function make(size: ScoreboardSize): Scoreboard {
  return new Scoreboard(new SharedArrayBuffer(Scoreboard.bytes(size)), size);
}

function claimed(board: Scoreboard, worker: number, address: string): number {
  const slot = board.claim(worker, address);
  assert.equal(typeof slot, 'number', String(slot));
  return slot as number;
}

test('a worker that was killed between two counters is settled', () => {
  const size = { maxConnections: 4, maxPerAddress: 0 };
  const board = new Scoreboard(new SharedArrayBuffer(Scoreboard.bytes(size)), size);
  board.openRow(1, 100);
  const slot = board.claim(1, '') as number;
  board.release(1, slot, 'finished');
  // It was killed when it had counted and not yet left its slot.
  board.handOver(slot, 1, 1);
  board.bury(1, 'failed');
  const { accepted, active, finished, failed } = board.counts(1);
  assert.deepEqual(
    { accepted, active, finished, failed },
    { accepted: 1, active: 0, finished: 1, failed: 0 },
  );
});
