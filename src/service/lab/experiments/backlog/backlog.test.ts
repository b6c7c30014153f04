import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { kernelAvailable } from '../../../../kernel/index.ts';
import type { Table } from '../../finding.ts';
import { runBacklog } from './backlog.ts';
import { blockOn } from './blocking.ts';
import { fillQueues } from './filling.ts';
import { retryAfter } from './retries.ts';

const skip = kernelAvailable() ? false : 'system calls need Linux and koffi';
const PARAMETERS = { backlogs: [1, 3], late: 2, holds: [0.01], blockHold: 0.01 };

test('a queue of n takes n + 1, and the others hang until there is room', {
  skip,
  timeout: 60_000,
}, async () => {
  const before = readdirSync('/proc/self/fd').length;
  const steps: string[] = [];
  const found = await runBacklog(
    { quick: true, signal: new AbortController().signal, progress: (_done, _of, what) => steps.push(what) },
    PARAMETERS,
  );
  assert.equal(readdirSync('/proc/self/fd').length, before, 'descriptors were left open');
  assert.equal(steps.length, 4);
  const table = (title: string) =>
    found.parts.find((part): part is Table => part.kind === 'table' && part.title === title)!;

  const filled = table('A queue that is filled').rows;
  assert.deepEqual(
    filled.map((row) => row.slice(0, 5)),
    [
      [1, 4, 2, 2, 2],
      [3, 6, 4, 4, 2],
    ],
    'backlog, clients, connected, in the queue, hanging',
  );
  for (const [, , , , hanging, overflows, drops] of filled) {
    assert.ok(Number(overflows) >= Number(hanging), 'each that hangs was dropped');
    assert.ok(Number(drops) >= Number(overflows));
  }
  const ends = table('Then it accepts all').rows;
  for (const [index, row] of table('The server accepts one connection').rows.entries()) {
    const [backlog, before, connected, waiting, halfOpen, nowhere] = row.map(Number);
    assert.equal(before, backlog! + 1);
    assert.ok(connected! > before!, 'a place was taken');
    assert.equal(waiting, backlog! + 1, 'no more than that');
    // Several SYNs may be answered while there is one place; beyond the backlog with cookies (the words of the finding).
    assert.equal(connected, 1 + waiting! + halfOpen! + nowhere!);
    assert.ok(nowhere! >= 0 && (nowhere === 0 || backlog! < PARAMETERS.late));
    const clients = backlog! + 1 + PARAMETERS.late;
    assert.deepEqual(
      ends[index]!.slice(0, 3),
      [backlog, clients, clients - nowhere!],
      'all others were accepted',
    );
  }
  const [tcp, unix] = table('TCP and Unix sockets with a full queue').rows;
  assert.deepEqual(tcp!.slice(0, 3), ['TCP', 3, 'EINPROGRESS']);
  assert.deepEqual(unix!.slice(0, 3), ['Unix', 3, 'EAGAIN']);
  assert.equal(tcp![4], 'connected');
  assert.equal(unix![4], 'connected');
  const capped = table('What listen(2) is told and what it does').rows;
  assert.equal(capped.at(-1)![1], capped.at(-3)![1], 'both are somaxconn');
  assert.equal(capped[1]![1], 1);
});

test('who came too late is connected by a SYN that was sent again', { skip, timeout: 60_000 }, async () => {
  const [retried] = await retryAfter([0], new AbortController().signal);
  assert.ok(retried!.seconds !== null);
  assert.ok(retried!.again >= 1);
});

const LONG = 600;

for (const [what, run] of [
  ['fill', (signal: AbortSignal) => fillQueues([1], 2, signal)],
  ['retry', (signal: AbortSignal) => retryAfter([LONG], signal)],
  ['TCP', (signal: AbortSignal) => blockOn('TCP', 1, LONG, signal)],
  ['Unix', (signal: AbortSignal) => blockOn('Unix', 1, LONG, signal)],
] as const) {
  test(`${what}: ends early with the reason of the signal`, { skip, timeout: 60_000 }, async () => {
    const before = readdirSync('/proc/self/fd').length;
    const stop = new AbortController();
    const reason = new Error('enough');
    // Long enough for the thread to be within its call most of the time; shorter does as well.
    const timer = setTimeout(() => stop.abort(reason), 300);
    await assert.rejects(run(stop.signal), reason);
    clearTimeout(timer);
    assert.equal(readdirSync('/proc/self/fd').length, before, 'descriptors were left open');
  });
}

test('does not begin when it has been ended already', { skip }, async () => {
  const reason = new Error('enough');
  const options = { quick: true, signal: AbortSignal.abort(reason), progress: () => assert.fail('began') };
  await assert.rejects(runBacklog(options, PARAMETERS), reason);
});
