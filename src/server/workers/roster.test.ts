import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { AF_UNIX, close, SOCK_STREAM, socket, socketCookie } from '../../kernel/index.ts';
import { Roster } from './roster.ts';
import { Scoreboard } from './scoreboard.ts';

const SIZE = { maxConnections: 10, maxPerAddress: 0 };
const NOTHING = { accepted: 0, active: 0, finished: 0, failed: 0, aborted: 0, refused: 0 };

test('numbers are given from the lowest that is free, and given again', () => {
  const roster = make();
  assert.deepEqual([roster.enter(100), roster.enter(101), roster.enter(102)], [1, 2, 3]);
  roster.leave(2, 'failed');
  assert.equal(roster.enter(103), 2);
  assert.deepEqual(
    roster.workers.map(({ worker, pid, state }) => ({ worker, pid, state })),
    [
      { worker: 1, pid: 100, state: 'starting' },
      { worker: 2, pid: 103, state: 'starting' },
      { worker: 3, pid: 102, state: 'starting' },
    ],
  );
});

test('there is an end to the numbers', () => {
  const roster = make();
  let last: number | undefined = 0;
  for (let count = 0; count < 2_000 && last !== undefined; count++) last = roster.enter(1);
  assert.equal(last, undefined);
  roster.leave(7, 'failed');
  assert.equal(roster.enter(1), 7);
});

test('the sums hold what those counted that have gone, and what they left behind', () => {
  const roster = make();
  const { scoreboard } = roster;
  roster.enter(1);
  roster.enter(2);
  scoreboard.release(1, scoreboard.claim(1, '') as number, 'finished');
  scoreboard.claim(1, '');
  scoreboard.claim(2, '');
  const before = roster.totals;
  assert.deepEqual(before, { ...NOTHING, accepted: 3, active: 2, finished: 1 });
  roster.leave(1, 'failed');
  assert.deepEqual(roster.totals, { ...NOTHING, accepted: 3, active: 1, finished: 1, failed: 1 });
  // The number is another worker's now, which begins at nothing.
  assert.equal(roster.enter(3), 1);
  assert.equal(roster.workers[0]!.accepted, 0);
  roster.leave(2, 'aborted');
  roster.leave(2, 'aborted');
  assert.deepEqual(roster.totals, { ...NOTHING, accepted: 3, finished: 1, failed: 1, aborted: 1 });
  assert.equal(scoreboard.total, 0);
});

test('what workers hold without a place is counted as long as they are there', () => {
  const roster = make();
  roster.enter(1);
  roster.enter(2);
  roster.scoreboard.setHeld(1, 1);
  roster.scoreboard.setHeld(2, 1);
  assert.equal(roster.held, 2);
  roster.leave(1, 'failed');
  assert.equal(roster.held, 1);
  assert.equal(roster.enter(3), 1);
  assert.equal(roster.held, 1);
});

test('the server itself is no worker', () => {
  const roster = make();
  assert.equal(roster.enter(1, 0), 0);
  roster.scoreboard.claim(0, '');
  assert.deepEqual(roster.workers, []);
  assert.equal(roster.totals.accepted, 1);
});

test('a socket that a dead thread left open is closed, and one that only has its number is not', () => {
  const roster = make();
  const { scoreboard } = roster;
  const [left, others] = [open(), open()];
  roster.enter(1);
  scoreboard.setSocket(scoreboard.claim(1, '') as number, left, socketCookie(left)!);
  scoreboard.setSocket(scoreboard.claim(1, '') as number, others, 1n);
  roster.leave(1, 'failed');
  assert.equal(existsSync(`/proc/self/fd/${left}`), false);
  assert.equal(existsSync(`/proc/self/fd/${others}`), true);
  close(others);
});

function make(): Roster {
  return new Roster(new Scoreboard(new SharedArrayBuffer(Scoreboard.bytes(SIZE)), SIZE));
}

function open(): number {
  const fd = socket(AF_UNIX, SOCK_STREAM);
  assert.ok(fd >= 0);
  return fd;
}
