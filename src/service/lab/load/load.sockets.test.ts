import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { kernelAvailable } from '../../../kernel/index.ts';
import { type Driver, tcp } from '../../../transport/index.ts';
import { load } from './load.ts';
import { echo, type Handler, serve } from './test-server.ts';

const limited = { timeout: 30_000 };
const DRIVERS: readonly Driver[] = kernelAvailable() ? ['kernel', 'node'] : ['node'];

function places(t: TestContext): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-load-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return ['tcp://127.0.0.1:0', `unix:${folder}/socket`, 'udp://127.0.0.1:0'];
}

for (const driver of DRIVERS) {
  test(`echo over every kind of socket, ${driver} driver`, limited, async (t) => {
    for (const place of places(t)) {
      const server = await serve(t, echo(), place);
      const options = { connections: 5, duration: 60, warmup: 20, payload: 1200, driver };
      const closed = await load(server.url, options);
      assert.deepEqual([closed.errors, closed.wrong, closed.connect.opened], [[], 0, 5], place);
      assert.ok(closed.requests > 0 && closed.bytes.received >= closed.requests * 1200, place);
      const open = await load(server.url, { ...options, rate: 500 });
      assert.deepEqual([open.errors, open.wrong], [[], 0], place);
      assert.ok(open.requests > 0 && open.schedule!.due > 0, place);
    }
  });
}

test('payloads beyond what a socket takes at once are echoed and checked', limited, async (t) => {
  const server = await serve(t, echo(), 'tcp://127.0.0.1:0');
  const options = { connections: 2, duration: 100, warmup: 0, payload: 3_000_000 };
  const { requests, errors, wrong, bytes } = await load(server.url, { ...options, perConnection: 2 });
  assert.deepEqual([errors, wrong], [[], 0]);
  assert.ok(bytes.received > 0 && requests >= 0);
});

test('nobody there is one error, with what to do', limited, async () => {
  const listener = await tcp.listen('tcp://127.0.0.1:0');
  const url = String(listener.address);
  await listener.close();
  const message = `Cannot connect to ${url}: connection refused; nothing listens there`;
  await assert.rejects(load(url), { name: 'NetError', code: 'refused', message });
});

test('resets are counted by their code, and a listener that goes away as well', limited, async (t) => {
  const resetting: Handler = async (connection) => {
    await connection.read();
    if (server.accepted === 1) await connection.write(Buffer.alloc(64));
    await connection.read();
    connection.abort();
    await server.refuse();
  };
  const server = await serve(t, resetting, 'tcp://127.0.0.1:0');
  const options = { connections: 1, duration: 100, warmup: 0, answer: { kind: 'bytes', count: 64 } } as const;
  const { errors, requests, connect } = await load(server.url, options);
  assert.deepEqual([requests, connect.lost], [1, 1]);
  assert.deepEqual(errors.map(({ when, code }) => `${when} ${code}`).toSorted(), [
    'connect ECONNREFUSED',
    'request ECONNRESET',
  ]);
});
