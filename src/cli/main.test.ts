import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/modnet.js', import.meta.url));

function modnet(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', timeout: 30_000 });
}

test('--version prints the version of the package', () => {
  const { status, stdout, stderr } = modnet('--version');
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('--help shows examples, conventions and exit codes', () => {
  const { status, stdout } = modnet('--help');
  assert.equal(status, 0);
  for (const part of ['Examples:', '--json', 'NO_COLOR', 'Exit codes:', '130'])
    assert.ok(stdout.includes(part), part);
});

test('wrong usage exits with 2, names the mistake and points to the help', () => {
  for (const args of [['--no-such-option'], ['no-such-command']]) {
    const { status, stdout, stderr } = modnet(...args);
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    assert.match(stderr, /error: .*no-such/);
  }
});

test('a reader that leaves early is no failure', async () => {
  const child: ChildProcess = spawn(process.execPath, [bin, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout!.destroy();
  let told = '';
  child.stderr!.on('data', (chunk) => {
    told += chunk;
  });
  const [code] = await once(child, 'close');
  assert.deepEqual({ code, told }, { code: 0, told: '' });
});
