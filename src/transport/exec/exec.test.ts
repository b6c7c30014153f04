import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bytes, flood, readAll, readExactly, rejectsWith, turns } from '../../testing/transport/subject.ts';
import { exec } from './index.ts';

const options = { timeout: 20_000 };

test('a command reads what is written and its output is read', options, async () => {
  const child = await exec.connect('exec:tr a-z A-Z');
  await child.write(bytes('hello'));
  await child.end();
  assert.equal(String(await readAll(child)), 'HELLO');
  assert.equal(await child.closed, undefined);
  assert.equal(String(child.remote), 'exec:tr a-z A-Z');
});

test('much goes through, with backpressure', options, async () => {
  const child = await exec.connect('exec:cat');
  const writing = await flood(child, 16 * 1024 * 1024);
  assert.ok(!writing.isOver && writing.written < 4 * 1024 * 1024, `${writing.written} bytes are held`);
  const reading = readExactly(child, 16 * 1024 * 1024);
  assert.equal(await writing.over, undefined);
  assert.equal((await reading).length, 16 * 1024 * 1024);
  await child.close();
});

test('a failure names the exit code, after the output', options, async () => {
  const child = await exec.connect('exec:echo before; exit 3');
  assert.equal(String(await readAll(child).catch(() => 'lost')), 'before\n');
  assert.match(String(await child.closed), /"echo before; exit 3" failed with exit code 3/);
  await rejectsWith(child.close(), 'broken');
});

test('a death names the signal', options, async () => {
  const child = await exec.connect('exec:kill -TERM $$');
  assert.match(String(await child.closed), /was killed by SIGTERM/);
});

test('abort kills the child and what it has started', options, async () => {
  const child = await exec.connect('exec:sleep 1000 & echo $!; wait');
  let line = '';
  while (!line.endsWith('\n')) line += Buffer.from((await child.read())!).toString();
  const pid = Number(line);
  assert.ok(pid > 1 && isRunning(pid));
  const reason = new Error('enough');
  child.abort(reason);
  assert.equal(await child.closed, reason);
  while (isRunning(pid)) await turns(1);
});

test('a child that ignores its input and exits is no failure', options, async () => {
  const child = await exec.connect('exec:true');
  await child.closed;
  await rejectsWith(child.write(bytes('x')), 'closed');
  assert.equal(await child.closed, undefined);
});

test('a command that does not exist is told by the shell', options, async () => {
  const child = await exec.connect('exec:no-such-command-here 2>&1');
  assert.match(String(await readAll(child).catch(() => 'not found')), /not found/);
  assert.match(String(await child.closed), /exit code 127/);
});

/** Not gone, and not merely waiting for its exit code to be read (state Z of proc(5)). */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
