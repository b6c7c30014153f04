import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCoding } from './content-coding.ts';

test('of a header without end only the beginning is read', () => {
  const flood = Array.from({ length: 10_000 }, (_, at) => `x${at}`).join(',');
  assert.equal(chooseCoding(`gzip,${flood}`, ['br', 'gzip']), 'gzip');
  assert.equal(chooseCoding(`${flood},gzip`, ['br', 'gzip']), 'identity');
});
