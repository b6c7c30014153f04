import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { Echo } from '../gen/test-echo_pb.ts';
import { type RetryOptions, rpcHandler } from '../index.ts';
import { inside } from '../test-request.ts';

const limit = { timeout: 20_000 };

/** A service that fails as often as it is told, and a client of it whose waits pass at once. */
function stage(
  failures: number,
  options: RetryOptions = {},
  error = new ConnectError('busy', Code.Unavailable),
) {
  const seen: (string | null)[] = [];
  let left = failures;
  const answer = (_: unknown, { requestHeader }: { requestHeader: Headers }) => {
    seen.push(requestHeader.get('grpc-previous-rpc-attempts'));
    if (left-- > 0) throw error;
    return {};
  };
  const handler = rpcHandler((router) => router.service(Echo, { look: answer, say: answer }));
  const clock = fakeClock();
  const waits: number[] = [];
  const quick = {
    now: () => clock.now(),
    after: (ms: number, callback: () => void) => {
      waits.push(ms);
      const timer = clock.after(ms, callback);
      queueMicrotask(() => clock.advance(ms));
      return timer;
    },
  };
  const client = createClient(
    Echo,
    inside(handler, { retry: { clock: quick, random: () => 0.5, ...options } }),
  );
  return { client, seen, waits };
}

test('a method without side effects is called again, with longer waits', limit, async () => {
  const { client, seen, waits } = stage(2);
  await client.look({});
  assert.deepEqual(seen, [null, '1', '2']);
  assert.deepEqual(waits, [100, 200]);
});

test('after the last attempt the failure is told', limit, async () => {
  const { client, seen } = stage(9, { attempts: 4 });
  await assert.rejects(client.look({}), (error: ConnectError) => error.code === Code.Unavailable);
  assert.equal(seen.length, 4);
});

test('another method is not, unless all are', limit, async () => {
  const once = stage(1);
  await assert.rejects(once.client.say({}), (error: ConnectError) => error.code === Code.Unavailable);
  assert.equal(once.seen.length, 1);
  const all = stage(1, { all: true });
  await all.client.say({});
  assert.equal(all.seen.length, 2);
});

test('other codes are not, and the server has the last word', limit, async () => {
  const other = stage(1, {}, new ConnectError('no', Code.NotFound));
  await assert.rejects(other.client.look({}), (error: ConnectError) => error.code === Code.NotFound);
  assert.equal(other.seen.length, 1);
  const later = new ConnectError('busy', Code.Unavailable, { 'grpc-retry-pushback-ms': '1234' });
  const pushed = stage(1, {}, later);
  await pushed.client.look({});
  assert.deepEqual(pushed.waits, [1234]);
  const never = stage(1, {}, new ConnectError('busy', Code.Unavailable, { 'grpc-retry-pushback-ms': '-1' }));
  await assert.rejects(never.client.look({}), (error: ConnectError) => error.code === Code.Unavailable);
});

test('failures use up the budget, successes fill it', limit, async () => {
  const { client, seen } = stage(100, { tokens: 4, attempts: 5 });
  for (let call = 0; call < 5; call++) await assert.rejects(client.look({}));
  // One retry, then the budget is at half and below.
  assert.equal(seen.length, 6);
  const filled = stage(4, { tokens: 4, tokenRatio: 2, attempts: 2 });
  await assert.rejects(filled.client.look({}));
  assert.equal(filled.seen.length, 2);
  await assert.rejects(filled.client.look({}));
  await assert.rejects(filled.client.look({}));
  for (let call = 0; call < 3; call++) await filled.client.look({});
  assert.equal(filled.seen.length, 7);
});

test('who does not wait any more is not kept waiting', limit, async () => {
  const handler = rpcHandler((router) =>
    router.service(Echo, {
      look: () => {
        throw new ConnectError('busy', Code.Unavailable);
      },
    }),
  );
  const clock = fakeClock();
  const stop = new AbortController();
  const waiting = {
    now: () => 0,
    after: (ms: number, callback: () => void) => {
      queueMicrotask(() => stop.abort());
      return clock.after(ms, callback);
    },
  };
  const client = createClient(Echo, inside(handler, { retry: { clock: waiting } }));
  await assert.rejects(
    client.look({}, { signal: stop.signal }),
    (error: ConnectError) => error.code === Code.Canceled,
  );
  assert.equal(clock.pending, 0);
});
