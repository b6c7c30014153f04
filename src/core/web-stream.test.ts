import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedPair } from '../testing/linked-pair.ts';
import { transportConformance } from '../testing/transport-conformance.ts';
import { fromWebStreams, toWebStreams } from './index.ts';

// There and back: each end of a pair in memory as WHATWG streams, and those as a connection again.
transportConformance('connections over WHATWG streams over connections', () => ({
  hasReset: true,
  async open(options) {
    const [a, b] = linkedPair();
    const endpoints = { local: a.local, remote: a.remote };
    return [
      fromWebStreams(toWebStreams(a), endpoints, options),
      fromWebStreams(toWebStreams(b), endpoints, options),
    ];
  },
}));

test('pipeTo carries a connection to its end', async () => {
  const [a, b] = linkedPair();
  const { readable, writable } = toWebStreams(b);
  const echoing = readable.pipeTo(writable);
  await a.write(new TextEncoder().encode('round trip'));
  await a.end();
  assert.equal(Buffer.from((await a.read())!).toString(), 'round trip');
  assert.equal(await a.read(), null);
  await echoing;
});

test('nothing is read of a connection before somebody asks', async () => {
  const [a, b] = linkedPair();
  const { readable } = toWebStreams(b);
  await a.write(new Uint8Array(3));
  const reader = readable.getReader();
  assert.equal((await reader.read()).value?.length, 3);
});

test('cancelling aborts, with the reason', async () => {
  const [, b] = linkedPair();
  const reason = new Error('no more');
  await toWebStreams(b).readable.cancel(reason);
  assert.equal(await b.closed, reason);
});

test('a stream that errors breaks the connection', async () => {
  const fault = new Error('a fault below');
  const readable = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(fault) });
  const writable = new WritableStream<Uint8Array>();
  const [a] = linkedPair();
  const connection = fromWebStreams({ readable, writable }, { local: a.local, remote: a.remote });
  await assert.rejects(connection.read(), (error: Error) => error.cause === fault);
});
