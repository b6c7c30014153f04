import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedAddress } from '../core/address.ts';
import { WireConnection } from '../core/connection.ts';
import type { Receiver, Wire } from '../core/contract.ts';
import { drive } from '../core/drive.ts';
import { lengthPrefix } from './length-prefix.ts';
import { lines } from './lines.ts';
import { raw } from './raw.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

test('the beginning of a message does not keep alive what was read together with it', () => {
  const framing = lines();
  const slab = new Uint8Array(64 * 1024);
  slab.set(utf8('abc'), 100);
  framing.receive(slab.subarray(100, 103), 0);
  assert.equal(framing.next(), null);
  // Were it still a view of the slab, the line would change with it.
  slab.fill(0x7a);
  framing.receive(utf8('d\n'), 0);
  assert.equal(framing.next(), 'abcd');
});

test('after an error nothing is held and nothing is taken in', () => {
  const framing = lengthPrefix({ max: 10 });
  framing.receive(Uint8Array.of(0, 0, 1, 0, 1, 2, 3), 0);
  assert.throws(() => framing.next(), { code: 'limit' });
  framing.receive(new Uint8Array(1000), 0);
  assert.equal((framing as unknown as { buffered: number }).buffered, 0);
  assert.throws(() => framing.next(), { code: 'limit' });
});

test('raw hands on chunks as they come', () => {
  const framing = raw();
  const chunk = utf8('abc');
  framing.receive(chunk, 0);
  assert.equal(framing.next(), chunk);
  framing.send(chunk, 0);
  assert.equal(framing.take(), chunk);
});

test('over a connection: messages before a fault arrive, then the fault', async () => {
  const { connection, receiver } = connected();
  const channel = drive(connection, lines({ ending: 'lf', max: 5 }));
  receiver().onData(utf8('one\ntwo\nmuch too long\nthree\n'));
  assert.equal(await channel.receive(), 'one');
  assert.equal(await channel.receive(), 'two');
  await assert.rejects(channel.receive(), {
    code: 'limit',
    message: /A line of 13 bytes arrived; at most 5/,
  });
  await assert.rejects(channel.receive(), { code: 'limit' });
  assert.match(String(await channel.closed), /A line of 13 bytes/);
});

test('over a connection: a peer that leaves within a message is a fault, between messages an end', async () => {
  for (const [text, fault] of [
    ['one\n', false],
    ['one\ntw', true],
  ] as const) {
    const { connection, receiver } = connected();
    const channel = drive(connection, lines());
    receiver().onData(utf8(text));
    receiver().onEnd();
    assert.equal(await channel.receive(), 'one');
    if (fault) await assert.rejects(channel.receive(), /ended within a line, after 2 bytes/);
    else assert.equal(await channel.receive(), null);
  }
});

/** A connection whose peer is the test: it calls the receiver. */
function connected(): { connection: WireConnection; receiver: () => Receiver } {
  let receiver: Receiver | undefined;
  const wire: Wire = {
    start: (started) => {
      receiver = started;
    },
    push: () => true,
    pause() {},
    resume() {},
    end() {},
    abort: (reason) => receiver?.onClose(reason),
    pending: 0,
  };
  const nowhere = namedAddress('memory', 'nowhere');
  const connection = new WireConnection(wire, { local: nowhere, remote: nowhere });
  return { connection, receiver: () => receiver! };
}
