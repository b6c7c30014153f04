import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetError, systemError } from '../../core/error.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { Candidate } from '../resolve.ts';
import { ATTEMPT_DELAY, interleave, raceConnections } from './happy-eyeballs.ts';

const SIX: Candidate = { host: '2001:db8::1', family: 6, port: 80 };
const SIX_TOO: Candidate = { host: '2001:db8::2', family: 6, port: 80 };
const FOUR: Candidate = { host: '192.0.2.1', family: 4, port: 80 };
const WHAT = 'Cannot connect to tcp://example.net:80';

/** Attempts that end when the test says so. */
function stage(candidates: readonly Candidate[], signal?: AbortSignal) {
  const clock = fakeClock();
  const started: string[] = [];
  const cancelled: string[] = [];
  const discarded: string[] = [];
  const attempts = new Map<string, PromiseWithResolvers<string>>();
  const result = raceConnections<string>({
    what: WHAT,
    clock,
    signal,
    resolve: async () => candidates,
    connectOne: ({ host }, stop) => {
      started.push(host);
      stop.addEventListener('abort', () => cancelled.push(host));
      const attempt = Promise.withResolvers<string>();
      attempts.set(host, attempt);
      return attempt.promise;
    },
    discard: (late) => discarded.push(late),
  });
  result.catch(() => {});
  const fail = (host: string, errno: string): void =>
    attempts.get(host)!.reject(systemError(errno, 'attempt'));
  const win = (host: string): void => attempts.get(host)!.resolve(host);
  return { clock, started, cancelled, discarded, result, fail, win };
}

/** Enough for chains of promises to settle. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('families alternate, beginning with the one that the system prefers', () => {
  assert.deepEqual(interleave([SIX, SIX_TOO, FOUR]), [SIX, FOUR, SIX_TOO]);
  assert.deepEqual(interleave([FOUR, SIX, SIX_TOO]), [FOUR, SIX, SIX_TOO]);
  assert.deepEqual(interleave([]), []);
});

test('the second address is tried after the delay, and the first to answer wins', async () => {
  const race = stage([SIX, FOUR]);
  await settle();
  assert.deepEqual(race.started, [SIX.host]);
  race.clock.advance(ATTEMPT_DELAY - 1);
  assert.deepEqual(race.started, [SIX.host]);
  race.clock.advance(1);
  assert.deepEqual(race.started, [SIX.host, FOUR.host]);
  race.win(FOUR.host);
  assert.equal(await race.result, FOUR.host);
  assert.deepEqual(race.cancelled, [SIX.host, FOUR.host]);
  assert.equal(race.clock.pending, 0);
});

test('a failure starts the next at once', async () => {
  const race = stage([SIX, FOUR]);
  await settle();
  race.fail(SIX.host, 'ENETUNREACH');
  await settle();
  assert.deepEqual(race.started, [SIX.host, FOUR.host]);
  race.win(FOUR.host);
  assert.equal(await race.result, FOUR.host);
});

test('one that answers too late is got rid of', async () => {
  const race = stage([SIX, FOUR]);
  await settle();
  race.clock.advance(ATTEMPT_DELAY);
  race.win(FOUR.host);
  race.win(SIX.host);
  await settle();
  assert.equal(await race.result, FOUR.host);
  assert.deepEqual(race.discarded, [SIX.host]);
});

test('when all fail, the error names each', async () => {
  const race = stage([SIX, FOUR]);
  await settle();
  race.fail(SIX.host, 'ENETUNREACH');
  await settle();
  race.fail(FOUR.host, 'ECONNREFUSED');
  await assert.rejects(race.result, (error: NetError) => {
    assert.equal(error.code, 'broken');
    assert.equal(error.errno, 'ENETUNREACH');
    assert.ok(error.message.startsWith(`${WHAT}: 2001:db8::1: network is unreachable`), error.message);
    assert.ok(error.message.includes('192.0.2.1: connection refused'), error.message);
    return true;
  });
});

test('a single failure is told without ado', async () => {
  const race = stage([FOUR]);
  await settle();
  race.fail(FOUR.host, 'ECONNREFUSED');
  await assert.rejects(race.result, {
    code: 'refused',
    message: `${WHAT}: connection refused; nothing listens there`,
  });
});

test('the deadline names what was tried, and what came of it', async () => {
  const race = stage([SIX, FOUR]);
  await settle();
  race.fail(SIX.host, 'ENETUNREACH');
  await settle();
  race.clock.advance(10_000);
  await assert.rejects(race.result, {
    code: 'timeout',
    message: `${WHAT}: timed out after 10000 ms; 2001:db8::1: network is unreachable, 192.0.2.1: no answer`,
  });
  assert.deepEqual(race.cancelled, [SIX.host, FOUR.host]);
});

test('the deadline covers the resolution of the name', async () => {
  const clock = fakeClock();
  const result = raceConnections<string>({
    what: WHAT,
    clock,
    timeout: 500,
    resolve: () => new Promise(() => {}),
    connectOne: () => assert.fail('nothing to connect to'),
    discard: () => {},
  });
  clock.advance(500);
  await assert.rejects(result, { code: 'timeout', message: /the name was not resolved/ });
});

test('a name without an address is refused', async () => {
  await assert.rejects(stage([]).result, { code: 'refused', errno: 'ENOTFOUND' });
});

test('the signal ends it with its reason, and cancels the attempts', async () => {
  const stop = new AbortController();
  const race = stage([SIX, FOUR], stop.signal);
  await settle();
  const reason = new Error('enough');
  stop.abort(reason);
  await assert.rejects(race.result, (error) => error === reason);
  assert.deepEqual(race.cancelled, [SIX.host]);
  assert.equal(race.clock.pending, 0);
});

test('an attempt that throws something else is told too', async () => {
  const result = raceConnections<string>({
    what: WHAT,
    clock: fakeClock(),
    resolve: async () => [FOUR],
    connectOne: async () => {
      throw new NetError('unsupported', 'The option cannot be had');
    },
    discard: () => {},
  });
  await assert.rejects(result, { code: 'unsupported', message: `${WHAT}: The option cannot be had` });
});
