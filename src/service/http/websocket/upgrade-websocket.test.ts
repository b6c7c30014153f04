import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GOING_AWAY, INTERNAL_ERROR, NORMAL_CLOSURE } from '../../../protocol/websocket/index.ts';
import { rejectsWith } from '../../../testing/transport/subject.ts';
import { connect, ws } from '../../../transport/index.ts';
import type { WebSocketChannel, WebSocketConnectOptions } from '../../../transport/websocket/index.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { type HttpServer, serveHttp } from '../server/index.ts';
import { testContext, testRequest } from '../test-context.ts';
import { type SocketHandler, type UpgradeWebSocketOptions, upgradeWebSocket } from './index.ts';

const limit = { timeout: 20_000 };

function open(onSocket: SocketHandler, options: UpgradeWebSocketOptions = {}): Promise<HttpServer> {
  const handler: HttpHandler = (request, context) => upgradeWebSocket(request, context, options, onSocket);
  return serveHttp('http://127.0.0.1:0', handler, { signals: false, driver: 'node' });
}

function socketTo(server: HttpServer, options: WebSocketConnectOptions = {}): Promise<WebSocketChannel> {
  return ws.messages.connect(String(server.address).replace('http', 'ws'), options);
}

const echo: SocketHandler = async (socket) => {
  for await (const message of socket) await socket.send(message);
};

describe('upgradeWebSocket', limit, () => {
  test('hands the socket to its handler, with what came right behind the request', async () => {
    await using server = await open(echo);
    const socket = await socketTo(server);
    await socket.send('hello');
    assert.equal(await socket.receive(), 'hello');
    await socket.close();
    assert.deepEqual(socket.closeInfo, { code: NORMAL_CLOSURE, reason: '', wasClean: true });
  });

  test('closes with 1000 when the handler is done, and with 1011 when it fails', async () => {
    for (const [onSocket, code] of [
      [async () => {}, NORMAL_CLOSURE],
      [() => Promise.reject(new Error('a fault in the handler')), INTERNAL_ERROR],
    ] as const) {
      await using server = await open(onSocket);
      const socket = await socketTo(server);
      assert.equal(await socket.receive(), null);
      assert.equal(await socket.closed, undefined);
      assert.equal(socket.closeInfo?.code, code);
    }
  });

  test('leaves a socket open that a receiver is attached to', async () => {
    await using server = await open((socket) => {
      const wire = socket.attach({ onMessage: (message) => void wire.push(message), onClose() {} });
    });
    const socket = await socketTo(server);
    for (const message of ['one', 'two']) {
      await socket.send(message);
      assert.equal(await socket.receive(), message);
    }
    await socket.close();
  });

  test('closes with 1001 when the server drains', async () => {
    const server = await open(echo);
    const socket = await socketTo(server);
    const drained = server.drain();
    assert.equal(await socket.receive(), null);
    assert.equal(socket.closeInfo?.code, GOING_AWAY);
    await drained;
    await server.closed;
  });

  test('agrees on a subprotocol and on compression', async () => {
    await using server = await open(
      async (socket) => {
        await socket.send(`${socket.about.protocol} ${socket.about.isCompressed}`);
      },
      { protocols: ['b', 'a'], compression: true },
    );
    const socket = await socketTo(server, { protocols: ['x', 'a', 'b'], compression: true });
    assert.equal(socket.about.protocol, 'a');
    assert.equal(await socket.receive(), 'a true');
    await socket.close();
  });

  test('pages of other hosts are refused, unless they are named', async () => {
    const origin = 'https://app.example';
    await using strict = await open(echo);
    const error = await rejectsWith(socketTo(strict, { headers: { origin } }), 'refused');
    assert.match(error.message, /403/);
    const own = await socketTo(strict, { headers: { origin: String(strict.address) } });
    await own.close();
    await using open_ = await open(echo, { origins: [origin] });
    const named = await socketTo(open_, { headers: { origin } });
    await named.close();
  });

  test('a request for something else is answered with 426, and the connection stays', async () => {
    await using server = await open(echo);
    const client = await connect(String(server.address).replace('http', 'tcp'));
    await client.write(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2)));
    await client.end();
    let text = '';
    for await (const chunk of client) text += Buffer.from(chunk).toString();
    assert.equal(text.match(/HTTP\/1\.1 426 Upgrade Required/g)?.length, 2);
    assert.equal(text.match(/sec-websocket-version: 13/gi)?.length, 2);
    assert.match(text, /^connection: upgrade\r$/im);
  });

  test('a wrong request is answered without a socket', () => {
    const headers = { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-version': '13' };
    const answer = (init: RequestInit): Response =>
      upgradeWebSocket(testRequest('/', init), testContext(), {}, () => assert.fail('no socket is due'));
    assert.equal(answer({ headers }).status, 400);
    assert.equal(answer({ headers: { ...headers, 'sec-websocket-version': '8' } }).status, 426);
    assert.equal(answer({ headers, method: 'POST' }).status, 405);
    const whole = { ...headers, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    assert.equal(answer({ headers: whole }).status, 101);
    assert.equal(answer({ headers: { ...whole, 'transfer-encoding': 'chunked' } }).status, 400);
    assert.ok(answer({ headers }) instanceof HttpResponse);
  });
});
