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
  readonly token: string;
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
  const { doors, token } = JSON.parse(await next()) as Pick<Running, 'doors' | 'token'>;
  return { child, doors, token, next };
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

test('an exchange that others reach prints a token, which the chat takes from the environment', async (t) => {
  const data = directory(t);
  const { child, doors, token } = await up(t, data, '--host', '0.0.0.0', '--http', 'http://0.0.0.0:0');
  assert.match(token, /^[0-9a-f]{32}$/);
  const http = doors.find(({ kind }) => kind === 'http')!;
  assert.match(http.command, /#token=\$MODNET_TOKEN"$/);
  const url = http.url.replace('0.0.0.0', '127.0.0.1');
  assert.equal((await fetch(`${url}/api/rooms`)).status, 401);
  const chat = (env: NodeJS.ProcessEnv): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [bin, 'chat', url.replace('http', 'ws'), '--name', 'cron'], {
      input: 'done\n',
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 20_000,
    });
  const without = chat({});
  assert.equal(without.status, 1);
  assert.match(without.stderr, /asks for a token.*--token or MODNET_TOKEN/);
  assert.equal(chat({ MODNET_TOKEN: token }).status, 0);
  const said = await fetch(`${url}/api/rooms/lobby/messages`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.match(await said.text(), /"sender":"cron".*"body":"done","door":"ws"/);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('the token is printed once, for the commands to take it from the environment', async (t) => {
  const where = ['--host', '0.0.0.0', '--tcp', 'tcp://0.0.0.0:0', '--http', 'http://0.0.0.0:0'];
  const others = ['--no-https', '--no-udp', '--data', directory(t)];
  const child = spawn(process.execPath, [bin, 'up', ...where, ...others], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes('Ctrl-C closes.')) break;
  }
  const [, token = ''] = /^ {2}export MODNET_TOKEN=([0-9a-f]{32})$/m.exec(text) ?? [];
  assert.equal(text.split(token).length, 2, text);
  assert.match(text, /xdg-open "http:\/\/127\.0\.0\.1:\d+\/#token=\$MODNET_TOKEN"$/m);
  assert.match(text, /npx modnet chat tcp:\/\/127\.0\.0\.1:\d+ --name YOU$/m);
});

test('a port that is taken is told with the option that moves the door', async (t) => {
  const { doors } = await up(t, directory(t));
  const { url } = doors.find(({ kind }) => kind === 'http')!;
  const others = ['--no-tcp', '--no-udp', '--no-https', '--data', directory(t)];
  const { status, stderr } = spawnSync(process.execPath, [bin, 'up', '--http', url, ...others], {
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.ok(stderr.includes(`Cannot listen on ${url}: address already in use by `), stderr);
  assert.match(stderr, /\(pid \d+\).*--http http:\/\/127\.0\.0\.1:PORT.*--no-http/);
});

test('tokens, hosts and keys that cannot be are wrong usage', () => {
  const wrong = [
    [['--token', 'short'], /8 to 256 characters/],
    [['--host', 'a b'], /is no host/],
    [['--host', '127.0.0.1:80'], /is no host/],
    [['--http', 'tcp://127.0.0.1:0'], /is not of http:/],
  ] as const;
  for (const [words, message] of wrong) {
    const { status, stderr } = spawnSync(process.execPath, [bin, 'up', ...words], { encoding: 'utf8' });
    assert.deepEqual([status, message.test(stderr)], [2, true], stderr);
  }
});
