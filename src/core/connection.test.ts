import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedPair } from '../testing/linked-pair.ts';
import { scripted } from '../testing/scripted-wire.ts';
import { READ_AHEAD } from './connection.ts';
import { connectionClosed, connectionOpened } from './diagnostics.ts';
import { NetError } from './error.ts';

const silent = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} };

test('reading ahead pauses the wire at the limit, and resumes it below half', async () => {
  const { wire, connection } = scripted();
  wire.receiver.onData(new Uint8Array(READ_AHEAD / 2));
  wire.receiver.onData(new Uint8Array(READ_AHEAD / 2 - 1));
  assert.deepEqual(wire.asked, []);
  wire.receiver.onData(new Uint8Array(1));
  assert.deepEqual(wire.asked, ['pause']);
  await connection.read();
  assert.deepEqual(wire.asked, ['pause']);
  await connection.read();
  assert.deepEqual(wire.asked, ['pause', 'resume']);
});

test('what was queued is read before the fault that broke the connection', async () => {
  const { wire, connection } = scripted();
  wire.receiver.onData(Uint8Array.of(1));
  const reason = new NetError('broken', 'The wire was cut');
  wire.receiver.onClose(reason);
  assert.equal((await connection.read())?.[0], 1);
  await assert.rejects(connection.read(), reason);
  await assert.rejects(connection.write(Uint8Array.of(1)), reason);
  await assert.rejects(connection.close(), reason);
  assert.equal(await connection.closed, reason);
});

test('a write that found no room resolves at the drain, and rejects when the wire is lost', async () => {
  const { wire, connection } = scripted();
  wire.room = false;
  let resolved = false;
  const writing = connection.write(Uint8Array.of(1)).then(() => {
    resolved = true;
  });
  await Promise.resolve();
  assert.equal(resolved, false);
  wire.receiver.onDrain();
  await writing;
  const next = connection.write(Uint8Array.of(1));
  const reason = new NetError('broken', 'The wire was cut');
  wire.receiver.onClose(reason);
  await assert.rejects(next, reason);
});

test('close with nothing pending ends, resumes, and gives up cleanly at the grace', async () => {
  const { wire, clock, connection } = scripted({ closeGrace: 100 });
  wire.receiver.onData(new Uint8Array(READ_AHEAD));
  const closing = connection.close();
  assert.deepEqual(wire.asked, ['pause', 'end', 'resume']);
  clock.advance(100);
  await closing;
  assert.equal(wire.asked.at(-1), 'abort');
  assert.equal(clock.pending, 0);
});

test('closing can be cut short by a signal, which says what was lost', async () => {
  const { wire, connection } = scripted();
  wire.pending = 7;
  await assert.rejects(connection.close({ signal: AbortSignal.abort() }), {
    code: 'timeout',
    message: 'Closing was cut short with 7 bytes that the peer did not take',
  });
});

test('a receiver that was attached late is told of an end and of a close that came before', async () => {
  const { wire, connection } = scripted();
  wire.receiver.onData(Uint8Array.of(1));
  wire.receiver.onEnd();
  wire.receiver.onClose();
  const told: string[] = [];
  connection.attach({
    onData: () => told.push('data'),
    onEnd: () => told.push('end'),
    onDrain: () => told.push('drain'),
    onClose: () => told.push('close'),
  });
  assert.deepEqual(told, []);
  await Promise.resolve();
  assert.deepEqual(told, ['data', 'end', 'close']);
});

test('what arrives between attaching and the hand-over keeps its place', async () => {
  const { wire, connection } = scripted();
  wire.receiver.onData(Uint8Array.of(1));
  const seen: number[] = [];
  connection.attach({ onData: (chunk) => seen.push(chunk[0]!), onEnd() {}, onDrain() {}, onClose() {} });
  wire.receiver.onData(Uint8Array.of(2));
  await Promise.resolve();
  wire.receiver.onData(Uint8Array.of(3));
  assert.deepEqual(seen, [1, 2, 3]);
});

test('leaving a loop early leaves the connection open', async () => {
  const [a, b] = linkedPair();
  await a.write(Uint8Array.of(1));
  for await (const chunk of b) {
    assert.equal(chunk[0], 1);
    break;
  }
  await a.write(Uint8Array.of(2));
  assert.equal((await b.read())?.[0], 2);
});

test('opening and closing are published', async () => {
  const events: string[] = [];
  const onOpen = (): void => void events.push('open');
  const onClose = (message: unknown): void => {
    events.push(`close ${(message as { reason?: NetError }).reason?.code}`);
  };
  connectionOpened.subscribe(onOpen);
  connectionClosed.subscribe(onClose);
  const { wire } = scripted();
  wire.receiver.onClose(new NetError('broken', 'The wire was cut'));
  connectionOpened.unsubscribe(onOpen);
  connectionClosed.unsubscribe(onClose);
  assert.deepEqual(events, ['open', 'close broken']);
});

test('leaving a scope after an abort of one’s own does not throw its reason again', async () => {
  const [near, far] = linkedPair();
  {
    await using connection = near;
    connection.abort(new Error('enough'));
  }
  assert.match(String(await near.closed), /enough/);
  far.abort();
});

test('detach puts back what a receiver did not use, before what comes later', async () => {
  const { wire, connection } = scripted();
  const taken: number[] = [];
  const receiver = { ...silent, onData: (chunk: Uint8Array) => take(chunk) };
  const take = (chunk: Uint8Array): void => {
    taken.push(chunk[0]!);
    connection.detach(chunk.subarray(1));
  };
  connection.attach(receiver);
  wire.receiver.onData(Uint8Array.of(1, 2, 3));
  wire.receiver.onData(Uint8Array.of(4));
  assert.deepEqual(taken, [1]);
  assert.deepEqual(wire.asked, ['resume']);
  assert.deepEqual(await connection.read(), Uint8Array.of(2, 3));
  assert.deepEqual(await connection.read(), Uint8Array.of(4));
  assert.throws(() => connection.detach(), { code: 'busy' });
});

test('a receiver that detaches while it is handed what was read ahead leaves the rest to the next', async () => {
  const { wire, connection } = scripted();
  for (const byte of [1, 2, 3]) wire.receiver.onData(new Uint8Array(1024).fill(byte));
  const [first, second] = [[] as number[], [] as number[]];
  const next = {
    ...silent,
    onData: (chunk: Uint8Array) => second.push(...chunk.filter((_, at) => at === 0)),
  };
  const once = (chunk: Uint8Array): void => {
    first.push(chunk[0]!);
    connection.detach(chunk.subarray(1023));
    connection.attach(next);
  };
  connection.attach({ ...silent, onData: once });
  await Promise.resolve();
  await Promise.resolve();
  wire.receiver.onData(Uint8Array.of(4));
  assert.deepEqual([first, second[0], second.at(-1)], [[1], 1, 4]);
  assert.equal(second.length, 4);
});

test('an end that came before detach is read after what was put back', async () => {
  const { wire, connection } = scripted();
  connection.attach({ ...silent, onEnd: () => connection.detach(Uint8Array.of(7)) });
  wire.receiver.onEnd();
  assert.deepEqual(await connection.read(), Uint8Array.of(7));
  assert.equal(await connection.read(), null);
});
