/** What an aborted, a late and a background wait leave behind. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Bell } from './bell.ts';
import { Mutex } from './mutex.ts';
import { Semaphore } from './semaphore.ts';

const LIMIT = { timeout: 20_000 };

/** A bell, its words, and what is waited for. */
function bell() {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const state = { permits: 0 };
  const attempt = (): boolean => state.permits > 0 && state.permits-- > 0;
  return { words, state, attempt, bell: new Bell(words, 0) };
}

test('an aborted wait rejects with the reason of its signal', async () => {
  const { bell: own, attempt } = bell();
  const reason = new Error('no more');
  await assert.rejects(own.wait(attempt, 'wait', { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const wait = own.wait(attempt, 'wait', { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(wait, reason);
});

test('whoever left is not announced, and no waitAsync is left', async () => {
  const { bell: own, words, attempt } = bell();
  const controller = new AbortController();
  const waits = [1, 2, 3].map(() => own.wait(attempt, 'wait', { signal: controller.signal }));
  assert.equal(own.isAwaited, true);
  controller.abort();
  for (const wait of waits) await assert.rejects(wait, { name: 'AbortError' });
  assert.equal(own.isAwaited, false);
  assert.equal(Atomics.notify(words, 1), 0);
});

test('many aborted waits share one waitAsync', async () => {
  const { bell: own, words, attempt } = bell();
  const staying = new AbortController();
  const stays = own.wait(attempt, 'wait', { signal: staying.signal });
  const controller = new AbortController();
  const waits = Array.from({ length: 100 }, () => own.wait(attempt, 'wait', { signal: controller.signal }));
  controller.abort();
  for (const wait of waits) await assert.rejects(wait, { name: 'AbortError' });
  assert.equal(Atomics.notify(words, 1), 1);
  staying.abort();
  await assert.rejects(stays, { name: 'AbortError' });
});

test('what an aborted wait would have got, the next one gets', LIMIT, async () => {
  const { bell: own, state, attempt } = bell();
  const controller = new AbortController();
  const first = own.wait(attempt, 'wait', { signal: controller.signal });
  const second = own.wait(attempt, 'wait');
  state.permits = 1;
  own.ring();
  controller.abort();
  await assert.rejects(first, { name: 'AbortError' });
  await second;
  assert.equal(state.permits, 0);
});

test('a wait that is over is deaf to its signal', async () => {
  const semaphore = new Semaphore({ initial: 1 });
  const controller = new AbortController();
  await semaphore.acquireAsync({ signal: controller.signal, timeout: 1_000 });
  const wait = semaphore.acquireAsync({ signal: controller.signal });
  semaphore.release();
  await wait;
  controller.abort();
  assert.equal(semaphore.value, 0);
});

test('a wait that lasts too long says for what', LIMIT, async () => {
  const mutex = new Mutex();
  mutex.lock();
  await assert.rejects(mutex.lockAsync({ timeout: 2 }), {
    code: 'timeout',
    message: 'Cannot lock the mutex: it was not possible within 2 ms',
  });
});

const SOURCE = JSON.stringify(new URL('./mutex.ts', import.meta.url).href);

/** What a process prints that waits for a lock, which another thread frees when it has started. */
async function waitInProcess(options: string, isFreed: boolean): Promise<{ stdout: string; code: unknown }> {
  const code = `
    import { Worker } from 'node:worker_threads';
    import { Mutex } from ${SOURCE};
    const mutex = new Mutex();
    mutex.lock();
    mutex.lockAsync(${options}).then(() => console.log('locked'), ({ code }) => console.log(code));
    const free = 'import(${SOURCE}).then(({ Mutex }) => Mutex.from(process.getBuiltinModule("node:worker_threads").workerData).unlock())';
    if (${isFreed}) new Worker(free, { eval: true, workerData: mutex.handle }).unref();
    process.on('exit', () => console.log('ends'));`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  const { stdout } = await run;
  return { stdout, code: run.child.exitCode };
}

test('a wait keeps the process alive until it is over', LIMIT, async () => {
  assert.deepEqual(await waitInProcess('', true), { stdout: 'locked\nends\n', code: 0 });
  assert.deepEqual(await waitInProcess('{ timeout: 1 }', false), { stdout: 'timeout\nends\n', code: 0 });
});

test('a wait in the background does not', LIMIT, async () => {
  assert.deepEqual(await waitInProcess('{ background: true }', false), { stdout: 'ends\n', code: 0 });
  const late = '{ background: true, timeout: 1_000_000 }';
  assert.deepEqual(await waitInProcess(late, false), { stdout: 'ends\n', code: 0 });
});
