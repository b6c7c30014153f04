import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Proc,
  parseStat,
  parseSwitches,
  readChildren,
  readMemory,
  readParents,
  readSwitches,
} from './process-tree-proc.ts';

/** As Linux 6 writes it, with the numbers of its fields for values where that is possible. */
function statLine(name: string): string {
  return `77 (${name}) S 1 5 6 7 8 9 10 11 12 13 140 15 160 17 18 19 20 21 2200 23 24 25\n`;
}

const STATUS = `Name:\tnode
State:\tS (sleeping)
VmHWM:\t   90000 kB
VmRSS:\t   64000 kB
Threads:\t7
voluntary_ctxt_switches:\t1234
nonvoluntary_ctxt_switches:\t56
`;

const ROLLUP = `5599f7c2d000-7ffd59bc9000 ---p 00000000 00:00 0                          [rollup]
Rss:               65000 kB
Pss:               20000 kB
Pss_Dirty:           112 kB
SwapPss:               7 kB
`;

function recorded(files: Readonly<Record<string, string>>): Proc {
  const under = (path: string): string[] =>
    Object.keys(files)
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => file.slice(path.length + 1).split('/')[0]!);
  return { read: (path) => files[path] ?? null, list: (path) => [...new Set(under(path))] };
}

test('the fields are found behind any name, also one with blanks, parentheses and line ends', () => {
  for (const name of ['node', 'tmux: server', 'a) S 2 (b', '((', '))', 'x\ny) R 9']) {
    assert.deepEqual(parseStat(statLine(name)), {
      pid: 77,
      name,
      state: 'S',
      parent: 1,
      user: 1400,
      system: 150,
      reapedUser: 1600,
      reapedSystem: 170,
      threads: 20,
      startedAt: 2200,
    });
  }
});

test('text that is no stat gives nothing', () => {
  for (const text of ['', '77', '77 (node', ') (', '77 (node) S 1 5', 'x (node) S 1'])
    assert.equal(parseStat(text), null, text);
});

test('memory is that of smaps_rollup, and of status where PSS is not wanted or not to be had', () => {
  const status = { '/proc/1/status': STATUS };
  const both = recorded({ ...status, '/proc/1/smaps_rollup': ROLLUP });
  assert.deepEqual(readMemory(both, 1, true), { resident: 65_000 * 1024, pss: 20_000 * 1024 });
  const lagging = { resident: 64_000 * 1024, pss: null };
  assert.deepEqual(readMemory(both, 1, false), lagging);
  assert.deepEqual(readMemory(recorded(status), 1, true), lagging);
  assert.deepEqual(readMemory(recorded({}), 1, true), { resident: 0, pss: null });
});

test('switches are read of each thread, without those that have gone', () => {
  const proc = recorded({
    '/proc/1/task/1/status': STATUS,
    '/proc/1/task/2/status': 'Name:\thalf written\nvoluntary_ctxt_switches:\t1\n',
    '/proc/1/task/3/stat': statLine('gone'),
  });
  assert.deepEqual([...readSwitches(proc, 1)], [[1, { voluntary: 1234, involuntary: 56 }]]);
  assert.equal(parseSwitches(''), null);
});

test('children are those of every thread, and unknown where the system does not list them', () => {
  const listed = recorded({ '/proc/1/task/1/children': '5 6 ', '/proc/1/task/2/children': '7 ' });
  assert.deepEqual(readChildren(listed, 1), [5, 6, 7]);
  assert.deepEqual(readChildren(recorded({ '/proc/1/task/1/children': '' }), 1), []);
  assert.equal(readChildren(recorded({ '/proc/1/task/1/stat': statLine('node') }), 1), null);
  assert.deepEqual(readChildren(recorded({}), 1), []);
});

test('parents are those of everything that is named by a number', () => {
  const proc = recorded({ '/proc/77/stat': statLine('a'), '/proc/78/status': STATUS, '/proc/stat': 'cpu 1' });
  assert.deepEqual([...readParents(proc)], [[77, 1]]);
});
