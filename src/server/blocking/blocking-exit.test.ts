/** A process ends although its threads are blocked: Node waits for them, and cannot interrupt a system call. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kernelAvailable } from '../../kernel/index.ts';
import { connect } from '../../transport/index.ts';
import { ask, endOf } from '../trials/test-trial.ts';

const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };
const SCRIPT = fileURLToPath(new URL('../trials/life.test.child.ts', import.meta.url));

for (const architecture of ['pool', 'thread']) {
  test(`process.exit with threads of ${architecture} that wait in read`, LIMIT, async () => {
    const options = JSON.stringify({ architecture, workers: 2, idle: 0 });
    const args = [...process.execArgv, SCRIPT, 'echo', options];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const [line] = await once(createInterface({ input: child.stdout }), 'line');
      const client = await connect(JSON.parse(line).message);
      assert.equal(await ask(client, 'begun'), 'begun');
      const exited = once(child, 'exit');
      child.stdin.write('exit');
      assert.deepEqual(await exited, [42, null]);
      await endOf(client);
      client.abort();
    } finally {
      child.kill('SIGKILL');
    }
  });
}
