import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';

const options = { timeout: 20_000 };
const MODULE = new URL('./index.ts', import.meta.url).href;

/** Runs a script in a process of its own and resolves to what it printed. */
function run(script: string, input: string): Promise<{ output: string; code: number | null }> {
  const source = `import { stdio } from ${JSON.stringify(MODULE)};\n${script}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source]);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.resume();
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ output, code })));
}

test('standard input is read to its end and standard output written', options, async () => {
  const script = `
    const connection = await stdio.connect('stdio:');
    for await (const chunk of connection) await connection.write(chunk);
    await connection.close();
    console.log(', then', await connection.closed);
  `;
  assert.deepEqual(await run(script, 'hello'), { output: 'hello, then undefined\n', code: 0 });
});

test('a second connection at a time is busy, and after the first has closed it is not', options, async () => {
  const script = `
    const first = await stdio.connect('stdio:');
    const { code, message } = await stdio.connect('stdio:').catch((error) => error);
    first.abort();
    await first.closed;
    const second = await stdio.connect('stdio:');
    second.abort();
    console.log(code, message);
  `;
  assert.deepEqual(await run(script, ''), {
    output: 'busy Cannot open "stdio:": another connection has the standard input and output\n',
    code: 0,
  });
});
