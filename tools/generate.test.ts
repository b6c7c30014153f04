import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleFiles } from './generate.ts';

test('the code in the repository is what its definitions generate', { timeout: 60_000 }, () => {
  assert.deepEqual([...staleFiles().keys()], [], 'run `npm run generate`');
});
