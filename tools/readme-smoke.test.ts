import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findBlocks, runBlock } from './readme-smoke.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-smoke-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** What the block's fault is, and what it said. */
async function run(
  t: TestContext,
  script: string,
  deadline = 30,
): Promise<{ fault: string | null; said: string }> {
  const cwd = folder(t);
  const fault = await runBlock({ line: 1, script, deadline }, cwd, join(cwd, 'log'));
  return { fault, said: readFileSync(join(cwd, 'log'), 'utf8') };
}

test('only marked sh blocks are runnable, with the line of their first command and their deadline', () => {
  const markdown = [
    '# Title',
    '<!-- smoke -->',
    '```sh',
    'echo one',
    'echo two',
    '```',
    '```sh',
    'not marked',
    '```',
    '<!-- smoke -->',
    '```ts',
    'notShell();',
    '```',
    '<!-- smoke 120 -->',
    '',
    '```sh',
    'echo three',
    '```',
    '',
  ];
  assert.deepEqual(findBlocks(markdown.join('\n')), [
    { line: 4, script: 'echo one\necho two\n', deadline: 60 },
    { line: 17, script: 'echo three\n', deadline: 120 },
  ]);
});

test('a block runs in its folder; both outputs are kept', async (t) => {
  assert.deepEqual(await run(t, 'echo a > file; cat file; echo b >&2'), { fault: null, said: 'a\nb\n' });
});

test('a command that fails ends the block, also within a pipe', async (t) => {
  assert.deepEqual(await run(t, 'exit 3; echo no'), { fault: 'exit code 3', said: '' });
  assert.deepEqual(await run(t, 'false | cat\necho no'), { fault: 'exit code 1', said: '' });
});

test('the deadline ends a block and what it started', async (t) => {
  const { fault, said } = await run(t, 'sleep 600 & echo $!; wait', 1);
  assert.equal(fault, 'not done after 1 s');
  assert.equal(existsSync(`/proc/${said.trim()}/fd/0`), false);
});

test('a process that a block leaves behind is a fault and is ended', async (t) => {
  const cwd = folder(t);
  const log = join(cwd, 'log');
  const block = { line: 1, script: 'sleep 600 & echo $!', deadline: 30 };
  assert.equal(await runBlock(block, cwd, log, 100), 'left a process behind');
  assert.equal(existsSync(`/proc/${readFileSync(log, 'utf8').trim()}/fd/0`), false);
});

test('the pinned Node is not on the path of a block', async (t) => {
  const { said } = await run(t, 'echo "$PATH"');
  assert.doesNotMatch(said, /node_modules/);
});
