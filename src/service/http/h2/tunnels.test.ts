/** Streams that become somebody else's: WebSockets (RFC 8441) and CONNECT. */
import assert from 'node:assert/strict';
import type { ClientHttp2Stream } from 'node:http2';
import { describe, test } from 'node:test';
import { fromNodeStream, type HalfCloseable } from '../../../core/index.ts';
import { ERROR_CODE } from '../../../protocol/http2/index.ts';
import { openChannel } from '../../../transport/websocket/index.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { httpUpgrades } from '../server/diagnostics.ts';
import type { HttpOptions } from '../server/options.ts';
import { upgradeWebSocket } from '../websocket/index.ts';
import { Talk } from './test-talk.ts';

const limit = { timeout: 20_000 };

const WEBSOCKET = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':authority': 'test',
  ':path': '/chat',
  'sec-websocket-version': '13',
};

async function opened(
  talk: Talk,
  fields: Record<string, string>,
): Promise<{ status: number; headers: Record<string, unknown>; stream: ClientHttp2Stream }> {
  const { session } = talk;
  if (session.remoteSettings.enableConnectProtocol !== true)
    await new Promise((resolve) => session.once('remoteSettings', resolve));
  const stream = session.request(fields, { endStream: false });
  stream.on('error', () => {});
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  stream.on('response', resolve as never);
  const { ':status': status, ...headers } = await promise;
  return { status: status as number, headers, stream };
}

/** What a client makes of the stream. */
function channelOn(stream: ClientHttp2Stream): ReturnType<typeof openChannel> {
  const connection = fromNodeStream(stream);
  const { local, remote } = connection;
  const unread = new Uint8Array(0);
  return openChannel(
    connection,
    'client',
    { protocol: undefined, deflate: undefined, unread },
    {},
    { local, remote },
  );
}

describe('a WebSocket on a stream', limit, () => {
  const seen: unknown[] = [];
  const echo: HttpHandler = (request, context) => {
    seen.push([request.method, request.url, context.version]);
    return upgradeWebSocket(request, context, { protocols: ['talk'] }, async (socket) => {
      for await (const message of socket) await socket.send(message);
    });
  };

  test('is accepted by the handler that accepts those of HTTP/1.1', limit, async () => {
    const events: unknown[] = [];
    const onEvent = (event: unknown): void => void events.push((event as { protocol: string }).protocol);
    httpUpgrades.subscribe(onEvent);
    const talk = new Talk('h2', echo);
    const { status, headers, stream } = await opened(talk, {
      ...WEBSOCKET,
      'sec-websocket-protocol': 'talk',
    });
    assert.equal(status, 200);
    assert.equal(headers['sec-websocket-protocol'], 'talk');
    for (const name of ['sec-websocket-accept', 'upgrade', 'connection'])
      assert.equal(headers[name], undefined);
    const channel = channelOn(stream);
    for (const text of ['one', 'x'.repeat(200_000)]) {
      await channel.send(text);
      assert.equal(await channel.receive(), text);
    }
    await channel.close();
    assert.deepEqual(seen.splice(0), [['GET', 'http://test/chat', 'HTTP/2.0']]);
    assert.deepEqual(events, ['websocket']);
    httpUpgrades.unsubscribe(onEvent);
    talk.close();
  });

  test('lives beside requests and other sockets', limit, async () => {
    const talk = new Talk('h2', (request, context) =>
      request.headers.has('upgrade') ? echo(request, context) : HttpResponse.text('plain'),
    );
    const channels = await Promise.all(
      [1, 2, 3].map(async () => channelOn((await opened(talk, WEBSOCKET)).stream)),
    );
    for (const [index, channel] of channels.entries()) await channel.send(`${index}`);
    assert.equal((await talk.ask()).body, 'plain');
    assert.deepEqual(await Promise.all(channels.map((channel) => channel.receive())), ['0', '1', '2']);
    talk.close();
  });

  test('is closed with 1001 in a drain', limit, async () => {
    const talk = new Talk('h2', echo);
    const { stream } = await opened(talk, WEBSOCKET);
    const channel = channelOn(stream);
    await channel.send('one');
    assert.equal(await channel.receive(), 'one');
    talk.drain();
    await assert.rejects(
      channel.receive().then((value) => assert.notEqual(value, null)),
      { message: /./ },
    );
    talk.close();
  });

  test('that the handler does not take is no success', limit, async () => {
    for (const [answer, status] of [
      [HttpResponse.text('plain'), 501],
      [new HttpResponse(null, { status: 404 }), 404],
    ] as const) {
      const talk = new Talk('h2', () => answer);
      assert.equal((await opened(talk, WEBSOCKET)).status, status);
      talk.close();
    }
  });

  test('is not offered where it is not wanted', limit, async () => {
    const talk = new Talk('h2', echo, { http2: { webSockets: false } });
    await talk.ask({}).catch(() => {});
    assert.equal(talk.session.remoteSettings.enableConnectProtocol, false);
    talk.close();
  });
});

describe('CONNECT', limit, () => {
  const CONNECT = { ':method': 'CONNECT', ':authority': 'example.net:443' };
  const shout = async (connection: HalfCloseable): Promise<void> => {
    for await (const chunk of connection) await connection.write(Buffer.from(chunk.toString().toUpperCase()));
    await connection.end();
  };
  const tunnel: HttpHandler = (request) =>
    request.method === 'CONNECT'
      ? HttpResponse.upgrade({ status: 200 }, (connection) => shout(connection))
      : HttpResponse.text('plain');

  test('is refused by default', limit, async () => {
    const talk = new Talk('h2', tunnel);
    assert.equal((await opened(talk, CONNECT)).status, 405);
    talk.close();
  });

  test('opens a tunnel where it is allowed', limit, async () => {
    const options: HttpOptions = { allowConnect: true };
    const talk = new Talk('h2', tunnel, options);
    const { status, stream } = await opened(talk, CONNECT);
    assert.equal(status, 200);
    const connection = fromNodeStream(stream);
    await connection.write(Buffer.from('quiet'));
    assert.equal(String(Buffer.from((await connection.read())!)), 'QUIET');
    await connection.end();
    assert.equal(await connection.read(), null);
    assert.equal((await talk.ask()).body, 'plain');
    talk.close();
  });

  test('whose keeper fails resets the stream alone, and somebody hears of it', limit, async () => {
    const errors: Error[] = [];
    const failing: HttpHandler = (request) =>
      request.method === 'CONNECT'
        ? HttpResponse.upgrade({ status: 200 }, async (connection) => {
            await connection.read();
            throw new Error('broken');
          })
        : HttpResponse.text('plain');
    const talk = new Talk('h2', failing, { allowConnect: true, onError: (error) => void errors.push(error) });
    const { stream } = await opened(talk, CONNECT);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.write('x');
    await closed;
    assert.deepEqual(errors.map(String), ['Error: broken']);
    assert.equal(stream.rstCode, ERROR_CODE.internalError);
    assert.equal((await talk.ask()).body, 'plain');
    talk.close();
  });
});
