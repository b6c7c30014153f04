/** WebSockets with the programs and libraries that people use for them, in both directions, with and without compression. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { type Browser, chromium as driver } from 'playwright-core';
import { type PerMessageDeflateOptions, WebSocketServer, WebSocket as WsClient } from 'ws';
import { HttpResponse, serveHttp, upgradeWebSocket } from '../../src/service/http/index.ts';
import { ws } from '../../src/transport/index.ts';
import {
  prepareMessage,
  type WebSocketChannel,
  type WebSocketConnectOptions,
  type WebSocketListenOptions,
} from '../../src/transport/websocket/index.ts';
import { modnet, Tool } from '../tool.ts';
import { peer } from './peers.ts';

const curl = peer('curl');
const python = pythonWithWebsockets();
const chromium = peer('chromium', 'chromium-browser', 'google-chrome');
const limit = { timeout: 30_000 };

/** Sizes at which heads and windows change. */
const SIZES = [0, 1, 125, 126, 1023, 1024, 65_535, 65_536, 300_000];
const WORDS = 'Vögel, die am Morgen singen … '.repeat(12_000);

function pythonWithWebsockets(): { readonly path: string; readonly skip: string | false } {
  // The system's own first: that is the one that tools/peers adds the module to.
  const found = ['/usr/bin/python3', peer('python3').path].find(
    (path) => spawnSync(path, ['-c', 'import websockets']).status === 0,
  );
  if (found !== undefined) return { path: found, skip: false };
  const reason = 'the module websockets of Python is not installed; tools/peers installs it';
  if (process.env.MODNET_REQUIRE_PEERS === '1') throw new Error(reason);
  return { path: 'python3', skip: reason };
}

/** Messages of text and bytes of all sizes. */
function messages(): (string | Buffer)[] {
  return SIZES.flatMap((size) => [WORDS.slice(0, size), randomBytes(size)]);
}

/** A listener of ours that echoes. */
async function echoServer(options: WebSocketListenOptions = {}): Promise<{ url: string } & AsyncDisposable> {
  const listener = await ws.messages.listen('ws://127.0.0.1:0/echo', options);
  const echo = async (socket: WebSocketChannel): Promise<void> => {
    for await (const message of socket) await socket.send(message);
  };
  void (async () => {
    for await (const socket of listener) void echo(socket).catch(() => {});
  })();
  return { url: String(listener.address), [Symbol.asyncDispose]: () => listener.close() };
}

/** Sends all messages at once, and expects each back. */
async function converse(url: string, options: WebSocketConnectOptions = {}): Promise<void> {
  const socket = await ws.messages.connect(url, options);
  const sent = messages();
  const sending = (async () => {
    for (const message of sent)
      await socket.send(typeof message === 'string' ? message : new Uint8Array(message));
  })();
  for (const message of sent) {
    const got = await socket.receive();
    assert.equal(typeof got === 'string', typeof message === 'string');
    assert.ok(Buffer.from(got as string).equals(Buffer.from(message as string)));
  }
  await sending;
  await socket.close({ code: 4321, reason: 'done' });
  assert.equal(socket.closeInfo?.wasClean, true);
}

describe('ws', limit, () => {
  const agreements: readonly [
    string,
    boolean | PerMessageDeflateOptions,
    WebSocketListenOptions['compression'],
  ][] = [
    ['without compression', false, true],
    ['with compression', { threshold: 0 }, { from: 0 }],
    ['with context takeover', { threshold: 0 }, { from: 0, contextTakeover: true }],
    [
      'with a small window',
      { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
      { from: 0, contextTakeover: true },
    ],
    ['with a small window of ours', { threshold: 0 }, { from: 0, contextTakeover: true, windowBits: 9 }],
  ];
  for (const [name, theirs, compression] of agreements) {
    test(`its client talks to a server of ours ${name}`, async () => {
      await using server = await echoServer({ compression });
      const client = new WsClient(server.url, { perMessageDeflate: theirs });
      await once(client, 'open');
      assert.equal(client.extensions !== '', theirs !== false);
      for (const message of messages()) {
        client.send(message);
        const [data, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
        assert.equal(isBinary, typeof message !== 'string');
        assert.ok(data.equals(Buffer.from(message as string)));
      }
      client.ping('sign of life');
      assert.equal(String((await once(client, 'pong'))[0]), 'sign of life');
      client.close(4000, 'enough');
      assert.equal((await once(client, 'close'))[0], 4000);
    });

    test(`its server talks to a client of ours ${name}`, async () => {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: theirs });
      await once(server, 'listening');
      const closed = Promise.withResolvers<[number, string]>();
      server.on('connection', (socket) => {
        socket.on('message', (data, binary) => socket.send(data, { binary }));
        socket.on('close', (code, reason) => closed.resolve([code, String(reason)]));
      });
      await converse(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { compression });
      assert.deepEqual(await closed.promise, [4321, 'done']);
      server.close();
    });
  }

  test('its clients are sent what was prepared once', async () => {
    await using listener = await ws.messages.listen('ws://127.0.0.1:0', { compression: true });
    const url = String(listener.address);
    const clients = [{ perMessageDeflate: true }, { perMessageDeflate: false }, {}].map(
      (options) => new WsClient(url, options),
    );
    const heard = clients.map((client) => once(client, 'message'));
    const prepared = prepareMessage(WORDS);
    for (let count = 0; count < clients.length; count++) await (await listener.receive())!.send(prepared);
    for (const [data] of await Promise.all(heard)) assert.equal(String(data), WORDS);
    for (const client of clients) client.terminate();
  });

  test('its server refuses us with the words that it answers with', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/other' });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await assert.rejects(ws.connect(`ws://127.0.0.1:${port}/here`), {
      code: 'refused',
      message: `Cannot connect to ws://127.0.0.1:${port}/here: the server answered 400 Bad Request`,
    });
    server.close();
  });
});

describe('websockets of Python', { ...limit, skip: python.skip }, () => {
  const SERVER = `
import asyncio, sys, websockets
async def echo(socket):
    async for message in socket: await socket.send(message)
async def main():
    compression = None if sys.argv[1] == 'none' else sys.argv[1]
    async with websockets.serve(echo, '127.0.0.1', 0, compression=compression, max_size=None) as server:
        print('port', server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()
asyncio.run(main())`;

  const CLIENT = `
import asyncio, sys, websockets
async def main():
    compression = None if sys.argv[2] == 'none' else sys.argv[2]
    async with websockets.connect(sys.argv[1], compression=compression, max_size=None) as socket:
        for message in ['text ü', b'bytes', '', 'x' * 70000, bytes(range(256)) * 1000]:
            await socket.send(message)
            assert await socket.recv() == message
        await (await socket.ping('hello'))
    print('closed', socket.close_code)
asyncio.run(main())`;

  for (const compression of ['none', 'deflate']) {
    test(`its server talks to a client of ours, ${compression}`, async () => {
      using server = new Tool(python.path, ['-c', SERVER, compression]);
      const port = (await server.seen(/port (\d+)/))[1];
      await converse(`ws://127.0.0.1:${port}`, { compression: { contextTakeover: true, from: 0 } });
    });

    test(`its client talks to a server of ours, ${compression}`, async () => {
      await using server = await echoServer({ compression: { contextTakeover: true, from: 0 } });
      const client = new Tool(python.path, ['-c', CLIENT, server.url, compression]);
      const { code, stdout, stderr } = await client.ended;
      assert.equal(stderr, '');
      assert.deepEqual([code, stdout.toString()], [0, 'closed 1000\n']);
    });
  }
});

describe('curl', { ...limit, skip: curl.skip }, () => {
  test('is told what is spoken here, and where', async () => {
    await using server = await echoServer();
    const ask = async (path: string): Promise<string> =>
      (
        await new Tool(curl.path, ['-si', server.url.replace('ws:', 'http:').replace('/echo', path)]).ended
      ).stdout.toString();
    const refused = await ask('/echo');
    assert.match(refused, /^HTTP\/1\.1 426 Upgrade Required\r\n/);
    assert.match(refused, /\r\nsec-websocket-version: 13\r\n/);
    assert.match(await ask('/'), /^HTTP\/1\.1 404 Not Found\r\n/);
  });
});

describe('the tools', limit, () => {
  test('a relay carries a stream over WebSocket and back, with its end', async () => {
    using target = modnet('listen', 'ws://127.0.0.1:0/far', '--echo', '--keep-open');
    using relay = modnet('relay', 'tcp://127.0.0.1:0', (await target.seen(/listening on (ws:\S+)/))[1]!);
    const data = randomBytes(3_000_000);
    const { code, stdout } = await modnet('connect', await relay.address()).end(data).ended;
    assert.equal(code, 0);
    assert.equal(sha256(stdout), sha256(data));
  });

  test('connect talks to a server of ws', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket) =>
      socket.on('message', (data) => socket.send(String(data).toUpperCase())),
    );
    const { port } = server.address() as AddressInfo;
    using client = modnet('connect', `ws://127.0.0.1:${port}`);
    client.child.stdin.write('over the web');
    await client.seen(/OVER THE WEB/);
    client.end();
    assert.equal((await client.ended).code, 0);
    server.close();
  });
});

describe('Chromium', { ...limit, skip: chromium.skip }, () => {
  let browser: Promise<Browser> | undefined;
  after(async () => (await browser)?.close());
  const launch = (): Promise<Browser> => {
    browser ??= driver.launch({ executablePath: chromium.path, args: ['--no-sandbox'] });
    return browser;
  };

  for (const compression of [false, { from: 0 }, { from: 0, contextTakeover: true }])
    test(`a page talks to the server that it comes from, ${JSON.stringify(compression)}`, async () => {
      const ended = Promise.withResolvers<unknown>();
      await using server = await serveHttp(
        'http://127.0.0.1:0',
        (request, context) =>
          request.headers.has('upgrade')
            ? upgradeWebSocket(request, context, { compression, protocols: ['talk'] }, async (socket) => {
                for await (const message of socket) await socket.send(message);
                ended.resolve(socket.closeInfo);
              })
            : HttpResponse.html('<title>page</title>'),
        { signals: false },
      );
      const page = await (await launch()).newPage();
      await page.goto(String(server.address));
      const outcome = await page.evaluate(`(${talk})(['text ü', 'y'.repeat(100000), [1, 2, 255], []])`);
      assert.deepEqual(outcome, {
        echoed: ['text ü', 'y'.repeat(100_000), [1, 2, 255], []],
        protocol: 'talk',
        extensions: compression !== false,
        closed: [3001, '', true],
      });
      assert.deepEqual(await ended.promise, { code: 3001, reason: 'bye', wasClean: true });
      await page.close();
    });

  test('a page of another host does not get in, unless it is let in', async () => {
    await using strict = await echoServer();
    await using open = await echoServer({ origins: 'any' });
    const page = await (await launch()).newPage();
    const connect = (url: string): Promise<unknown> =>
      page.evaluate(`new Promise((resolve) => {
        const socket = new WebSocket('${url}');
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      })`);
    assert.equal(await connect(strict.url), 'refused');
    assert.equal(await connect(open.url), 'open');
    await page.close();
  });
});

/** Runs in the page: sends each, and expects it back. */
const talk = `async (messages) => {
  const socket = new WebSocket(location.href.replace('http', 'ws'), ['other', 'talk']);
  socket.binaryType = 'arraybuffer';
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = () => reject(new Error('no socket')); });
  const echoed = [];
  for (const message of messages) {
    socket.send(typeof message === 'string' ? message : new Uint8Array(message));
    const { data } = await new Promise((resolve) => { socket.onmessage = resolve; });
    echoed.push(typeof data === 'string' ? data : [...new Uint8Array(data)]);
  }
  const closed = new Promise((resolve) => { socket.onclose = ({ code, reason, wasClean }) => resolve([code, reason, wasClean]); });
  const { protocol } = socket;
  const extensions = socket.extensions !== '';
  socket.close(3001, 'bye');
  return { echoed, protocol, extensions, closed: await closed };
}`;

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
