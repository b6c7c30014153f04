import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Bytes, type HalfCloseable, NetError } from '../../core/index.ts';
import { connect, listen } from '../../transport/index.ts';
import { type Relay, type RelayOptions, relay, relayClosed, relayFailed, relayRefused } from './index.ts';

const text = (words: string): Bytes => new TextEncoder().encode(words);

/** A relay between two names in memory, and what is behind it. */
async function setUp(t: TestContext, options: RelayOptions = {}) {
  const target = await listen('memory:');
  const running = await relay('memory:', target.address, options);
  t.after(() => {
    running.abort();
    target.abort();
  });
  return { target, running };
}

/** The messages of a channel that are about this relay, as they come. */
function published<T extends { relay: Relay }>(
  t: TestContext,
  channel: {
    subscribe(on: (message: unknown) => void): void;
    unsubscribe(on: (message: unknown) => void): unknown;
  },
  running: Relay,
): T[] {
  const messages: T[] = [];
  const on = (message: unknown): void => {
    if ((message as T).relay === running) messages.push(message as T);
  };
  channel.subscribe(on);
  t.after(() => channel.unsubscribe(on));
  return messages;
}

async function readText(connection: HalfCloseable): Promise<string> {
  const chunks: Bytes[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('each connection gets one of its own, and totals count both ways', async (t) => {
  const { target, running } = await setUp(t);
  const closes = published(t, relayClosed, running);
  for (const words of ['one', 'three']) {
    const client = await connect(running.address);
    const server = (await target.receive())!;
    await client.write(text(words));
    await client.end();
    assert.equal(await readText(server), words);
    await server.write(text('ok'));
    await server.end();
    assert.equal(await readText(client), 'ok');
    await Promise.all([client.closed, server.closed]);
  }
  await running.close();
  assert.equal(await running.closed, undefined);
  assert.deepEqual(running.totals, {
    connections: 2,
    open: 0,
    failed: 0,
    refused: 0,
    forward: 8,
    backward: 4,
  });
  assert.equal(closes.length, 2);
});

test('where nothing listens the client is reset, and the failure is counted and published', async (t) => {
  const { target, running } = await setUp(t);
  await target.close();
  const failures = published<{ relay: Relay; error: Error }>(t, relayFailed, running);
  const client = await connect(running.address);
  await assert.rejects(client.read(), { errno: 'ECONNRESET' });
  assert.equal(running.totals.failed, 1);
  assert.match(failures[0]!.error.message, /nothing listens there/);
});

test('beyond the limit a connection is reset at once, until there is room', async (t) => {
  const { target, running } = await setUp(t, { max: 1 });
  const refusals = published(t, relayRefused, running);
  const first = await connect(running.address);
  const server = (await target.receive())!;
  const second = await connect(running.address);
  await assert.rejects(second.read(), { errno: 'ECONNRESET' });
  assert.equal(refusals.length, 1);
  await Promise.all([first.end(), server.end()]);
  await Promise.all([first.closed, server.closed]);
  await connect(running.address);
  assert.notEqual(await target.receive(), null);
  assert.equal(running.totals.refused, 1);
  assert.equal(running.totals.connections, 2);
});

test('closing ends every connection in order; aborting resets them', async (t) => {
  for (const how of ['close', 'abort'] as const) {
    const { target, running } = await setUp(t);
    const client = await connect(running.address);
    const server = (await target.receive())!;
    await client.write(text('said'));
    assert.notEqual(await server.read(), null);
    if (how === 'abort') {
      running.abort(new NetError('closed', 'enough'));
      await assert.rejects(client.read(), { errno: 'ECONNRESET' });
      await assert.rejects(server.read(), { errno: 'ECONNRESET' });
    } else {
      const closed = running.close();
      assert.equal(await client.read(), null);
      assert.equal(await server.read(), null);
      await Promise.all([client.end(), server.end()]);
      await closed;
    }
    await running.closed;
    assert.equal(running.totals.open, 0);
    await assert.rejects(connect(running.address), { code: 'refused' });
  }
});

test('a client that leaves takes its command with it', async (t) => {
  const running = await relay('memory:', 'exec:sleep 60');
  t.after(() => running.abort());
  const client = await connect(running.address);
  client.abort();
  // Would hang for a minute if the command lived on.
  await running.close();
  assert.deepEqual([running.totals.open, running.totals.failed], [0, 1]);
});

test('what cannot be listened on or reached is said at once', async () => {
  const target = await listen('memory:');
  await assert.rejects(relay(target.address, 'memory:x'), { errno: 'EADDRINUSE' });
  await assert.rejects(relay('carrier-pigeon://a:1', 'memory:x'), { code: 'unsupported' });
  await target.close();
});
