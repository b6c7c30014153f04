import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TroubleLog } from './trouble-log.ts';

test('a trouble that keeps coming is told now and then, with how often it came; another one at once', () => {
  const lines: string[] = [];
  let now = 0;
  const log = new TroubleLog(
    (line) => lines.push(line),
    () => now,
  );
  for (; now < 10; now++) log.tell(new Error('disk full'));
  log.tell(new Error('no descriptors'));
  now = 5_000;
  log.tell(new Error('disk full'));
  assert.deepEqual(lines, [
    'modnet: disk full\n',
    'modnet: no descriptors\n',
    'modnet: disk full (and 9 times since it was last told)\n',
  ]);
});

test('it remembers no more messages than it may', () => {
  const lines: string[] = [];
  const log = new TroubleLog(
    (line) => lines.push(line),
    () => 0,
  );
  for (let count = 0; count < 65; count++) log.tell(new Error(`${count}`));
  log.tell(new Error('0'));
  log.tell(new Error('64'));
  assert.equal(lines.length, 66);
});
