import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAge, parseDuration } from './duration.ts';

test('a duration is milliseconds; a number alone is seconds', () => {
  const cases: [string, number][] = [
    ['10', 10_000],
    ['10s', 10_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    ['0', 0],
    ['24d', 2_073_600_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test('what is no duration is refused with its text', () => {
  for (const text of ['', 's', '-1', '10 s', '10x', '1e3', '.5s', 'Infinity']) {
    assert.throws(
      () => parseDuration(text),
      { code: 'commander.invalidArgument', message: /is no duration; write 500ms/ },
      text,
    );
  }
});

test('a duration longer than a timer can wait is refused', () => {
  assert.throws(() => parseDuration('25d'), { message: /"25d" is too long/ });
});

test('an age may be longer than a timer waits', () => {
  assert.equal(parseAge('365d'), 365 * 86_400_000);
  assert.throws(() => parseDuration('365d'), /too long/);
  assert.throws(() => parseAge('old'), /no duration/);
});
