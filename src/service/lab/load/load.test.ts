import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type FakeClock, fakeClock } from '../../../testing/fake-clock.ts';
import { load } from './load.ts';
import type { LoadOptions } from './options.ts';
import type { LoadProgress, LoadResult } from './result.ts';
import { after, echo, type Handler, pass, serve, settled, type TestServer } from './test-server.ts';

const limited = { timeout: 20_000 };

interface Run {
  readonly clock: FakeClock;
  readonly server: TestServer;
  readonly result: Promise<LoadResult>;
  readonly progress: LoadProgress[];
}

/** A load in memory, on a clock that stands still. */
async function start(
  t: TestContext,
  make: (clock: FakeClock) => Handler,
  options: LoadOptions,
  signal?: AbortSignal,
): Promise<Run> {
  const clock = fakeClock(5000);
  const server = await serve(t, make(clock));
  const progress: LoadProgress[] = [];
  const onProgress = (step: LoadProgress): void => void progress.push(step);
  const result = load(server.url, options, { clock, signal, onProgress });
  result.catch(() => {});
  await settled();
  return { clock, server, result, progress };
}

/** Answers each request after so long. */
function answeringAfter(ms: number): (clock: FakeClock) => Handler {
  return (clock) => echo((chunk) => after(clock, ms).then(() => chunk));
}

/** Answers at once, but for a second from `at` on. */
function stallingAt(at: number): (clock: FakeClock) => Handler {
  return (clock) =>
    echo(async (chunk) => {
      const into = clock.now() - at;
      if (into >= 0 && into < 1000) await after(clock, 1000 - into);
      return chunk;
    });
}

function near(value: number | undefined, want: number): void {
  assert.ok(value !== undefined && Math.abs(value - want) <= want * 0.016, `${value} in place of ${want}`);
}

test(
  'closed loop: each answer brings the next request, and the warm-up is not counted',
  limited,
  async (t) => {
    const { clock, result, progress } = await start(t, answeringAfter(10), {
      connections: 2,
      duration: 1000,
      warmup: 505,
    });
    await pass(clock, 1525, 5);
    const { requests, seconds, throughput, latency, bytes, loop, ended, schedule, errors, wrong, ...rest } =
      await result;
    assert.deepEqual(
      { requests, seconds, throughput, loop, ended },
      { requests: 200, seconds: 1, throughput: 200, loop: 'closed', ended: 'duration' },
    );
    assert.deepEqual({ schedule, errors, wrong }, { schedule: null, errors: [], wrong: 0 });
    assert.deepEqual([latency?.count, latency?.min, latency?.max, latency?.p50], [200, 10, 10, 10]);
    assert.deepEqual([bytes.received, rest.requestBytes, rest.connect.opened], [200 * 64, 64, 2]);
    assert.deepEqual(rest.unfinished, { underWay: 2, queued: 0, oldest: 5 });
    assert.deepEqual(progress, [
      { phase: 'measurement', seconds: 0, of: 1, requests: 0, errors: 0 },
      { phase: 'measurement', seconds: 0.495, of: 1, requests: 98, errors: 0 },
    ]);
  },
);

test(
  'a stall of a second: a closed loop shows one slow request, an open loop all that it delayed',
  limited,
  async (t) => {
    const options = { connections: 1, duration: 2000, warmup: 0 };
    const closed = await start(t, stallingAt(5500), { ...options, think: 10 });
    await pass(closed.clock, 2000);
    const one = await closed.result;
    assert.ok(one.requests > 90 && one.requests < 110, `${one.requests}`);
    assert.ok(one.latency!.p90 < 0.001, `${one.latency!.p90}`);
    assert.equal(one.latency?.max, 1000);

    const open = await start(t, stallingAt(5500), { ...options, rate: 100 });
    await pass(open.clock, 2000);
    const all = await open.result;
    assert.deepEqual([all.schedule?.rate, all.schedule?.worstDelay, all.loop], [100, 0, 'open']);
    assert.ok(all.requests >= 199, `${all.requests}`);
    assert.equal(all.latency?.max, 1000);
    near(all.latency?.p90, 800);
  },
);

test('open loop: what was not sent at the end is counted, with the age of the oldest', limited, async (t) => {
  const { clock, result } = await start(t, () => echo(() => null), {
    connections: 2,
    rate: 100,
    duration: 1000,
    warmup: 0,
  });
  await pass(clock, 1000);
  const { requests, latency, unfinished } = await result;
  assert.deepEqual({ requests, latency }, { requests: 0, latency: null });
  assert.equal(unfinished.underWay, 2);
  assert.ok(unfinished.queued >= 98, `${unfinished.queued}`);
  assert.equal(unfinished.oldest, 1000);
});

test('a request without an answer is a timeout, and its connection is made anew', limited, async (t) => {
  const silentFirst: Handler = (connection, number) =>
    echo((chunk) => (number === 1 ? null : chunk))(connection, number);
  const { clock, server, result } = await start(t, () => silentFirst, {
    connections: 1,
    duration: 1000,
    warmup: 0,
    timeout: 200,
    think: 10,
  });
  await pass(clock, 1000);
  const { errors, requests, connect, wrong } = await result;
  assert.deepEqual(errors, [
    { when: 'request', code: 'timeout', count: 1, message: 'No answer came within 200 ms' },
  ]);
  assert.ok(requests > 0);
  assert.deepEqual([server.accepted, connect.opened, connect.lost, wrong], [2, 2, 1, 0]);
});

test('an answer with a wrong byte is counted, and so are bytes that nobody asked for', limited, async (t) => {
  let count = 0;
  const spoiling = echo((chunk) => (++count === 3 ? Buffer.alloc(chunk.length, '!') : chunk));
  const first = await start(t, () => spoiling, { connections: 1, duration: 100, warmup: 0, think: 10 });
  await pass(first.clock, 100);
  assert.equal((await first.result).wrong, 1);

  const talking = echo((chunk) => Buffer.concat([chunk, chunk]));
  const second = await start(t, () => talking, { connections: 1, duration: 25, warmup: 0, think: 10 });
  await pass(second.clock, 30);
  const { wrong, requests } = await second.result;
  assert.deepEqual([requests, wrong], [3, 3]);
});

test('a connection ends after its requests, and another one takes its place', limited, async (t) => {
  const options = { connections: 1, duration: 990, warmup: 0, perConnection: 10 };
  const { clock, server, result } = await start(t, answeringAfter(10), options);
  await pass(clock, 1000);
  const { requests, connect, errors } = await result;
  assert.deepEqual([errors, connect.lost], [[], 0]);
  assert.equal(server.accepted, connect.opened);
  assert.equal(connect.opened, Math.floor(requests / 10) + 1);
});

test('a pipeline sends so many requests before the first answer', limited, async (t) => {
  const seen: number[] = [];
  const gathering =
    (clock: FakeClock): Handler =>
    async (connection) => {
      let have = 0;
      for await (const chunk of connection) {
        have += chunk.length;
        if (have < 5 * 64) continue;
        seen.push(have);
        have = 0;
        await after(clock, 10);
        await connection.write(Buffer.alloc(5 * 64));
      }
      await connection.close();
    };
  const options = {
    connections: 1,
    duration: 105,
    warmup: 0,
    pipeline: 5,
    answer: { kind: 'bytes', count: 64 },
  } as const;
  const { clock, result } = await start(t, gathering, options);
  await pass(clock, 110, 5);
  const { requests, errors, unfinished } = await result;
  assert.deepEqual([errors, unfinished.underWay, requests], [[], 5, 50]);
  assert.deepEqual(new Set(seen), new Set([320]));
});

test('messages of a framing are answers, and one that breaks it is an error', limited, async (t) => {
  let count = 0;
  const breaking = echo((chunk) => (++count > 3 ? Buffer.from('nonsense') : chunk));
  const options = {
    connections: 1,
    duration: 35,
    warmup: 0,
    think: 10,
    answer: { kind: 'frame', spec: 'netstring' },
  } as const;
  const { clock, result } = await start(t, () => breaking, options);
  await pass(clock, 40);
  const { requests, errors, requestBytes, wrong } = await result;
  assert.deepEqual([requests, requestBytes, wrong], [3, 68, 0]);
  assert.deepEqual(
    errors.map(({ when, code }) => [when, code]),
    [['request', 'protocol']],
  );
});

test('slow clients send a byte at a time, and are counted apart', limited, async (t) => {
  const sizes = new Map<number, number[]>();
  const noting: Handler = async (connection, number) => {
    sizes.set(number, []);
    for await (const chunk of connection) {
      sizes.get(number)!.push(chunk.length);
      await connection.write(chunk);
    }
    await connection.close();
  };
  const options = {
    connections: 4,
    duration: 400,
    warmup: 0,
    think: 10,
    payload: 8,
    timeout: 50,
    slow: { share: 0.25, interval: 20 },
  };
  const { clock, result } = await start(t, () => noting, options);
  await pass(clock, 400);
  const { slow, requests, errors, wrong, latency } = await result;
  assert.deepEqual([errors, wrong], [[], 0]);
  assert.deepEqual([...sizes.values()].map((chunks) => Math.max(...chunks)).toSorted(), [1, 8, 8, 8]);
  assert.ok(requests >= 3 * 38, `${requests}`);
  assert.equal(latency?.max, 0);
  assert.deepEqual([slow?.clients, slow?.requests, slow?.latency?.min], [1, 2, 140]);
});

test('a server that ends every connection is given up soon', limited, async (t) => {
  const closing: Handler = (connection) => connection.close();
  const { clock, result } = await start(t, () => closing, { connections: 3, duration: 60_000, warmup: 0 });
  await pass(clock, 1000);
  const { ended, requests, errors, seconds } = await result;
  assert.deepEqual([ended, requests], ['no answers', 0]);
  assert.ok(seconds < 1, `${seconds}`);
  assert.deepEqual(
    errors.map(({ code, when }) => [when, code]),
    [['request', 'ended']],
  );
});

test(
  'the signal ends it early, in the warm-up and before the first connection as well',
  limited,
  async (t) => {
    const cases = [
      { ms: 55, seconds: 0.055, requests: 5 },
      { ms: 205, seconds: 0.102, requests: 10 },
    ];
    for (const { ms, ...want } of cases) {
      const stop = new AbortController();
      const options = { connections: 1, duration: 5000, warmup: 103 };
      const { clock, result } = await start(t, answeringAfter(10), options, stop.signal);
      await pass(clock, ms, 5);
      stop.abort();
      await settled();
      await pass(clock, 20);
      const { ended, requests, seconds } = await result;
      assert.deepEqual({ ended, seconds, requests }, { ended: 'interrupted', ...want });
    }
    const { requests, ended } = await load('tcp://127.0.0.1:1', {}, { signal: AbortSignal.abort() });
    assert.deepEqual({ requests, ended }, { requests: 0, ended: 'interrupted' });
  },
);

test('a load in memory that never waits still lets its time pass', limited, async (t) => {
  const server = await serve(t, echo());
  const { requests, errors, wrong } = await load(server.url, { connections: 3, duration: 30, warmup: 0 });
  assert.ok(requests > 0);
  assert.deepEqual([errors, wrong], [[], 0]);
});
