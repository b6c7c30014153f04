import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLine } from './progress-line.ts';

function terminal(
  isTTY: boolean,
  columns = 80,
): { written: string[]; isTTY: boolean; columns: number; write(text: string): void } {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text) => void written.push(text) };
}

test('a step is one line: which of how many, what, and the seconds since the beginning', () => {
  const screen = terminal(true);
  let now = 1_000;
  using line = new ProgressLine(screen, 'pollers', () => now);
  now = 4_500;
  line.step(1, 5, '100 connections');
  assert.deepEqual(screen.written, ['\r\u001b[2Kpollers: step 2 of 5, 100 connections (3 s)']);
});

test('the line fits the terminal and keeps the time', () => {
  const screen = terminal(true, 30);
  using line = new ProgressLine(screen, 'pollers', () => 0);
  line.step(0, 5, 'something that takes more room than there is');
  const shown = screen.written[0]!.replace('\r\u001b[2K', '');
  assert.ok(shown.length < 30 && shown.endsWith(' (0 s)'), shown);
});

test('at the end the line is erased, once', () => {
  const screen = terminal(true);
  const line = new ProgressLine(screen, 'pollers', () => 0);
  line.step(0, 1, 'all');
  line.clear();
  line.clear();
  assert.deepEqual(screen.written.slice(1), ['\r\u001b[2K']);
});

test('where there is no terminal it is silent', () => {
  const screen = terminal(false);
  using line = new ProgressLine(screen, 'pollers', () => 0);
  line.step(0, 1, 'all');
  line.clear();
  assert.deepEqual(screen.written, []);
});

test('a terminal that does not know its size shows the line all the same', () => {
  const screen = terminal(true, 0);
  using line = new ProgressLine(screen, 'pollers', () => 0);
  line.step(0, 1, 'all');
  assert.match(screen.written[0]!, /pollers: step 1 of 1, all/);
});
