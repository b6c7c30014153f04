import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Bytes,
  type Clock,
  type HalfCloseable,
  inetAddress,
  NetError,
  systemClock,
  WireConnection,
} from '../../core/index.ts';
import { memoryWires } from '../../transport/memory/index.ts';
import { Bridge, type BridgeOptions } from './bridge.ts';

const somewhere = { local: inetAddress('tcp', '::1', 1), remote: inetAddress('tcp', '::1', 2) };

function pair(clock?: Clock): [HalfCloseable, HalfCloseable] {
  const [a, b] = memoryWires();
  return [new WireConnection(a, somewhere, { clock }), new WireConnection(b, somewhere, { clock })];
}

/** Two peers with a bridge between them. */
function bridged(options: BridgeOptions = {}): { near: HalfCloseable; far: HalfCloseable; bridge: Bridge } {
  const [near, from] = pair(options.clock);
  const [to, far] = pair(options.clock);
  return { near, far, bridge: new Bridge(from, to, options) };
}

async function readAll(connection: HalfCloseable): Promise<Buffer> {
  const chunks: Bytes[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A clock that stands until it is advanced. */
function standingClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  const timers = new Set<{ due: number; callback: () => void }>();
  return {
    now: () => now,
    after(delay, callback) {
      const timer = { due: now + delay, callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers]) if (timer.due <= now && timers.delete(timer)) timer.callback();
    },
  };
}

const text = (words: string): Bytes => new TextEncoder().encode(words);

test('bytes pass both ways unchanged, however they are cut', async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(chunks, chunks, fc.integer({ min: 1, max: 100 }), async (there, back, chunkTo) => {
      const { near, far, bridge } = bridged({ chunkTo });
      for (const chunk of there) await near.write(chunk.slice());
      for (const chunk of back) await far.write(chunk.slice());
      await near.end();
      await far.end();
      assert.deepEqual(await readAll(far), Buffer.concat(there));
      assert.deepEqual(await readAll(near), Buffer.concat(back));
      assert.equal(await bridge.closed, undefined);
      assert.equal(bridge.forward, Buffer.concat(there).length);
      assert.equal(bridge.backward, Buffer.concat(back).length);
    }),
    { numRuns: 50 },
  );
});

test('an end is carried over while the other direction goes on', async () => {
  const { near, far, bridge } = bridged();
  await near.write(text('question'));
  await near.end();
  assert.equal((await readAll(far)).toString(), 'question');
  await far.write(text('answer'));
  assert.equal(Buffer.from((await near.read())!).toString(), 'answer');
  await far.end();
  assert.equal(await near.read(), null);
  assert.equal(await bridge.closed, undefined);
});

test('a reset is carried over as a reset, from either side', async () => {
  for (const which of ['near', 'far'] as const) {
    const ends = bridged();
    const other = which === 'near' ? ends.far : ends.near;
    const waits = other.read();
    ends[which].abort(new NetError('broken', 'gone'));
    await assert.rejects(waits, { code: 'broken', errno: 'ECONNRESET' });
    assert.match((await ends.bridge.closed)!.message, /reset by the peer/);
  }
});

test('a peer that does not read stops the other one, and memory stays bounded', async () => {
  const { near, far, bridge } = bridged();
  const chunk = new Uint8Array(16 * 1024);
  let written = 0;
  let blocked = false;
  while (!blocked && written < 64 * 1024 * 1024) {
    const room = near.write(chunk);
    written += chunk.length;
    // A memory wire moves in microtasks: what is not taken when they have run will not be taken.
    blocked = await Promise.race([
      room.then(() => false),
      new Promise<true>((done) => setImmediate(done, true)),
    ]);
    room.catch(() => {});
  }
  assert.ok(blocked, 'the writer was never asked to wait');
  assert.ok(written < 1024 * 1024, `${written} bytes were taken on the way`);
  const ended = near.end();
  assert.equal((await readAll(far)).length, written);
  await Promise.all([ended, far.end()]);
  assert.equal(await bridge.closed, undefined);
});

test('silence closes both sides, and a byte puts it off', async () => {
  const clock = standingClock();
  const { near, far, bridge } = bridged({ idle: 1000, clock });
  clock.advance(900);
  await near.write(text('x'));
  assert.notEqual(await far.read(), null);
  clock.advance(900);
  assert.equal(bridge.timedOut, false);
  clock.advance(100);
  assert.equal(bridge.timedOut, true);
  assert.equal(await near.read(), null);
  assert.equal(await far.read(), null);
  await near.end();
  await far.end();
  assert.equal(await bridge.closed, undefined);
});

test('close lets what was taken leave', async () => {
  const { near, far, bridge } = bridged({ clock: systemClock });
  await near.write(text('last words'));
  await new Promise((done) => setImmediate(done));
  const closed = bridge.close();
  assert.equal((await readAll(far)).toString(), 'last words');
  assert.equal(await near.read(), null);
  await near.end();
  await far.end();
  assert.equal(await closed, undefined);
});

test('abort ends both sides at once', async () => {
  const { near, far, bridge } = bridged();
  bridge.abort(new NetError('closed', 'enough'));
  await assert.rejects(near.read(), { code: 'broken' });
  await assert.rejects(far.read(), { code: 'broken' });
  assert.equal((await bridge.closed)!.message, 'enough');
});
