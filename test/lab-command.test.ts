import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { kernelAvailable } from '../src/kernel/index.ts';
import { experiments } from '../src/service/lab/index.ts';
import { modnet } from './tool.ts';

const skip = kernelAvailable() ? false : 'system calls need Linux and koffi';
const timeout = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'modnet-lab-'));
after(() => rmSync(folder, { recursive: true }));

test('without a name it lists the experiments with the time that each takes', { timeout }, async () => {
  const { code, stdout, stderr } = await modnet('lab').end().ended;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  for (const { name, about, seconds } of experiments) {
    const line = stdout
      .toString()
      .split('\n')
      .find((one) => one.trim().startsWith(`${name} `));
    assert.ok(line?.includes(about) && line.includes(`${seconds.full} s, --quick ${seconds.quick} s`), name);
  }
});

test('an unknown name is wrong usage, with the list', { timeout }, async () => {
  for (const names of [['polers'], ['pollers', 'polers'], ['all', 'polers']]) {
    const { code, stdout, stderr } = await modnet('lab', ...names).end().ended;
    assert.deepEqual({ code, stdout: stdout.toString() }, { code: 2, stdout: '' });
    assert.match(stderr, /No experiment is called "polers"; there are architectures, .*all/);
  }
});

test('a page that cannot be written fails before anything is measured', { timeout }, async () => {
  const { code, stdout, stderr } = await modnet(
    'lab',
    'pollers',
    '--html',
    join(folder, 'no', 'x.html'),
  ).end().ended;
  assert.deepEqual({ code, stdout: stdout.toString() }, { code: 1, stdout: '' });
  assert.match(stderr, /^modnet: Cannot write the page .*--no-html\n$/);
});

test('prints one JSON object, and writes the page where it is told to', { skip, timeout }, async () => {
  const page = join(folder, 'pollers.html');
  const { code, stdout, stderr } = await modnet('lab', 'pollers', '--quick', '--json', '--html', page).end()
    .ended;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: `\nThe page is in ${page}\n` });
  const { machine, date, findings } = JSON.parse(stdout.toString());
  assert.equal(machine.node, process.version);
  assert.ok(Math.abs(Date.parse(date) - Date.now()) < 3_600_000, date);
  assert.deepEqual(
    findings.map(({ name }: { name: string }) => name),
    ['pollers'],
  );
  assert.ok(readFileSync(page, 'utf8').includes(`<h1>${findings[0].title}</h1>`));
});

test('an interrupt ends the experiment and its processes', { skip, timeout }, async () => {
  const tool = modnet('lab', 'pollers', '--no-html');
  let children = '';
  while (children === '') {
    await setImmediate();
    children = childrenOf(tool.child.pid!);
  }
  tool.kill('SIGINT');
  const { code, stdout, stderr } = await tool.ended;
  assert.deepEqual({ code, stdout: stdout.toString(), stderr }, { code: 130, stdout: '', stderr: '' });
  for (const pid of children.split(' ')) assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
});

function childrenOf(pid: number): string {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
}
