import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '@connectrpc/connect';
import { codeName, codeOf } from './code-name.ts';

test('codes have the names that Connect gives them, and are found by them', () => {
  assert.equal(codeName(Code.FailedPrecondition), 'failed_precondition');
  assert.equal(codeName(Code.Canceled), 'canceled');
  assert.equal(codeName(undefined), 'ok');
  assert.equal(codeName(99 as Code), '99');
  assert.equal(codeOf('DATA_LOSS'), Code.DataLoss);
  assert.equal(codeOf('ok'), undefined);
});
