import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import * as k from './index.ts';
import { fails, noKernel } from './test-fixture.ts';

const PINNED = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.kernel).then((k) => {
    const result = k.pinThread(workerData.processor);
    parentPort.postMessage({ result, processors: k.threadProcessors() });
  });
`;

test('a thread is kept on one processor, and the others are not', { skip: noKernel }, async () => {
  const before = k.threadProcessors();
  assert.ok(typeof before !== 'number' && before.length > 0);
  const processor = before.at(-1)!;
  const worker = new Worker(PINNED, {
    eval: true,
    workerData: { kernel: import.meta.resolve('./index.ts'), processor },
  });
  const seen = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
  assert.deepEqual(seen, { result: 0, processors: [processor] });
  assert.deepEqual(k.threadProcessors(), before);
  await worker.terminate();
});

test('a processor that is not there is refused', { skip: noKernel }, () => {
  fails(k.pinThread(1023), 'EINVAL');
  fails(k.pinThread(-1), 'EINVAL');
  fails(k.pinThread(5000), 'EINVAL');
});
