import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../transport/index.ts';

const bin = fileURLToPath(new URL('../../bin/modnet.js', import.meta.url));

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-up-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Running {
  readonly child: ChildProcess;
  readonly doors: { kind: string; url: string; command: string }[];
  readonly next: () => Promise<string>;
}

/** `modnet up --json` on free ports. */
async function up(t: TestContext, data: string, ...more: string[]): Promise<Running> {
  const web = ['--http', 'http://127.0.0.1:0', '--no-https'];
  const free = ['--tcp', 'tcp://127.0.0.1:0', '--udp', 'udp://127.0.0.1:0', ...web];
  const child = spawn(process.execPath, [bin, 'up', '--json', '--data', data, ...free, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value as string;
  const { doors } = JSON.parse(await next()) as Pick<Running, 'doors'>;
  return { child, doors, next };
}

/** Sends JSON lines to a door and reads until something matches. */
async function talk(url: string, requests: object[], until: RegExp): Promise<string> {
  await using connection = await connect(url);
  await connection.write(Buffer.from(requests.map((request) => `${JSON.stringify(request)}\n`).join('')));
  let text = '';
  for await (const chunk of connection) {
    text += Buffer.from(chunk).toString();
    if (until.test(text)) return text;
  }
  throw new Error(`the end came before ${until}: ${text}`);
}

test('it opens its doors, each with a command, and keeps what was seen through kill -9', async (t) => {
  const data = directory(t);
  const first = await up(t, data);
  assert.deepEqual(
    first.doors.map(({ kind, command }) => [kind, command.replace(/\d+$/, 'PORT')]),
    [
      ['http', 'xdg-open http://127.0.0.1:PORT'],
      ['tcp', 'nc 127.0.0.1 PORT'],
      ['unix', `nc -U ${join(data, 'exchange.sock')}`],
      ['udp', 'nc -u 127.0.0.1 PORT'],
    ],
  );
  await talk(first.doors[2]!.url, [{ type: 'say', body: 'durable' }], /"type":"message".*durable/);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await up(t, data);
  await talk(second.doors[2]!.url, [{ type: 'hello', history: 5 }], /"type":"history".*durable/);
  second.child.kill('SIGTERM');
  const closed = JSON.parse(await second.next()) as Record<string, unknown>;
  assert.equal(closed.event, 'closed');
  assert.deepEqual(await once(second.child, 'exit'), [0, null]);
});

test('doors can be left out, and an address of another scheme is wrong usage', async (t) => {
  const { doors } = await up(t, directory(t), '--no-udp', '--no-unix', '--no-http');
  assert.deepEqual(
    doors.map(({ kind }) => kind),
    ['tcp'],
  );
  const { status, stderr } = spawnSync(process.execPath, [bin, 'up', '--tcp', 'udp://127.0.0.1:0'], {
    encoding: 'utf8',
  });
  assert.equal(status, 2);
  assert.match(stderr, /is not of tcp:/);
});

test('it closes in order when whoever read its output has gone', async (t) => {
  const data = directory(t);
  const { child } = await up(t, data);
  child.stdout!.destroy();
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.equal(existsSync(join(data, 'exchange.pid')), false);
});

test('a data directory that is a file is told as such', (t) => {
  const file = join(directory(t), 'file');
  writeFileSync(file, '');
  const { status, stderr } = spawnSync(
    process.execPath,
    [bin, 'up', '--no-udp', '--no-tcp', '--no-http', '--no-https', '--data', file],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 1);
  assert.match(stderr, /: a file of that name is in the way; choose another with --data$/m);
});
