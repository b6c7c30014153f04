/** Orders of events that are rare in the wild: attaching, pausing, closing and failing in the middle of one another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../testing/fake-clock.ts';
import { linkedPair } from '../testing/linked-pair.ts';
import { Recorder } from '../testing/recorder.ts';
import { scripted } from '../testing/scripted-wire.ts';
import { CLOSE_GRACE, READ_AHEAD } from './connection.ts';
import type { Bytes } from './contract.ts';
import { drive } from './drive.ts';
import { NetError } from './error.ts';

const text = (words: string): Bytes => new Uint8Array(Buffer.from(words));
const broken = (): NetError => new NetError('broken', 'The peer is gone');
const microtasks = async (): Promise<void> => {
  for (let hop = 0; hop < 20; hop++) await null;
};

test('the pause of a receiver that is handed what was read ahead is the last word', async () => {
  const { wire, connection } = scripted();
  wire.receiver.onData(new Uint8Array(READ_AHEAD));
  assert.deepEqual(wire.asked, ['pause']);
  const recorder = new Recorder();
  recorder.onEvent = () => wire.pause();
  connection.attach(recorder);
  await microtasks();
  assert.deepEqual(wire.asked, ['pause', 'resume', 'pause']);
});

test('what comes while a receiver is handed what was read ahead comes after it', async () => {
  const { wire, connection } = scripted();
  for (const chunk of ['1', '2']) wire.receiver.onData(text(chunk));
  wire.receiver.onEnd();
  const recorder = new Recorder();
  recorder.onEvent = (event) => {
    if (event === 'data 1') wire.receiver.onData(text('3'));
  };
  connection.attach(recorder);
  await microtasks();
  assert.equal(recorder.log.join(' '), 'data 1 data 2 data 3 end');
});

test('a receiver that is attached after a reset gets what had arrived before it', async () => {
  const { wire, connection } = scripted();
  wire.receiver.onData(text('last words'));
  wire.receiver.onClose(broken());
  const recorder = new Recorder();
  connection.attach(recorder);
  await microtasks();
  assert.deepEqual(recorder.log, ['data last words', 'close broken']);
});

test('a receiver that throws, or aborts the connection, is told of the close and of nothing else', async () => {
  for (const act of ['throw', 'abort'] as const) {
    const { wire, connection } = scripted();
    wire.receiver.onData(new Uint8Array(READ_AHEAD).fill(0x61));
    wire.receiver.onData(new Uint8Array(READ_AHEAD).fill(0x62));
    wire.receiver.onEnd();
    const recorder = new Recorder();
    recorder.onEvent = (event) => {
      if (!event.startsWith('data')) return;
      if (act === 'throw') throw new Error('of the receiver');
      connection.abort(new Error('enough'));
    };
    connection.attach(recorder);
    await microtasks();
    wire.receiver.onData(text('late'));
    assert.deepEqual(
      recorder.log.map((event) => event.slice(0, 30).replace(/a{10,}/, 'a…')),
      ['data a…', `close ${act === 'throw' ? 'of the receiver' : 'enough'}`],
    );
  }
});

test('close resumes a wire that its receiver has paused: else the end of the peer would never be seen', async () => {
  const { wire, connection } = scripted();
  const recorder = new Recorder();
  connection.attach(recorder).pause();
  const closing = connection.close();
  assert.deepEqual(wire.asked, ['pause', 'end', 'resume']);
  wire.receiver.onData(text('dropped'));
  wire.receiver.onEnd();
  wire.receiver.onClose();
  await closing;
  assert.deepEqual(recorder.log, ['end', 'close clean']);
});

test('a channel that is closed with a paused wire ends in order', async () => {
  const [near, far] = linkedPair({ clock: fakeClock() });
  const channel = drive(near, {
    receive() {},
    next: () => null,
    send() {},
    take: () => null,
    deadline: () => null,
    timeout() {},
  });
  for (let sent = 0; sent < 4 * READ_AHEAD; sent += 1000) void far.write(new Uint8Array(1000));
  await microtasks();
  void far.end();
  await channel.close();
});

test('a receiver whose onClose throws keeps nobody waiting', async () => {
  const { wire, connection } = scripted();
  const recorder = new Recorder();
  recorder.onEvent = () => {
    throw new Error('of the receiver');
  };
  wire.room = false;
  const written = connection.write(text('x'));
  connection.attach(recorder);
  const closing = connection.close();
  const { closed } = connection;
  assert.throws(() => wire.receiver.onClose(broken()), /of the receiver/);
  await assert.rejects(written, { code: 'broken' });
  await assert.rejects(closing, { code: 'broken' });
  assert.equal(((await closed) as NetError).code, 'broken');
});

test('abort drops what was read ahead: the next read rejects with its reason', async () => {
  const { wire, connection } = scripted();
  wire.receiver.onData(text('unread'));
  connection.abort(broken());
  await assert.rejects(connection.read(), { code: 'broken' });
});

test('nobody has to await a write, an end or a close that fails', async () => {
  const unhandled: unknown[] = [];
  const listeners = process.rawListeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  const { wire, clock, connection } = scripted();
  wire.room = false;
  void connection.write(text('x'));
  wire.pending = 1;
  void connection.close();
  clock.advance(CLOSE_GRACE);
  await microtasks();
  void connection.write(text('x'));
  void connection.end();
  void connection.close();
  const other = scripted();
  const channel = drive(other.connection, {
    receive() {},
    next: () => null,
    send() {},
    take: () => null,
    deadline: () => null,
    timeout() {},
  });
  other.wire.receiver.onClose(broken());
  void channel.send(1);
  void channel.close();
  // Node looks for them when the microtasks are done.
  await new Promise((resolve) => setImmediate(resolve));
  process.removeListener('unhandledRejection', note);
  for (const listener of listeners) process.on('unhandledRejection', listener as () => void);
  assert.deepEqual(unhandled, []);
  await assert.rejects(connection.close(), { code: 'timeout' });
});

test('a channel whose connection has ended refuses to send', async () => {
  const { wire, connection } = scripted();
  wire.room = false;
  let out: Bytes | null = null;
  const channel = drive(connection, {
    receive() {},
    next: () => null,
    send(value: Bytes) {
      out = value;
    },
    take() {
      const bytes = out;
      out = null;
      return bytes;
    },
    deadline: () => null,
    timeout() {},
  });
  wire.receiver.onEnd();
  wire.receiver.onClose();
  await assert.rejects(channel.send(text('x')), { code: 'closed' });
});

test('small parts of large buffers are copied together when they are kept, and come out as they came', async () => {
  const { wire, connection } = scripted();
  const slabs = Array.from({ length: 300 }, (_, at) => new Uint8Array(256 * 1024).fill(at));
  for (const slab of slabs) wire.receiver.onData(slab.subarray(100, 105));
  const large = slabs[7]!.subarray(0, 20_000);
  wire.receiver.onData(large);
  wire.receiver.onData(slabs[8]!.subarray(0, 3));
  wire.receiver.onEnd();
  const chunks: Bytes[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  assert.ok(chunks.includes(large));
  const held = new Set(chunks.filter((chunk) => chunk !== large).map((chunk) => chunk.buffer));
  assert.ok([...held].reduce((sum, buffer) => sum + buffer.byteLength, 0) < 8 * 1024);
  const expected = [...slabs.map((slab) => slab.subarray(0, 5)), large, slabs[8]!.subarray(0, 3)];
  assert.ok(Buffer.concat(chunks).equals(Buffer.concat(expected)));
});

test('a signal is let go of once the wait is over', async () => {
  const { wire, connection } = scripted();
  const controller = new AbortController();
  const { signal } = controller;
  let listening = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listening++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listening--;
    removeEventListener.apply(signal, args);
  };
  const reading = connection.read({ signal });
  wire.receiver.onData(text('x'));
  await reading;
  const closing = connection.close({ signal });
  wire.receiver.onClose();
  await closing;
  assert.equal(listening, 0);
});
