import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { moduleBeside } from '../../../core/index.ts';
import { allowedCores } from './cores.ts';
import { LabProcess } from './lab-process.ts';

const limited = { timeout: 30_000 };
const echoing = moduleBeside(import.meta.url, 'lab-process.test.child');
const isPinnable =
  spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0 && allowedCores().length > 0;
const pinning = { ...limited, skip: isPinnable ? false : 'there is no taskset, or no /proc' };

/** A process, and its answers one by one. */
function talkTo(core?: number): { child: LabProcess; ask: (message: object) => Promise<unknown> } {
  let answer: (message: unknown) => void = () => {};
  const child = new LabProcess(echoing, { name: 'The echo', core, onMessage: (message) => answer(message) });
  const ask = (message: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      answer = resolve;
      void child.ended.then(reject);
      child.send(message);
    });
  return { child, ask };
}

test('what is sent arrives, bytes included, and disposing ends the process', limited, async () => {
  const { child, ask } = talkTo();
  assert.deepEqual(await ask({ echo: new Uint8Array([1, 2]) }), { echo: new Uint8Array([1, 2]) });
  assert.equal(child.core, null);
  await child[Symbol.asyncDispose]();
  assert.match((await child.ended).message, /^The echo was ended by SIGTERM$/);
  assert.throws(() => process.kill(child.pid!, 0), { code: 'ESRCH' });
});

test('it runs on its core, with all its threads', pinning, async () => {
  const core = allowedCores().at(-1)!;
  const { child, ask } = talkTo(core);
  await ask({ echo: 1 });
  assert.equal(child.core, core);
  assert.deepEqual(allowedCores(readFileSync(`/proc/${child.pid}/status`, 'utf8')), [core]);
  await child[Symbol.asyncDispose]();
});

test('a core that does not exist is told by the error of the end', pinning, async () => {
  const { child } = talkTo(4095);
  const { code, message } = await child.ended;
  assert.equal(code, 'broken');
  assert.match(message, /^The echo ended with 1: .*taskset/);
});

test('a process that dies says how: its code and its words, or the signal', limited, async () => {
  const failing = talkTo();
  failing.child.send({ fail: 'out of cheese' });
  assert.match((await failing.child.ended).message, /^The echo ended with 1: .*out of cheese/);
  const killed = talkTo();
  await killed.ask({ echo: 1 });
  killed.child.kill('SIGKILL');
  assert.equal((await killed.child.ended).message, 'The echo was ended by SIGKILL');
});

test('it ends when its parent is gone', limited, async (t) => {
  const parent: ChildProcess = spawn(process.execPath, [fileURLToPath(echoing), 'parent'], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  t.after(() => parent.kill('SIGKILL'));
  // The grandchild holds the pipe open for as long as it lives.
  const [line] = await once(createInterface(parent.stdout!), 'line');
  const gone = new Promise<void>((resolve) => {
    const poll = (): void => (isAlive(Number(line)) ? void setImmediate(poll) : resolve());
    parent.once('exit', poll);
  });
  parent.kill('SIGKILL');
  await gone;
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('cores are read from a list of ranges', () => {
  const list = (text: string): number[] => allowedCores(`Name:\tx\nCpus_allowed_list:\t${text}\nMems:\t0\n`);
  assert.deepEqual([list('0'), list('0-2,5,8-9'), allowedCores('')], [[0], [0, 1, 2, 5, 8, 9], []]);
});
