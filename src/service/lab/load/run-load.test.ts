import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadProgress } from './result.ts';
import { runLoad } from './run-load.ts';
import { echo, serve } from './test-server.ts';

const limited = { timeout: 30_000 };

test('a load from another process gives its result', limited, async (t) => {
  const server = await serve(t, echo(), 'tcp://127.0.0.1:0');
  const request = Buffer.from('given bytes');
  const result = await runLoad(server.url, { connections: 2, duration: 100, warmup: 0, request });
  assert.deepEqual([result.errors, result.wrong, result.core, result.ended], [[], 0, null, 'duration']);
  assert.equal(result.requestBytes, 11);
  assert.equal(server.accepted, 2);
});

test('the signal ends it early, with what was measured, and progress is told', limited, async (t) => {
  const stop = new AbortController();
  const seen: LoadProgress[] = [];
  const server = await serve(t, echo(), 'tcp://127.0.0.1:0');
  const onProgress = (progress: LoadProgress): void => {
    seen.push(progress);
    if (progress.requests > 0) stop.abort();
  };
  const options = { connections: 1, duration: 3_600_000, warmup: 0 };
  const result = await runLoad(server.url, options, { signal: stop.signal, onProgress });
  assert.equal(result.ended, 'interrupted');
  assert.ok(result.requests >= seen.at(-1)!.requests && result.requests > 0, `${result.requests}`);
  assert.deepEqual([seen[0]?.phase, seen[0]?.of], ['measurement', 3600]);
  const none = await runLoad(server.url, options, { signal: AbortSignal.abort() });
  assert.equal(none.ended, 'interrupted');
});

test('what load refuses is the same error here', limited, async (t) => {
  const refusing = await serve(t, echo(), 'tcp://127.0.0.1:0');
  await refusing.refuse();
  await assert.rejects(runLoad(refusing.url), {
    name: 'NetError',
    code: 'refused',
    errno: 'ECONNREFUSED',
    message: `Cannot connect to ${refusing.url}: connection refused; nothing listens there`,
  });
  await assert.rejects(runLoad(refusing.url, { connections: 0 }), { code: 'unsupported' });
  await assert.rejects(runLoad('memory:x'), {
    code: 'unsupported',
    message: /cannot reach memory:x; use load\(\)/,
  });
});

test('a generator that dies is an error that says how', limited, async (t) => {
  const server = await serve(t, echo(), 'tcp://127.0.0.1:0');
  const pids: number[] = [];
  const options = { connections: 1, duration: 60_000 };
  const running = runLoad(server.url, options, { onStart: (pid) => pids.push(pid) });
  process.kill(pids[0]!, 'SIGKILL');
  await assert.rejects(running, { code: 'broken', message: 'The load generator was ended by SIGKILL' });
});
