import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetError } from '../../core/index.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { Report } from './brief.ts';
import { packError, unpackError } from './packed-error.ts';
import { REPORTS_PER_SECOND, Reports } from './reports.ts';

function stage() {
  const clock = fakeClock();
  const told: string[] = [];
  const tell = ({ modnet, error }: Report): void => void told.push(`${modnet}: ${error.message}`);
  return { clock, told, reports: new Reports(tell, clock) };
}

test('a few a second are told in full, of the rest how many', () => {
  const { clock, told, reports } = stage();
  for (let at = 0; at < REPORTS_PER_SECOND + 3; at++) reports.add('failure', new Error(`number ${at}`));
  assert.equal(told.length, REPORTS_PER_SECOND);
  clock.advance(1_000);
  assert.match(told.at(-1)!, /^trouble: 3 more/);
  reports.add('trouble', new Error('later'));
  assert.equal(told.at(-1), 'trouble: later');
  clock.advance(1_000);
  assert.equal(told.length, REPORTS_PER_SECOND + 2);
});

test('before the worker ends, what was left out is told', () => {
  const { told, reports } = stage();
  for (let at = 0; at <= REPORTS_PER_SECOND; at++) reports.add('failure', new Error('x'));
  reports.flush();
  reports.flush();
  assert.equal(told.length, REPORTS_PER_SECOND + 1);
});

test('an error arrives as what it was, whatever caused it', () => {
  const cause = () => {};
  const sent = structuredClone(packError(new NetError('limit', 'too many', { errno: 'EMFILE', cause })));
  const error = unpackError(sent);
  assert.ok(error instanceof NetError);
  assert.deepEqual([error.code, error.errno, error.message], ['limit', 'EMFILE', 'too many']);
  const other = unpackError(packError(new RangeError('no')));
  assert.deepEqual([other.name, other.message], ['RangeError', 'no']);
  assert.ok(packError(new Error('x'.repeat(1e6))).message.length < 1e4);
});
