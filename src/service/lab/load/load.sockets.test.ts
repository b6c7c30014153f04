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

/** An echo that calls `enough` once so many bytes have come, so that no test depends on how fast a machine is. */
function echoUntil(bytes: number, enough: () => void): Handler {
  let seen = 0;
  return echo((chunk) => {
    seen += chunk.length;
    if (seen >= bytes) enough();
    return chunk;
  });
}

for (const driver of DRIVERS) {
  test(`echo over every kind of socket, ${driver} driver`, limited, async (t) => {
    for (const place of places(t)) {
      for (const rate of [undefined, 2000]) {
        const stop = new AbortController();
        const server = await serve(
          t,
          echoUntil(100 * 1200, () => stop.abort()),
          place,
        );
        const options = { connections: 5, duration: 3_600_000, warmup: 0, payload: 1200, driver, rate };
        const result = await load(server.url, options, { signal: stop.signal });
        await server.refuse();
        assert.deepEqual([result.errors, result.wrong, result.connect.opened], [[], 0, 5], place);
        // All but those under way when the server had seen enough.
        assert.ok(result.requests >= 100 - 5 && result.bytes.received >= result.requests * 1200, place);
        assert.equal(result.loop, rate === undefined ? 'closed' : 'open');
      }
    }
  });
}

test('payloads beyond what a socket takes at once are echoed and checked', limited, async (t) => {
  const size = 3_000_000;
  const stop = new AbortController();
  const server = await serve(
    t,
    echoUntil(6 * size, () => stop.abort()),
    'tcp://127.0.0.1:0',
  );
  const options = { connections: 2, duration: 3_600_000, warmup: 0, payload: size, perConnection: 2 };
  const { requests, errors, wrong } = await load(server.url, options, { signal: stop.signal });
  assert.deepEqual([errors, wrong], [[], 0]);
  assert.ok(requests >= 6 - 2, `${requests}`);
  assert.ok(server.accepted > 2, `${server.accepted}`);
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
    // Before the reset, or the client might be back in time.
    await server.refuse();
    connection.abort();
  };
  const stop = new AbortController();
  const server = await serve(t, resetting, 'tcp://127.0.0.1:0');
  const options = {
    connections: 1,
    duration: 3_600_000,
    warmup: 0,
    answer: { kind: 'bytes', count: 64 },
  } as const;
  const { errors, requests, connect } = await load(server.url, options, {
    signal: stop.signal,
    onProgress: ({ errors }) => errors > 1 && stop.abort(),
  });
  assert.deepEqual([requests, connect.lost], [1, 1]);
  assert.deepEqual(errors.map(({ when, code }) => `${when} ${code}`).toSorted(), [
    'connect ECONNREFUSED',
    'request ECONNRESET',
  ]);
});
