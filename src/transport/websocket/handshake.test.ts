/** What is answered to those who do not ask for a WebSocket, or not in time, and what is thought of servers that answer wrongly. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listenerTrouble } from '../../core/diagnostics.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { rejectsWith, turns } from '../../testing/transport/subject.ts';
import { connect, tcp, ws } from '../index.ts';
import type { WebSocketListenOptions } from './index.ts';

const limit = { timeout: 20_000 };

const FIELDS = [
  'Host: a.example',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** What a listener answers to these bytes, to its end. */
async function answerTo(request: string, options: WebSocketListenOptions = {}): Promise<string> {
  await using listener = await ws.messages.listen('ws://127.0.0.1:0/chat', options);
  const client = await connect(String(listener.address).replace('ws:', 'tcp:').replace('/chat', ''));
  await client.write(Buffer.from(request));
  await client.end();
  let text = '';
  for await (const chunk of client) text += Buffer.from(chunk).toString();
  return text;
}

function ask(line: string, ...more: string[]): string {
  return [line, ...FIELDS, ...more, '', ''].join('\r\n');
}

describe('a listener answers', limit, () => {
  const cases: readonly [string, string, RegExp, WebSocketListenOptions?][] = [
    [
      'a plain request with 426',
      'GET /chat HTTP/1.1\r\nHost: a\r\n\r\n',
      /^HTTP\/1\.1 426 .*sec-websocket-version: 13.*Upgrade: websocket/s,
    ],
    ['another path with 404', ask('GET /other HTTP/1.1'), /^HTTP\/1\.1 404 /],
    ['a plain request of another path with 404', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 404 /],
    [
      'the right path with a query',
      ask('GET /chat?room=1 HTTP/1.1'),
      /^HTTP\/1\.1 101 .*s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/s,
    ],
    ['another method with 405', ask('PUT /chat HTTP/1.1'), /^HTTP\/1\.1 405 .*allow: GET/s],
    [
      'a page of another host with 403',
      ask('GET /chat HTTP/1.1', 'Origin: http://evil.example'),
      /^HTTP\/1\.1 403 .*evil\.example/s,
    ],
    ['a page of its own', ask('GET /chat HTTP/1.1', 'Origin: http://a.example'), /^HTTP\/1\.1 101 /],
    [
      'any page, when told so',
      ask('GET /chat HTTP/1.1', 'Origin: http://evil.example'),
      /^HTTP\/1\.1 101 /,
      { origins: 'any' },
    ],
    ['garbage with 400', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'a head that is too long with 431',
      `${ask('GET /chat HTTP/1.1', `X: ${'x'.repeat(70_000)}`)}`,
      /^HTTP\/1\.1 431 /,
    ],
    ['a line that is too long with 414', `GET /${'x'.repeat(9000)} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 414 /],
    ['a body with 400', ask('GET /chat HTTP/1.1', 'Content-Length: 1'), /^HTTP\/1\.1 400 /],
  ];
  for (const [name, request, expected, options] of cases)
    test(name, async () => assert.match(await answerTo(request, options), expected));
});

describe('a listener', limit, () => {
  test('tells of handshakes that failed, and goes on', async () => {
    const troubles: string[] = [];
    const listener = await ws.messages.listen('ws://127.0.0.1:0');
    const note = (event: unknown): void => {
      const { error, listener: at } = event as { error: Error; listener: unknown };
      if (at === listener) troubles.push(error.message);
    };
    listenerTrouble.subscribe(note);
    const raw = await connect(String(listener.address).replace('ws:', 'tcp:'));
    await raw.write(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    for await (const _ of raw);
    await raw.close();
    const half = await connect(String(listener.address).replace('ws:', 'tcp:'));
    await half.write(Buffer.from('GET / HT'));
    await half.end();
    await half.closed;
    const client = await ws.messages.connect(listener.address);
    while (troubles.length < 2) await turns(1);
    listenerTrouble.unsubscribe(note);
    assert.match(troubles[0]!, /Upgrade: websocket/);
    client.abort();
    await listener.close();
  });

  test('ends a handshake that takes too long', async () => {
    const clock = fakeClock();
    await using listener = await ws.messages.listen('ws://127.0.0.1:0', { clock, handshakeTimeout: 500 });
    const slow = await connect(String(listener.address).replace('ws:', 'tcp:'));
    await slow.write(Buffer.from('GET / HTTP/1.1\r\n'));
    while (clock.pending === 0) await turns(1);
    clock.advance(499);
    await slow.write(Buffer.from('Host: a\r\n'));
    await turns(10);
    clock.advance(1);
    await rejectsWith(slow.read(), 'broken');
  });

  test('has no more handshakes under way than it may, and loses none', async () => {
    await using listener = await ws.messages.listen('ws://127.0.0.1:0', { maxHandshakes: 1 });
    const slow = await connect(String(listener.address).replace('ws:', 'tcp:'));
    await slow.write(Buffer.from('GET'));
    const waiting = ws.messages.connect(listener.address);
    const early = await Promise.race([waiting.then(() => 'connected'), turns(30).then(() => 'waits')]);
    assert.equal(early, 'waits');
    slow.abort();
    const client = await waiting;
    client.abort();
  });

  test('takes no option that is none of a socket', async () => {
    await rejectsWith(ws.listen('ws://127.0.0.1:0/?colour=red'), 'unsupported');
    await using listener = await ws.listen('ws://127.0.0.1:0/?backlog=5');
    assert.match(String(listener.address), /\/\?backlog=5$/);
  });
});

describe('a client', limit, () => {
  /** Connects to a server that answers so. */
  async function answered(answer: string, path = ''): Promise<{ error: Error; request: string }> {
    await using listener = await tcp.listen('tcp://127.0.0.1:0');
    const connecting = ws.connect(String(listener.address).replace('tcp:', 'ws:') + path);
    connecting.catch(() => {});
    const server = (await listener.receive())!;
    const request = Buffer.from((await server.read())!).toString();
    await server.write(Buffer.from(answer));
    await server.end();
    const error = await rejectsWith(connecting, 'refused', 'protocol', 'broken', 'limit');
    server.abort();
    return { error, request };
  }

  test('says whom it asks, and what it thinks of the answer', async () => {
    const { error, request } = await answered(
      'HTTP/1.1 404 Not Here\r\nContent-Length: 0\r\n\r\n',
      '/a/b?token=x%20y&nodelay',
    );
    assert.match(request, /^GET \/a\/b\?token=x%20y HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\n/);
    assert.match(
      error.message,
      /^Cannot connect to ws:\/\/127\.0\.0\.1:\d+\/a\/b\?token=x%20y&nodelay: the server answered 404 Not Here$/,
    );
  });

  test('takes nothing else for a WebSocket', async () => {
    const head = 'HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
    for (const answer of [
      '',
      'SSH-2.0-OpenSSH_9.9\r\n',
      `${head}\r\n`,
      `${head}Sec-WebSocket-Accept: AAAA\r\n\r\n`,
      'HTTP/1.1 200 OK\r\n\r\n',
    ])
      assert.match((await answered(answer)).error.message, /^Cannot connect to ws:/, answer);
  });

  test('gives up on a server that does not answer', async () => {
    const clock = fakeClock();
    await using listener = await tcp.listen('tcp://127.0.0.1:0');
    const connecting = ws.connect(String(listener.address).replace('tcp:', 'ws:'), { clock });
    const failing = rejectsWith(connecting, 'timeout');
    const server = (await listener.receive())!;
    await server.read();
    clock.advance(10_000);
    assert.match((await failing).message, /10000 ms/);
    server.abort();
  });

  test('can be told to stop', async () => {
    await using listener = await tcp.listen('tcp://127.0.0.1:0');
    const stop = new AbortController();
    const connecting = ws.connect(String(listener.address).replace('tcp:', 'ws:'), { signal: stop.signal });
    const server = (await listener.receive())!;
    await server.read();
    const reason = new Error('never mind');
    stop.abort(reason);
    await assert.rejects(connecting, (error) => error === reason);
    server.abort();
  });
});
