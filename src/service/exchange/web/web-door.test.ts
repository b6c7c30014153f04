/** The web doors on a real server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { connect } from '../../../transport/index.ts';
import { exchangeTrouble } from '../diagnostics.ts';
import { type Exchange, type ExchangeOptions, startExchange } from '../exchange.ts';
import { Client } from '../test-house.ts';

const LIMIT = { timeout: 20_000 };

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-web-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(
  t: TestContext,
  options: ExchangeOptions = {},
): Promise<{ exchange: Exchange; url: string }> {
  const exchange = await startExchange({
    data: null,
    doors: ['http://127.0.0.1:0', 'tcp://127.0.0.1:0'],
    ...options,
  });
  t.after(() => exchange.close({ deadline: 0 }));
  return { exchange, url: String(exchange.doors[0]!.address) };
}

async function member(t: TestContext, exchange: Exchange, name: string): Promise<Client> {
  const door = exchange.doors.find(({ kind }) => kind === 'tcp')!;
  const client = new Client(await connect(door.address));
  t.after(() => client.connection.abort());
  await client.ask({ type: 'hello', name });
  await client.messageOf('joined');
  return client;
}

function say(url: string, body: object): Promise<Response> {
  return fetch(`${url}/api/rooms/lobby/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Reads a stream until the pattern has come. */
async function until(reader: ReadableStreamDefaultReader<Uint8Array>, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) {
    const { value, done } = await reader.read();
    assert.ok(!done, `the end came before ${pattern}: ${text}`);
    text += Buffer.from(value).toString();
  }
  return text;
}

test('who asks by HTTP and who stays by TCP share the rooms', LIMIT, async (t) => {
  const { exchange, url } = await start(t);
  const anna = await member(t, exchange, 'anna');
  const events = await fetch(`${url}/api/rooms/lobby/events`);
  const reader = events.body!.getReader();
  await until(reader, /listening/);
  assert.equal((await say(url, { name: 'cron', body: 'done' })).status, 201);
  assert.equal((await anna.messageOf('message')).body, 'done');
  await until(reader, /"body":"done"/);
  await anna.ask({ type: 'say', body: 'thanks' });
  await until(reader, /"body":"thanks"/);
  const members = await (await fetch(`${url}/api/rooms/lobby/members`)).json();
  assert.deepEqual(members, {
    room: 'lobby',
    members: [{ member: 'anna', door: 'tcp' }],
    total: 1,
    listeners: 1,
  });
  assert.deepEqual([exchange.doors[0]!.kind, exchange.doors[0]!.clients], ['http', 1]);
  assert.match(
    await (await fetch(`${url}/metrics`)).text(),
    /^modnet_exchange_door_clients\{door="http".*\} 1$/m,
  );
  await reader.cancel();
});

test('what was said outlives a restart, and a listener goes on where it was', LIMIT, async (t) => {
  const data = directory(t);
  const first = await start(t, { data });
  await say(first.url, { name: 'cron', body: 'one' });
  await say(first.url, { name: 'cron', body: 'two' });
  await first.exchange.close();
  const second = await start(t, { data });
  const page = await fetch(`${second.url}/api/rooms/lobby/messages?after=1`);
  assert.deepEqual(
    ((await page.json()) as { messages: { body: string }[] }).messages.map(({ body }) => body),
    ['two'],
  );
  const events = await fetch(`${second.url}/api/rooms/lobby/events`, { headers: { 'last-event-id': '1' } });
  const reader = events.body!.getReader();
  await until(reader, /id: 2\n.*"body":"two"/);
  await reader.cancel();
});

test('closing tells listeners, ends them in order, and lets nobody in', LIMIT, async (t) => {
  const { exchange, url } = await start(t);
  const reader = (await fetch(`${url}/api/rooms/lobby/events`)).body!.getReader();
  await until(reader, /listening/);
  const closed = exchange.close();
  await until(reader, /event: bye\ndata: \{"type":"bye","reason":"the exchange is closing"\}/);
  assert.equal((await reader.read()).done, true, 'no error: the stream ended in order');
  assert.equal((await closed).cutOff, 0);
  await assert.rejects(fetch(`${url}/healthz`));
});

test('a request that never ends is cut off when the time is up', LIMIT, async (t) => {
  const { exchange } = await start(t);
  const { address } = exchange.doors[0]!;
  assert.ok(address.kind === 'inet');
  const client = new Client(await connect(`tcp://127.0.0.1:${address.port}`));
  t.after(() => client.connection.abort());
  const fields = [
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    'Content-Length: 9',
    'Expect: 100-continue',
  ];
  await client.write(`POST /api/rooms/lobby/messages HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
  await client.until(/^HTTP\/1.1 100 /);
  assert.equal((await exchange.close({ deadline: 20 })).cutOff, 1);
});

test(
  'a body of any length that is too long is refused as a problem, before it has come',
  LIMIT,
  async (t) => {
    const { exchange } = await start(t);
    const { address } = exchange.doors[0]!;
    assert.ok(address.kind === 'inet');
    const client = new Client(await connect(`tcp://127.0.0.1:${address.port}`));
    t.after(() => client.connection.abort());
    const fields = ['Host: 127.0.0.1', 'Content-Type: application/json', 'Content-Length: 9000000000'];
    await client.write(`POST /api/rooms/lobby/messages HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
    assert.match((await client.line())!, /^HTTP\/1\.1 413 /);
    await client.until(/^content-type: application\/problem\+json/);
  },
);

test('a listener who reads too slowly is let go, and is no trouble of the exchange', LIMIT, async (t) => {
  const troubles: unknown[] = [];
  const listen = (trouble: unknown): void => void troubles.push(trouble);
  exchangeTrouble.subscribe(listen);
  t.after(() => exchangeTrouble.unsubscribe(listen));
  const clock = fakeClock();
  const { exchange } = await start(t, { clock });
  const door = exchange.doors[0]!;
  assert.ok(door.address.kind === 'inet');
  const slow = await connect(`tcp://127.0.0.1:${door.address.port}`);
  t.after(() => slow.abort());
  await slow.write(Buffer.from('GET /api/rooms/lobby/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'));
  while (door.clients === 0) await turn();
  // Until the system, too, holds as much as it takes.
  while (door.clients > 0) {
    for (let count = 0; count < 1_000; count++) exchange.announce('lobby', 'x'.repeat(4_096));
    await turn();
    clock.advance(1_000);
  }
  assert.equal(exchange.stats().slow, 1);
  await slow.read();
  assert.deepEqual(troubles, []);
  // No clock runs that would end it otherwise.
  await exchange.close({ signal: AbortSignal.abort() });
});

test('who knocks with HTTP at a line door is told where the web door is', LIMIT, async (t) => {
  const { exchange, url } = await start(t);
  const { address } = exchange.doors[1]!;
  const client = new Client(await connect(address));
  t.after(() => client.connection.abort());
  await client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(await client.line(), `* Bye: this door speaks lines, not HTTP; ${url} does`);
});

test('a web door beyond this machine asks for the token', LIMIT, async (t) => {
  const { exchange } = await start(t, { doors: ['http://0.0.0.0:0'] });
  const { address } = exchange.doors[0]!;
  assert.ok(address.kind === 'inet' && exchange.token !== null);
  const url = `http://127.0.0.1:${address.port}/api/rooms`;
  assert.equal((await fetch(url)).status, 401);
  assert.equal((await fetch(url, { headers: { authorization: `Bearer ${exchange.token}` } })).status, 200);
});

test('an origin that is none is told as such', LIMIT, async () => {
  for (const origin of ['chat.example.net', 'ftp://example.net', 'https://example.net/path', '*'])
    await assert.rejects(
      startExchange({ data: null, doors: ['http://127.0.0.1:0'], allowedOrigins: [origin] }),
      /is no origin; write for example/,
    );
});

/** Status and body of a request over TLS, from a client that trusts the authority. */
function getSecurely(url: string, ca: string): Promise<[status: number | undefined, body: string]> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false }, (response) => {
      response
        .setEncoding('utf8')
        .toArray()
        .then((texts) => resolve([response.statusCode, texts.join('')]), reject);
    });
    request.on('error', reject);
  });
}

test('an https door makes its certificate once, and keeps it with the data', LIMIT, async (t) => {
  const data = directory(t);
  const doors = ['https://127.0.0.1:0'];
  const first = await start(t, { data, doors });
  const path = first.exchange.doors[0]!.authority!;
  assert.ok(path.startsWith(data));
  const ca = readFileSync(path, 'utf8');
  const { port } = first.exchange.doors[0]!.address as { port?: number };
  for (const host of ['127.0.0.1', 'localhost'])
    assert.deepEqual(await getSecurely(`https://${host}:${port}/healthz`, ca), [200, '{"status":"ok"}']);
  await assert.rejects(getSecurely(`https://127.0.0.1:${port}/healthz`, ''), /self-signed|unable to/);
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { ca });
  t.after(() => socket.terminate());
  await once(socket, 'open');
  socket.send('{"type":"hello","name":"anna"}');
  const [welcome] = await once(socket, 'message');
  assert.equal((JSON.parse(String(welcome)) as { member: string }).member, 'anna');
  await first.exchange.close();
  const second = await start(t, { data, doors });
  assert.equal(readFileSync(second.exchange.doors[0]!.authority!, 'utf8'), ca);
});

test(
  'an https door without a place for its certificate, or at a port that is taken, is told as such',
  LIMIT,
  async (t) => {
    await assert.rejects(
      startExchange({ data: null, doors: ['https://127.0.0.1:0'] }),
      /needs a certificate/,
    );
    const { url } = await start(t);
    await assert.rejects(startExchange({ data: null, doors: [url] }), (thrown) =>
      (thrown as Error).message.startsWith(`Cannot listen on ${url}: address already in use`),
    );
  },
);
