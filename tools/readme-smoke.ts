/**
 * Runs the commands of README.md: each `sh` block that follows a line `<!-- smoke -->` (or `<!-- smoke 120 -->`, with
 * its deadline in seconds), in order, by bash, in one copy of the checkout that is thrown away. A block fails when a
 * command of it fails, when its deadline passes, or when it leaves a process behind.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from './sources.ts';

/** Seconds that a block may take unless it says more. */
const DEFAULT_DEADLINE_S = 60;

/** Milliseconds in which the processes of a block must be gone after its last command, unless told. */
const GRACE_MS = 5_000;

export interface Block {
  readonly line: number;
  readonly script: string;
  readonly deadline: number;
}

/** The runnable blocks of a Markdown text; `line` is that of the first command. */
export function findBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  const shape = /^<!-- smoke(?: (\d+))? -->\n+```sh\n(.*?)^```$/gms;
  for (const match of markdown.matchAll(shape)) {
    const script = match[2]!;
    const line = markdown.slice(0, match.index + match[0].indexOf(script)).split('\n').length;
    blocks.push({ line, script, deadline: Number(match[1] ?? DEFAULT_DEADLINE_S) });
  }
  return blocks;
}

/** Runs one block in the folder. Returns what went wrong, or null; the output of its commands goes to the log. */
export async function runBlock(
  block: Block,
  cwd: string,
  log: string,
  grace: number = GRACE_MS,
): Promise<string | null> {
  const output = openSync(log, 'w');
  // A group of its own, so that whatever the block started can be found and ended.
  const child = spawn('bash', ['-euo', 'pipefail', '-c', block.script], {
    cwd,
    detached: true,
    stdio: ['ignore', output, output],
    env: environment(),
  });
  closeSync(output);
  const group = child.pid!;
  const stop = (): void => {
    killGroup(group);
    process.exit(1);
  };
  process.on('SIGTERM', stop);
  const code = await exitCode(child, block.deadline * 1_000);
  const isLeft = code === 'late' || !(await isGone(group, grace));
  if (isLeft) killGroup(group);
  await isGone(group, GRACE_MS);
  process.off('SIGTERM', stop);
  if (code === 'late') return `not done after ${block.deadline} s`;
  if (code !== 0) return `exit code ${code}`;
  return isLeft ? 'left a process behind' : null;
}

async function exitCode(child: ChildProcess, deadline: number): Promise<number | null | 'late'> {
  const { promise, resolve } = Promise.withResolvers<number | null | 'late'>();
  const timer = setTimeout(() => resolve('late'), deadline);
  child.on('exit', (code) => resolve(code));
  child.on('error', () => resolve(null));
  const code = await promise;
  clearTimeout(timer);
  return code;
}

/** That of a person's terminal: what npm adds for its scripts is taken out, the pinned Node included. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^npm_(lifecycle|package|command)/.test(name),
  );
  const env = Object.fromEntries(entries);
  const folders = (env.PATH ?? '').split(delimiter);
  env.PATH = folders.filter((folder) => !/node_modules[/\\]\.bin|node-gyp-bin/.test(folder)).join(delimiter);
  return env;
}

async function isGone(group: number, grace: number): Promise<boolean> {
  for (let waited = 0; waited <= grace; waited += 50) {
    if (!isAlive(group)) return true;
    await delay(50);
  }
  return false;
}

/** Whether a process of the group still runs; one that only waits to be reaped (state Z) does not, proc_pid_stat(5). */
function isAlive(group: number): boolean {
  return globSync('/proc/[0-9]*/stat').some((path) => {
    const [state, , pgrp] = readStat(path);
    return Number(pgrp) === group && state !== 'Z';
  });
}

/** The fields after the name of the program, which may itself hold spaces and brackets. */
function readStat(path: string): string[] {
  try {
    const stat = readFileSync(path, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return []; // it ended in between
  }
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // it ended in between
  }
}

/** The files that git knows or would take, and node_modules by hard links where the disk allows. */
function copyCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'modnet-readme-'));
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const paths = stdout.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)));
  for (const path of paths) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(ROOT, path), join(copy, path), { verbatimSymlinks: true });
  }
  const modules = [join(ROOT, 'node_modules'), join(copy, 'node_modules')];
  if (spawnSync('cp', ['-al', ...modules], { stdio: 'ignore' }).status !== 0) {
    rmSync(modules[1]!, { recursive: true, force: true });
    spawnSync('cp', ['-a', ...modules], { stdio: 'inherit' });
  }
  return copy;
}

async function main(): Promise<void> {
  const blocks = findBlocks(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  const copy = copyCheckout();
  let failed = 0;
  for (const block of blocks) {
    const name = `README.md:${block.line} ${block.script.trim().split('\n')[0]}`;
    const fault = await runBlock(block, copy, join(copy, '.smoke.log'));
    console.log(fault === null ? `ok - ${name}` : `not ok - ${name}: ${fault}`);
    if (fault === null) continue;
    failed += 1;
    console.log(readFileSync(join(copy, '.smoke.log'), 'utf8').replaceAll(/^/gm, '    '));
  }
  console.log(`README.md: ${blocks.length} blocks run, ${failed} with a fault`);
  process.exitCode = failed > 0 || blocks.length === 0 ? 1 : 0;
}

if (import.meta.main) await main();
