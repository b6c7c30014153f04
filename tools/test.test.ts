import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { selectFiles } from './test.ts';

const TOOL = fileURLToPath(new URL('./test.ts', import.meta.url));

/** Runs the tool on a folder of test files; gives its exit code and all that it said. */
function runTests(
  t: TestContext,
  files: Record<string, string>,
  ...flags: string[]
): { status: number | null; said: string } {
  const cwd = mkdtempSync(`${tmpdir()}/modnet-test-`);
  t.after(() => rmSync(cwd, { recursive: true }));
  mkdirSync(`${cwd}/test`);
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(`${cwd}/test/${name}.test.ts`, `import { test } from 'node:test';\n${body}\n`);
  }
  // Without it the inner runner would take itself for a file of the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [TOOL, ...flags], {
    cwd,
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  return { status, said: stdout + stderr };
}

const PASS = "test('good', () => {});";
const FAIL = "test('bad', () => { throw new Error('broken on purpose'); });";
const SKIP = "test('later', { skip: 'no socat here' }, () => {});";

test('files are chosen by parts of their paths', () => {
  const files = ['src/core/a.test.ts', 'src/cli/b.test.ts', 'tools/c.test.ts'];
  assert.deepEqual(selectFiles(files, []), files);
  assert.deepEqual(selectFiles(files, ['src/core', './tools']), ['src/core/a.test.ts', 'tools/c.test.ts']);
});

test('a run that passes closes with the counts and names what was skipped', (t) => {
  const { status, said } = runTests(t, { a: PASS + SKIP });
  assert.equal(status, 0);
  assert.match(said, /ℹ pass 1\nℹ fail 0/);
  assert.match(said, /no socat here/);
  assert.doesNotMatch(said, /good/);
});

test('a failure is shown in full and fails the run', (t) => {
  const { status, said } = runTests(t, { a: PASS, b: FAIL });
  assert.equal(status, 1);
  assert.match(said, /ℹ fail 1/);
  assert.match(said, /broken on purpose\n.*at /);
});

test('a run in which no test ran fails', (t) => {
  const { status, said } = runTests(t, { a: PASS }, '--test-name-pattern=nothing');
  assert.equal(status, 1);
  assert.match(said, /No test ran/);
});

test('a file without a test fails the run', (t) => {
  const { status, said } = runTests(t, { a: PASS, empty: 'test;' });
  assert.equal(status, 1);
  assert.match(said, /No test in .*empty\.test\.ts/);
});

test('a pattern that no file matches fails', () => {
  const tool = spawnSync(process.execPath, [TOOL, 'no/such/path'], { encoding: 'utf8' });
  assert.equal(tool.status, 1);
  assert.match(tool.stderr, /No test file matches no\/such\/path/);
});
