import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HalfCloseable } from '../../core/index.ts';
import { toAddress } from '../../core/index.ts';
import { turns } from '../../testing/transport/subject.ts';
import { connect, descriptorsOf, listen } from '../../transport/index.ts';
import { DescriptorIntake, type Intake, type IntakeEvents, ListenerIntake } from './intake.ts';

const OPTIONS = { timeout: 20_000 };

test(
  'what a listener accepts is passed on until it is paused, and again when it is resumed',
  OPTIONS,
  async () => {
    const listener = await listen('memory:');
    const intake = new ListenerIntake(listener);
    const { connections, events } = record((count) => {
      if (count === 1) intake.pause();
    });
    intake.start(events);
    await connect(listener.address);
    await connect(listener.address);
    await turns(3);
    assert.equal(connections.length, 1);
    intake.resume();
    await turns(3);
    assert.equal(connections.length, 2);
    intake.close();
    await assert.rejects(connect(listener.address), { code: 'refused' });
  },
);

test('a connection that comes in the moment of the close is dropped, and told', OPTIONS, async () => {
  const listener = await listen('memory:');
  const intake = new ListenerIntake(listener);
  const { connections, troubles, events } = record();
  intake.start(events);
  await turns(1);
  const connecting = connect(listener.address);
  intake.close();
  const client = await connecting;
  assert.equal(((await client.closed) as { errno?: string }).errno, 'ECONNRESET');
  await turns(1);
  assert.equal(connections.length, 0);
  assert.equal(troubles.length, 1);
  assert.match(troubles[0]!.message, /dropped/);
});

test('so are those that the listener has accepted ahead', OPTIONS, async () => {
  const listener = await listen('memory:');
  const intake = new ListenerIntake(listener);
  const { connections, troubles, events } = record(() => intake.pause());
  intake.start(events);
  const clients = [await connect(listener.address), await connect(listener.address)];
  await turns(3);
  assert.equal(connections.length, 1);
  intake.close();
  assert.equal(((await clients[1]!.closed) as { errno?: string }).errno, 'ECONNRESET');
  assert.equal(troubles.length, 1);
});

test('a listener that fails is told as lost', OPTIONS, async () => {
  const listener = await listen('memory:');
  const { lost, events } = record();
  new ListenerIntake(listener).start(events);
  await turns(1);
  listener.abort(new Error('the cable'));
  await turns(1);
  assert.equal(lost.length, 1);
  assert.match(lost[0]!.message, /the cable/);
});

test('on a descriptor it accepts, pauses and stops, and leaves the descriptor open', OPTIONS, async () => {
  const socket = await descriptorsOf(toAddress('tcp://127.0.0.1:0')).open(toAddress('tcp://127.0.0.1:0'), {});
  try {
    for (const shared of [false, true]) {
      const intake: Intake = new DescriptorIntake(socket.fd, socket.address, {}, { shared, cookies: true });
      const { connections, sockets, events } = record((count) => {
        if (count === 1) intake.pause();
      });
      intake.start(events);
      const clients = [await connect(socket.address), await connect(socket.address)];
      while (connections.length < 1) await turns(1);
      await turns(20);
      assert.equal(connections.length, 1);
      intake.resume();
      while (connections.length < 2) await turns(1);
      assert.ok(sockets.every((accepted) => accepted.fd > 0 && accepted.cookie > 0n));
      intake.close();
      for (const { abort } of [...connections, ...clients].map((one) => ({ abort: () => one.abort() })))
        abort();
    }
  } finally {
    socket.close();
  }
});

function record(onConnection: (count: number) => void = () => {}) {
  const connections: HalfCloseable[] = [];
  const sockets: { fd: number; cookie: bigint }[] = [];
  const troubles: Error[] = [];
  const lost: Error[] = [];
  const events: IntakeEvents = {
    onConnection(connection, socket) {
      connections.push(connection);
      if (socket !== undefined) sockets.push(socket);
      onConnection(connections.length);
    },
    onTrouble: (error) => troubles.push(error),
    onClose: (error) => lost.push(error),
  };
  return { connections, sockets, troubles, lost, events };
}
