import assert from 'node:assert/strict';
import { createServer, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { linkedPair } from '../testing/linked-pair.ts';
import { transportConformance } from '../testing/transport-conformance.ts';
import { fromNodeStream, toNodeStream } from './index.ts';

// There and back: each end of a pair in memory as a stream of Node, and that as a connection again.
transportConformance('connections over streams of Node over connections', () => ({
  hasReset: true,
  async open(options) {
    const [a, b] = linkedPair();
    const endpoints = { local: a.local, remote: a.remote };
    return [
      fromNodeStream(toNodeStream(a), endpoints, options),
      fromNodeStream(toNodeStream(b), endpoints, options),
    ];
  },
}));

test('pipeline() carries a connection to the end, with an end in the other direction', async () => {
  const [a, b] = linkedPair();
  const echo = toNodeStream(b);
  const echoing = pipeline(echo, new PassThrough(), echo);
  await a.write(new TextEncoder().encode('round trip'));
  await a.end();
  assert.equal(Buffer.from((await a.read())!).toString(), 'round trip');
  assert.equal(await a.read(), null);
  await echoing;
  assert.equal(await b.closed, undefined);
});

test('destroying the stream aborts the connection', async () => {
  const [a, b] = linkedPair();
  const stream = toNodeStream(b);
  const fault = new Error('a fault elsewhere');
  stream.on('error', () => {});
  stream.destroy(fault);
  assert.equal(await b.closed, fault);
  await assert.rejects(a.read(), { code: 'broken' });
});

test('a connection that breaks destroys its stream', async () => {
  const [a, b] = linkedPair();
  const stream = toNodeStream(b);
  const failed = new Promise((resolve) => stream.once('error', resolve));
  a.abort();
  assert.equal(((await failed) as { code: string }).code, 'broken');
});

test('a socket of Node that was destroyed by somebody else is broken, and the system error keeps its name', async () => {
  const server = createServer((peer) => peer.once('data', () => peer.resetAndDestroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const socket = new Socket();
  socket.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const connection = fromNodeStream(socket);
  await connection.write(Uint8Array.of(1));
  await assert.rejects(connection.read(), { code: 'broken', errno: 'ECONNRESET' });
  server.close();

  const stream = new PassThrough();
  const other = fromNodeStream(stream);
  const reading = assert.rejects(other.read(), { code: 'broken', message: /destroyed before its end/ });
  stream.destroy();
  await reading;
});

test('whoever pushes on and on is cut off at the limit', async () => {
  const stuck = new PassThrough({ highWaterMark: 1 });
  const connection = fromNodeStream(stuck);
  // Unread it lets through what its own buffers hold, and then no more.
  stuck.pause();
  const wire = connection.attach({ onData() {}, onEnd() {}, onDrain() {}, onClose() {} });
  wire.pause();
  const chunk = new Uint8Array(4 * 1024 * 1024);
  for (let count = 0; count < 12; count++) wire.push(chunk);
  assert.equal(((await connection.closed) as { code?: string }).code, 'limit');
});

test('an abort while the system is being told of the end closes the socket', {
  timeout: 20_000,
}, async () => {
  const server = createServer((peer) => peer.resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const socket = new Socket();
  socket.connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const connection = fromNodeStream(socket);
  await connection.end();
  await new Promise<void>((resolve) => process.nextTick(resolve));
  connection.abort();
  assert.ok(await connection.closed);
  server.close();
});
