import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statisticsTable } from './statistics-table.ts';

const counts = { accepted: 12, active: 2, finished: 7, failed: 2, aborted: 1, refused: 4 };

test('a server without workers is a line', () => {
  const table = statisticsTable({
    architecture: 'reactor',
    ...counts,
    queued: 3,
    restarts: 0,
    workers: [],
  });
  assert.equal(
    table,
    'reactor: 2 active, 3 queued, 12 accepted: 7 finished, 2 failed, 1 aborted; 4 refused, 0 restarts\n',
  );
});

test('each worker is a line, and the columns are aligned', () => {
  const worker = { worker: 1, state: 'ready', pid: 123, ...counts } as const;
  const table = statisticsTable({
    architecture: 'hybrid',
    ...counts,
    queued: 0,
    restarts: 5,
    workers: [worker, { ...worker, worker: 12, state: 'draining', accepted: 123_456_789 }],
  });
  assert.deepEqual(table.split('\n').slice(1), [
    'worker     state  pid  active   accepted  finished  failed  aborted  refused',
    '     1     ready  123       2         12         7       2        1        4',
    '    12  draining  123       2  123456789         7       2        1        4',
    '',
  ]);
});
