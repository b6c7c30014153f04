import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { type Bytes, type HalfCloseable, type Listener, NetError } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import { defaultEngine } from '../../loop/index.ts';
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

test('a peer that never reads stops the flow, and the loop rests', options, async () => {
  const { near, far, bridge } = await bridged();
  void far;
  const chunk = randomBytes(256 * 1024);
  let written = 0;
  for (;;) {
    const room = near.write(chunk);
    room.catch(() => {});
    const full = new Promise<true>((resolve) => setTimeout(resolve, 200, true));
    written += chunk.length;
    if (await Promise.race([full, room.then(() => false)])) break;
    assert.ok(written < 256 * MIB, 'the writer was never asked to wait');
  }
  assert.ok(bridge.forward <= written);
  // While it stands still, no event may come again and again.
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 50_000, `${user + system} µs were spent in 100 ms of standing still`);
  far.abort();
  await assert.rejects(readToEnd(near));
  assert.notEqual(await bridge.closed, undefined);
});

async function readToEnd(connection: HalfCloseable): Promise<void> {
  for (let chunk = await connection.read(); chunk !== null; chunk = await connection.read());
}
