/** `modnet chat` as a program at the end of a pipe, with the real exchange. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Exchange, startExchange } from '../src/service/exchange/index.ts';

const program = fileURLToPath(new URL('../bin/modnet.js', import.meta.url));

let folder: string;
let exchange: Exchange;
let door: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modnet-chat-'));
  exchange = await startExchange({ data: null, doors: ['tcp://127.0.0.1:0', `unix:${folder}/x.sock`] });
  door = String(exchange.doors[0]!.address);
});

after(async () => {
  await exchange.close({ deadline: 0 });
  await rm(folder, { recursive: true });
});

function start(...words: string[]) {
  return spawn(process.execPath, [program, 'chat', ...words], { stdio: 'pipe' });
}

async function outcome(child: ReturnType<typeof start>, input = '') {
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), exited(child)]);
  return { out: out.replace(/^\d\d:\d\d /gm, ''), err, code: child.exitCode };
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, 'exit');
}

test('lines of the input are said, over tcp and over a Unix socket', async () => {
  for (const url of [door, `unix:${folder}/x.sock`]) {
    const { out, err, code } = await outcome(start(url, '--name', 'anna', '--history', '0'), 'hi\n/me waves');
    assert.deepEqual([out, code], ['anna: hi\n* anna waves\n', 0]);
    assert.match(err, /^— connected to /);
  }
});

test('every line of --json is an object', async () => {
  const { out, code } = await outcome(start(door, '--name', 'anna', '--json'), '/who\n');
  const types = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type);
  assert.ok(types.includes('connected') && types.includes('members'), types.join());
  assert.equal(code, 0);
});

test('where nothing listens it ends at once and says what starts an exchange', async () => {
  const { err, code } = await outcome(start(`unix:${folder}/none.sock`, '--name', 'anna'));
  assert.match(err, /^modnet: Cannot connect to unix:.*; `npm start` or `modnet up` starts an exchange\n$/);
  assert.equal(code, 1);
});

test('a name that is taken, or cannot be taken, is told with what to do', async () => {
  const holder = start(door, '--name', 'anna');
  await once(holder.stderr, 'data');
  const { err, code } = await outcome(start(door, '--name', 'anna'));
  assert.match(err, /^modnet: The name anna is taken; choose another with --name\n$/);
  assert.equal(code, 1);
  assert.match((await outcome(start(door, '--name', 'a b'))).err, /; choose another with --name\n$/);
  assert.equal((await outcome(holder)).code, 0);
});

test('SIGTERM leaves in order, and the exit code says so', async () => {
  const child = start(door, '--name', 'anna');
  await once(child.stderr, 'data');
  child.kill('SIGTERM');
  await exited(child);
  assert.equal(child.exitCode, 130);
});

test('wrong usage has its own exit code', async () => {
  const { err, code } = await outcome(start('--history', 'many'));
  assert.match(err, /"many" is not a number from 0 to 200/);
  assert.equal(code, 2);
});
