import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { AF_UNIX, close, kernelAvailable, read, SOCK_STREAM, socketpair, write } from '../kernel/index.ts';
import { HostedLoop } from './hosted-loop.ts';
import { READABLE } from './poller.ts';

const skip = kernelAvailable() ? false : 'needs Linux';
const LOOP = new URL('./hosted-loop.ts', import.meta.url).href;
const KERNEL = new URL('../kernel/index.ts', import.meta.url).href;

test('an event settles promises without another event of Node’s', { skip }, async () => {
  const loop = new HostedLoop();
  const [near, far] = pair();
  const { promise, resolve } = Promise.withResolvers<void>();
  const order: string[] = [];
  loop.watch(near, READABLE, {
    onReady() {
      read(near, new Uint8Array(8));
      order.push('event');
      loop.defer(() => order.push('deferred'));
      queueMicrotask(() => order.push('microtask'));
      resolve();
    },
  });
  write(far, Uint8Array.of(1));
  await promise;
  assert.deepEqual(order, ['event', 'deferred', 'microtask']);
  loop.unwatch(near);
  close(near);
  close(far);
});

test('a task that is deferred outside of a turn runs, and so does one that it adds', { skip }, async () => {
  const loop = new HostedLoop();
  await new Promise<void>((resolve) => loop.defer(() => loop.defer(resolve)));
});

test('timers fire in their order, whichever was set first; a cancelled one does not', { skip }, async () => {
  const loop = new HostedLoop();
  const fired: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  loop.after(20, resolve);
  loop.after(10, () => fired.push('later'));
  loop.after(1, () => fired.push('sooner'));
  loop.after(5, () => fired.push('cancelled')).cancel();
  await promise;
  assert.deepEqual(fired, ['sooner', 'later']);
});

/** What a process prints that does this with a loop and then has nothing else to do. */
function lifeOf(body: string): { stdout: string; code: number | null } {
  const program = `
    import { HostedLoop } from '${LOOP}';
    import * as kernel from '${KERNEL}';
    const loop = new HostedLoop();
    const [near, far] = kernel.socketpair(kernel.AF_UNIX, kernel.SOCK_STREAM);
    process.on('exit', () => console.log('exit'));
    ${body}`;
  const args = ['--input-type=module', '-e', program];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
  return { stdout, code: status };
}

test('it keeps the process for a watched descriptor and for a timer, and for nothing else', { skip }, () => {
  const hour = 3_600_000;
  assert.deepEqual(lifeOf(`loop.after(${hour}, () => {}, { background: true });`), {
    stdout: 'exit\n',
    code: 0,
  });
  assert.deepEqual(lifeOf(`loop.after(${hour}, () => {}).cancel();`), { stdout: 'exit\n', code: 0 });
  assert.deepEqual(lifeOf('loop.watch(near, 1, { onReady() {} }); loop.unwatch(near);'), {
    stdout: 'exit\n',
    code: 0,
  });
  assert.deepEqual(lifeOf("loop.after(1, () => console.log('timer'));"), {
    stdout: 'timer\nexit\n',
    code: 0,
  });
  const watching = `
    loop.watch(near, 1, { onReady() { console.log('event'); loop.unwatch(near); } });
    setTimeout(() => kernel.write(far, Uint8Array.of(1)), 5).unref();`;
  assert.deepEqual(lifeOf(watching), { stdout: 'event\nexit\n', code: 0 });
});

function pair(): [number, number] {
  const fds = socketpair(AF_UNIX, SOCK_STREAM);
  if (typeof fds === 'number') throw new Error(`socketpair: ${fds}`);
  return fds;
}
