import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeArgument } from './size.ts';

test('a size is bytes, and what is none is refused with its text', () => {
  assert.equal(sizeArgument('64KiB'), 65_536);
  const refusal = { code: 'commander.invalidArgument', message: /"1kk" is no size; write 4096/ };
  assert.throws(() => sizeArgument('1kk'), refusal);
});
