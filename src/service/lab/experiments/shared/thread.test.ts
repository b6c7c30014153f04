import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moduleBeside } from '../../../../core/index.ts';
import { Thread } from './thread.ts';

const module = moduleBeside(import.meta.url, 'thread.test.thread');

test('answers one task after another, and ends', { timeout: 20_000 }, async () => {
  const thread = new Thread<{ double: number }, number>(module);
  let begun = 0;
  assert.equal(await thread.run({ double: 4 }, () => begun++), 8);
  assert.equal(begun, 1);
  const under = thread.run({ double: 5 });
  await assert.rejects(thread.run({ double: 6 }), /has a task already/);
  assert.equal(await under, 10);
  await assert.rejects(thread.run({ double: -1 }), /^NetError: negative/);
  await thread.end();
  await assert.rejects(thread.run({ double: 1 }), /has ended/);
  await thread.end();
});

test('a thread that dies fails its task', { timeout: 20_000 }, async () => {
  const thread = new Thread<{ double: number }, number>(module);
  await assert.rejects(thread.run({ double: 0 }), /has ended/);
  await thread.end();
});
