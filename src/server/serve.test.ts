import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../testing/fake-clock.ts';
import { rejectsWith, turns } from '../testing/transport/subject.ts';
import { connect } from '../transport/index.ts';
import type { Handler } from './handler.ts';
import { type Drained, type ServerEvent, serve, serverEvents } from './index.ts';

const LIMIT = { timeout: 20_000 };
const never: Handler = () => new Promise(() => {});

test('the default is a reactor, on any transport', LIMIT, async () => {
  await using server = await serve('memory:', async (connection, { architecture, worker }) => {
    await connection.write(Buffer.from(`${architecture} ${worker}`));
  });
  const client = await connect(server.address);
  assert.equal(String(Buffer.from((await client.read())!)), 'reactor 0');
  assert.equal(await client.read(), null);
  await client.close();
});

test('the deadline of a drain is on the clock of the server', LIMIT, async () => {
  const clock = fakeClock();
  const server = await serve('memory:', never, { clock, drainTimeout: 1_000, idle: 0 });
  await begun(server, await connect(server.address));
  const draining = server.drain();
  clock.advance(999);
  assert.equal(await isSettled(draining), false);
  clock.advance(1);
  assert.deepEqual(await draining, { finished: 0, aborted: 1 });
  assert.equal(clock.pending, 0);
});

test('a drain takes no time that a timer cannot bear, and goes on without it', LIMIT, async () => {
  const server = await serve('memory:', never, { idle: 0 });
  await begun(server, await connect(server.address));
  for (const timeout of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const { message } = await rejectsWith(server.drain(timeout), 'limit');
    assert.match(message, /timeout/);
  }
  assert.equal(server.statistics().active, 1);
  assert.deepEqual(await server.drain(0), { finished: 0, aborted: 1 });
});

test('close() with a signal that is aborted already does not wait', LIMIT, async () => {
  const clock = fakeClock();
  const server = await serve('memory:', never, { clock, idle: 0 });
  await begun(server, await connect(server.address));
  const closing = server.close({ signal: AbortSignal.abort() });
  clock.advance(0);
  await closing;
  assert.equal(server.statistics().aborted, 1);
});

test('a socket option that is wrong is told as such, whatever the architecture', LIMIT, async () => {
  for (const architecture of ['reactor', 'prefork'] as const) {
    const handler = new URL('data:text/javascript,export default async () => {}');
    const failing = serve('tcp://127.0.0.1:0?no-such-option=1', handler, { architecture });
    const { message } = await failing.then(
      () => assert.fail(),
      (error: Error) => error,
    );
    assert.match(message, /no-such-option/);
    assert.match(message, /^Bad address/);
  }
});

test('what is published names the server', LIMIT, async () => {
  const events: ServerEvent[] = [];
  const listen = (event: unknown): unknown => events.push(event as ServerEvent);
  serverEvents.subscribe(listen);
  try {
    const server = await serve('memory:', () => Promise.reject(new Error('on purpose')));
    const client = await connect(server.address);
    await client.closed;
    await server.close();
    assert.deepEqual(
      events.filter((event) => event.server === server).map(({ event, message }) => [event, message]),
      [
        ['failure', 'on purpose'],
        ['drain', 'closed: 0 finished, 0 aborted'],
      ],
    );
  } finally {
    serverEvents.unsubscribe(listen);
  }
});

type Watched = Awaited<ReturnType<typeof serve>>;

async function begun(server: Watched, _client: unknown): Promise<void> {
  while (server.statistics().active === 0) await turns(1);
}

async function isSettled(promise: Promise<Drained>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), turns(5).then(() => false)]);
}
