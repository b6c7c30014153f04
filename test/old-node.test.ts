/** `bin/modnet.js` under a Node that is too old, where the machine has one beside the pinned. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

/** What the start loads beside the program. */
const COMPILE_CACHE = 'src/server/workers/compile-cache.ts';

/** Tells the version, its arguments and the first signal, and ends with 7. */
const PROGRAM = `export async function main(argv: string[]): Promise<void> {
  const alive = setInterval(() => {}, 60_000);
  process.stdin.resume().on('end', () => process.exit(3));
  process.on('SIGTERM', (signal) => {
    console.log(signal);
    process.exit(7);
  });
  console.log(Number(process.versions.node.split('.')[0]) >= 24, ...argv.slice(2));
}`;

const old = findOldNode();
const skip = old === null && 'no Node older than 24 on the path';

function findOldNode(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const nodes = folders.map((folder) => join(folder, 'node')).filter((path) => existsSync(path));
  return (
    nodes.find((path) => Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'])) < 24) ??
    null
  );
}

/** A checkout with nothing but the program, and its `node_modules/node` when it is to have the pinned Node. */
function checkout(t: TestContext, hasPinned: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-bin-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'src/cli'), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'src/cli/main.ts'), PROGRAM);
  cpSync(join(ROOT, COMPILE_CACHE), join(folder, COMPILE_CACHE));
  if (hasPinned) symlinkSync(join(ROOT, 'node_modules/node'), join(folder, 'node_modules/node'));
  return join(folder, 'bin/modnet.js');
}

function start(bin: string, ...args: string[]): ChildProcess {
  return spawn(old!, [bin, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
}

test('an old Node starts the pinned one, with the arguments, and passes on signals and the exit code', {
  skip,
}, async (t) => {
  const child = start(checkout(t, true), 'listen', '--echo');
  const said: string[] = [];
  child.stdout!.on('data', (chunk) => {
    said.push(String(chunk));
    if (said.length === 1) child.kill('SIGTERM');
  });
  const [told, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  assert.deepEqual({ said, told, code }, { said: ['true listen --echo\n', 'SIGTERM\n'], told: '', code: 7 });
});

test('without the pinned Node one line says what is needed', { skip }, async (t) => {
  const child = start(checkout(t, false));
  const [told, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
  assert.equal(code, 1);
  assert.match(
    told,
    /^modnet needs Node 24 or later and this is Node \d+\.\d+\.\d+; .*npm rebuild node.*\n$/,
  );
});
