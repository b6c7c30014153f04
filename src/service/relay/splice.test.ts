import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, type TestContext, test } from 'node:test';
import { type Bytes, type HalfCloseable, type Listener, NetError } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import { defaultEngine, EpollPoller } from '../../loop/index.ts';
import { tcp } from '../../transport/tcp/index.ts';
import { Bridge, SPLICE_FROM } from './bridge.ts';
import { PipePool } from './pipe-pool.ts';

const options = { skip: kernelAvailable() ? false : 'system calls cannot be made here', timeout: 20_000 };
const MIB = 1024 * 1024;
const opened: { abort(): void }[] = [];

afterEach(() => {
  for (const resource of opened.splice(0)) resource.abort();
});

/** Both ends of a TCP connection. */
async function pair(): Promise<[HalfCloseable, HalfCloseable]> {
  const listener: Listener<HalfCloseable> = await tcp.listen('tcp://127.0.0.1:0', { driver: 'kernel' });
  const near = await tcp.connect(listener.address, { driver: 'kernel' });
  const far = await listener.receive();
  await listener.close();
  opened.push(near, far!);
  return [near, far!];
}

async function bridged(pipes = new PipePool()) {
  const [near, from] = await pair();
  const [to, far] = await pair();
  const bridge = new Bridge(from, to, { splice: { loop: defaultEngine().loop, pipes } });
  return { near, far, bridge, pipes };
}

async function send(connection: HalfCloseable, data: Bytes): Promise<void> {
  for (let at = 0; at < data.length; at += 100_000) await connection.write(data.slice(at, at + 100_000));
  await connection.end();
}

async function hashAll(connection: HalfCloseable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of connection) hash.update(chunk);
  return hash.digest('hex');
}

const sha256 = (data: Bytes): string => createHash('sha256').update(data).digest('hex');

test('the kernel carries bulk both ways unchanged', options, async () => {
  const { near, far, bridge, pipes } = await bridged();
  const there = randomBytes(12 * MIB + 1);
  const back = randomBytes(8 * MIB + 3);
  const [gotThere, gotBack] = await Promise.all([
    hashAll(far),
    hashAll(near),
    send(near, there),
    send(far, back),
  ]);
  assert.equal(gotThere, sha256(there));
  assert.equal(gotBack, sha256(back));
  assert.equal(await bridge.closed, undefined);
  assert.equal(bridge.spliced, true);
  assert.equal(bridge.forward, there.length);
  assert.equal(bridge.backward, back.length);
  pipes.close();
  assert.equal(pipes.size, 0, 'a pipe was not given back');
});

test('one direction ends and the other is still carried', options, async () => {
  const { near, far, bridge } = await bridged();
  const data = randomBytes(2 * MIB);
  const [got] = await Promise.all([hashAll(far), send(near, data)]);
  assert.equal(got, sha256(data));
  const [answered] = await Promise.all([hashAll(near), send(far, data)]);
  assert.equal(answered, sha256(data));
  assert.equal(await bridge.closed, undefined);
  assert.equal(bridge.spliced, true);
});

test('a short exchange is never spliced', options, async () => {
  const { near, far, bridge, pipes } = await bridged();
  const data = randomBytes(SPLICE_FROM / 2);
  const [got] = await Promise.all([hashAll(far), send(near, data), far.end()]);
  assert.equal(got, sha256(data));
  assert.equal(await bridge.closed, undefined);
  assert.equal(bridge.spliced, false);
  assert.equal(pipes.size, 0);
});

test('without a pipe the bytes are copied', options, async () => {
  const { near, far, bridge } = await bridged(new PipePool(0));
  const data = randomBytes(4 * MIB);
  const [got] = await Promise.all([hashAll(far), send(near, data), far.end()]);
  assert.equal(got, sha256(data));
  assert.equal(await bridge.closed, undefined);
  assert.equal(bridge.forward, data.length);
});

test('a reset in the middle is carried over and leaves no pipe behind', options, async () => {
  for (const which of ['near', 'far'] as const) {
    const { near, far, bridge, pipes } = await bridged();
    // More than all the buffers on the way hold, so that neither side has ended.
    const data = randomBytes(32 * MIB);
    const sending = send(near, data).catch(() => {});
    let received = 0;
    while (received < MIB) received += (await far.read())!.length;
    assert.equal(bridge.spliced, true);
    (which === 'near' ? near : far).abort(new NetError('broken', 'gone'));
    const other = which === 'near' ? far : near;
    await assert.rejects(readToEnd(other), { errno: 'ECONNRESET' });
    assert.match((await bridge.closed)!.message, /reset by the peer|has closed/);
    await sending;
    pipes.close();
    assert.equal(pipes.size, 0);
  }
});

test('closing while bytes are between the sockets loses none of them', options, async () => {
  const { near, far, bridge } = await bridged();
  const data = randomBytes(64 * MIB);
  void send(near, data).catch(() => {});
  let received = 0;
  const hash = createHash('sha256');
  const take = (chunk: Bytes): void => {
    received += chunk.length;
    hash.update(chunk);
  };
  while (received < MIB) take((await far.read())!);
  assert.equal(bridge.spliced, true);
  const closed = bridge.close();
  for await (const chunk of far) take(chunk);
  assert.equal(received, bridge.forward);
  assert.equal(hash.digest('hex'), sha256(data.subarray(0, received)));
  await far.end();
  near.abort();
  await closed;
});

test('a peer that never reads stops the flow, and the loop rests', options, async (t) => {
  const { near, far, bridge } = await bridged();
  const chunk = randomBytes(256 * 1024);
  let written = 0;
  let blocked = false;
  while (!blocked) {
    assert.ok(written < 256 * MIB, 'the writer was never asked to wait');
    let room = false;
    near.write(chunk).then(
      () => (room = true),
      () => {},
    );
    written += chunk.length;
    await rest(t);
    blocked = !room;
  }
  assert.equal(bridge.spliced, true);
  assert.ok(bridge.forward <= written);
  far.abort();
  await assert.rejects(readToEnd(near));
  assert.notEqual(await bridge.closed, undefined);
});

test('a side that hung up while its bytes wait is silent, and all of them arrive', options, async (t) => {
  const { near, far, bridge, pipes } = await bridged();
  // With both halves of its socket ended, the hang-up is reported to whoever watches it, whatever the interest.
  await far.end();
  assert.equal(await near.read(), null);
  const data = randomBytes(6 * MIB);
  const sent = send(near, data);
  const chunk = await far.read();
  await rest(t);
  const hash = createHash('sha256').update(chunk!);
  for await (const more of far) hash.update(more);
  assert.equal(hash.digest('hex'), sha256(data));
  await sent;
  assert.equal(await bridge.closed, undefined);
  assert.equal(bridge.spliced, true);
  pipes.close();
  assert.equal(pipes.size, 0);
});

test('many connections share few pipes', options, async () => {
  const pipes = new PipePool(2);
  const bridges = await Promise.all(Array.from({ length: 8 }, () => bridged(pipes)));
  const data = randomBytes(3 * MIB);
  const hashes = await Promise.all(
    bridges.map(async ({ near, far }) => {
      const [hash] = await Promise.all([hashAll(far), send(near, data), far.end()]);
      return hash;
    }),
  );
  assert.deepEqual(new Set(hashes), new Set([sha256(data)]));
  for (const { bridge } of bridges) assert.equal(await bridge.closed, undefined);
  assert.ok(pipes.size <= 2);
  pipes.close();
  assert.equal(pipes.size, 0);
});

/** Waits until nothing is ready any more. Fails when events come again and again with nothing to do. */
async function rest(t: TestContext): Promise<void> {
  const served = t.mock.method(EpollPoller.prototype, 'readyEvents');
  for (let tries = 0; tries < 1000; tries++) {
    const before = served.mock.callCount();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (served.mock.callCount() === before) {
      served.mock.restore();
      return;
    }
  }
  assert.fail('the loop never rests');
}

async function readToEnd(connection: HalfCloseable): Promise<void> {
  for (let chunk = await connection.read(); chunk !== null; chunk = await connection.read());
}
