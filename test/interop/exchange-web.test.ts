/** The exchange as programs of others meet it: curl, nc, `ws`, Python, each on a door of its own, in one room. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { type Exchange, type ExchangeOptions, startExchange } from '../../src/service/exchange/index.ts';
import { findProgram } from '../../tools/find-program.ts';
import { peer } from './peers.ts';

const run = promisify(execFile);
const nc = peer('nc.openbsd', 'nc');
const curl = peer('curl');

const LIMIT = { timeout: 30_000 };

async function start(
  t: TestContext,
  options: ExchangeOptions = {},
): Promise<{ exchange: Exchange; url: string }> {
  const doors = ['http://127.0.0.1:0', 'tcp://127.0.0.1:0', 'udp://127.0.0.1:0'];
  const exchange = await startExchange({ data: null, doors, ...options });
  t.after(() => exchange.close({ deadline: 0 }));
  return { exchange, url: String(exchange.doors[0]!.address) };
}

function portOf(exchange: Exchange, kind: string): string {
  const { address } = exchange.doors.find((door) => door.kind === kind)!;
  assert.ok(address.kind === 'inet');
  return String(address.port);
}

/** A program whose output is read line by line. */
class Talker {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(t: TestContext, path: string, ...words: string[]) {
    this.child = spawn(path, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => this.child.kill());
    this.#lines = createInterface(this.child.stdout!)[Symbol.asyncIterator]();
  }

  type(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  async reads(pattern: RegExp): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      assert.ok(done !== true, `the program ended before ${pattern}`);
      if (pattern.test(value)) return value;
    }
  }
}

/** A member by `ws`. */
async function socketOf(
  t: TestContext,
  url: string,
): Promise<{ ask(request: object): void; reads(pattern: RegExp): Promise<string> }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  t.after(() => socket.terminate());
  const texts: string[] = [];
  let wake: (() => void) | undefined;
  socket.on('message', (data) => {
    texts.push(String(data));
    wake?.();
  });
  await once(socket, 'open');
  return {
    ask: (request) => socket.send(JSON.stringify(request)),
    reads: async (pattern) => {
      for (;;) {
        const text = texts.shift();
        if (text === undefined)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        else if (pattern.test(text)) return text;
      }
    },
  };
}

const skip = nc.skip || curl.skip;

test('nc, nc -u, curl and a WebSocket talk in one room', { ...LIMIT, skip }, async (t) => {
  const { exchange, url } = await start(t);
  const events = new Talker(t, curl.path, '-sSN', `${url}/api/rooms/lobby/events`);
  await events.reads(/listening/);
  const anna = new Talker(t, nc.path, '127.0.0.1', portOf(exchange, 'tcp'));
  anna.type('/nick anna');
  await anna.reads(/You are anna/);
  const carl = new Talker(t, nc.path, '-u', '127.0.0.1', portOf(exchange, 'udp'));
  carl.type('/nick carl');
  await carl.reads(/You are carl/);
  const bob = await socketOf(t, url);
  bob.ask({ type: 'hello', name: 'bob' });
  await bob.reads(/"welcome"/);
  await anna.reads(/^\* bob joined/);
  const body = JSON.stringify({ name: 'cron', body: 'backup done' });
  const json = ['-H', 'content-type: application/json', '-d', body];
  const posted = await run(curl.path, ['-sS', '-i', ...json, `${url}/api/rooms/lobby/messages`]);
  assert.match(posted.stdout, /^HTTP\/1\.1 201 Created\r\n/);
  assert.match(posted.stdout, /^location: messages\/1\r\n/im);
  for (const person of [anna, carl]) await person.reads(/^#lobby <cron> backup done$/);
  await bob.reads(/"sender":"cron".*"body":"backup done","door":"http"/);
  await events.reads(/^event: message$/);
  assert.equal(await events.reads(/^id: /), 'id: 1');
  await events.reads(/^data: .*"body":"backup done"/);
  bob.ask({ type: 'say', body: 'thanks, cron' });
  for (const person of [anna, carl]) await person.reads(/^#lobby <bob> thanks, cron$/);
  await events.reads(/^data: .*"body":"thanks, cron","door":"ws"/);
  carl.type('hello from UDP');
  await bob.reads(/"sender":"carl".*"door":"udp"/);
  anna.type('hello from TCP');
  await bob.reads(/"sender":"anna".*"door":"tcp"/);
  const { stdout } = await run(curl.path, [
    '-sS',
    '-H',
    'accept: text/plain',
    `${url}/api/rooms/lobby/messages`,
  ]);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/^\S+ /, '')),
    [
      '#lobby <cron> backup done',
      '#lobby <bob> thanks, cron',
      '#lobby <carl> hello from UDP',
      '#lobby <anna> hello from TCP',
    ],
  );
  const members = await run(curl.path, ['-sS', `${url}/api/rooms/lobby/members`]);
  assert.deepEqual((JSON.parse(members.stdout) as { members: unknown }).members, [
    { member: 'anna', door: 'tcp' },
    { member: 'bob', door: 'ws' },
    { member: 'carl', door: 'udp' },
  ]);
});

test('curl resumes events where it was, and shows the token', { ...LIMIT, skip: curl.skip }, async (t) => {
  const token = 'open-sesame';
  const { exchange, url } = await start(t, { token });
  exchange.announce('lobby', 'one');
  exchange.announce('lobby', 'two');
  const where = `${url}/api/rooms/lobby/events`;
  const events = new Talker(
    t,
    curl.path,
    '-sSN',
    '-H',
    `authorization: Bearer ${token}`,
    '-H',
    'last-event-id: 1',
    where,
  );
  await events.reads(/^id: 2$/);
  await events.reads(/"body":"two"/);
  const refused = await run(curl.path, [
    '-sS',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code} %{content_type}',
    where,
  ]);
  assert.equal(refused.stdout, '401 application/problem+json');
  const closed = exchange.close();
  await events.reads(/"type":"bye"/);
  assert.equal(
    await new Promise((resolve) => events.child.on('exit', resolve)),
    0,
    'the stream ended in order',
  );
  assert.equal((await closed).cutOff, 0);
});

const SCRIPT = `
import asyncio, json, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1]) as socket:
        await socket.send(json.dumps({"type": "hello", "name": "snake"}))
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "message":
                await socket.send(json.dumps({"type": "say", "body": message["body"][::-1]}))
                break
        async for text in socket:
            if json.loads(text)["type"] == "bye":
                print("bye", flush=True)
    print(socket.close_code, flush=True)
asyncio.run(main())
`;

/** The Python of the system, with the package `websockets`. */
const python = findProgram('python3', ['/usr/bin']) ?? 'python3';
const withoutPython: string | false = await run(python, ['-c', 'import websockets']).then(
  () => false,
  () => 'python3 has no websockets; tools/peers installs it',
);
if (withoutPython && process.env.MODNET_REQUIRE_PEERS === '1') throw new Error(withoutPython);

test('a script in Python answers, and hears the end', {
  ...LIMIT,
  skip: withoutPython,
}, async (t) => {
  const { exchange, url } = await start(t);
  const bob = await socketOf(t, url);
  bob.ask({ type: 'hello', name: 'bob' });
  await bob.reads(/"joined"/);
  const snake = new Talker(t, python, '-c', SCRIPT, `${url.replace('http', 'ws')}/ws`);
  await bob.reads(/"member":"snake"/);
  bob.ask({ type: 'say', body: 'straw' });
  await bob.reads(/"sender":"snake".*"body":"warts"/);
  const closed = exchange.close();
  await snake.reads(/^bye$/);
  await snake.reads(/^1001$/);
  assert.equal((await closed).cutOff, 0);
});
