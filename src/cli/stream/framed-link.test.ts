import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Bytes, namedAddress, type Receiver, WireConnection } from '../../core/index.ts';
import { parseFraming } from '../../framing/index.ts';
import { memoryWires } from '../../transport/memory/index.ts';
import { FramedLink } from './framed-link.ts';

const nowhere = { local: namedAddress('memory', 'a'), remote: namedAddress('memory', 'b') };

/** Two framed links joined back to back, and what each received. */
function joined(spec: string) {
  const sides = memoryWires().map((wire) => {
    const connection = new WireConnection(wire, nowhere);
    const messages: Bytes[] = [];
    const receiver: Receiver = {
      onData: (message) => messages.push(message),
      onEnd: () => link.end(),
      onDrain() {},
      onClose() {},
    };
    const link = new FramedLink(connection, parseFraming(spec)());
    link.attach(receiver);
    return { link, messages, connection };
  });
  return [sides[0]!, sides[1]!] as const;
}

test('messages keep their boundaries through any framing that takes all bytes', async () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
  const specs = fc.constantFrom('netstring', 'length:4', 'length:2le', 'varint', 'decimal:5');
  await fc.assert(
    fc.asyncProperty(specs, messages, async (spec, sent) => {
      const [from, to] = joined(spec);
      for (const message of sent) from.link.push(message.slice());
      from.link.end();
      assert.equal(await to.connection.closed, undefined);
      assert.deepEqual(
        to.messages.map((message) => Buffer.from(message)),
        sent.map((message) => Buffer.from(message)),
      );
    }),
    { numRuns: 50 },
  );
});

test('a receiver that aborts hears no more of the messages that came together, and no end', async () => {
  const [near, far] = memoryWires();
  const connection = new WireConnection(near, nowhere);
  const peer = new WireConnection(far, nowhere);
  const heard: string[] = [];
  const link = new FramedLink(connection, parseFraming('netstring')());
  link.attach({
    onData(message) {
      heard.push(String(Buffer.from(message)));
      link.abort();
    },
    onEnd: () => heard.push('end'),
    onDrain() {},
    onClose: () => heard.push('close'),
  });
  await peer.write(new TextEncoder().encode('3:one,3:two,'));
  await peer.end();
  await connection.closed;
  assert.deepEqual(heard, ['one', 'close']);
});

test('a stream that breaks the format, or ends within a message, aborts the connection', async () => {
  for (const bytes of ['no netstring', '5:hel']) {
    const [near, far] = memoryWires();
    const connection = new WireConnection(near, nowhere);
    const peer = new WireConnection(far, nowhere);
    new FramedLink(connection, parseFraming('netstring')()).attach({
      onData() {},
      onEnd() {},
      onDrain() {},
      onClose() {},
    });
    await peer.write(new TextEncoder().encode(bytes));
    await peer.end();
    assert.equal(((await connection.closed) as { code?: string }).code, 'protocol');
  }
});

test('what the format cannot carry is told as our own fault', async () => {
  const [side] = joined('fixed:4');
  assert.equal(side.link.push(new Uint8Array(3)), false);
  const reason = (await side.connection.closed) as { fault?: string };
  assert.equal(reason.fault, 'local');
});
