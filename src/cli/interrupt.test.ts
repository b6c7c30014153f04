import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

/** A program that waits for its interruption and tells about it; it then ends, or stays when `stubborn`. */
function start(stubborn: boolean): ChildProcess {
  const program = `
    import { onInterrupt } from '${new URL('./interrupt.ts', import.meta.url).href}';
    const signal = onInterrupt();
    process.stdin.resume().on('end', () => process.exit(3)); // the test is gone
    signal.addEventListener('abort', () => {
      console.log(signal.reason.name, signal.reason.message);
      if (!${stubborn}) process.stdin.destroy();
    });
    console.log('ready');`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function line(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout!, 'data');
  return String(chunk).trim();
}

test('the first signal aborts and lets the program end in order', async () => {
  const child = start(false);
  assert.equal(await line(child), 'ready');
  child.kill('SIGINT');
  assert.equal(await line(child), 'NetError Interrupted');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});

test('a later signal ends a program that does not listen', async () => {
  const child = start(true);
  assert.equal(await line(child), 'ready');
  child.kill('SIGTERM');
  await line(child);
  const again = setInterval(() => child.kill('SIGTERM'), 50);
  const [code] = await once(child, 'close');
  clearInterval(again);
  assert.equal(code, 130);
});
