/** Bytes arrive whole, in order, and once. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  bytes,
  flood,
  openDescriptors,
  pairTest,
  RecordingReceiver,
  readAll,
  readExactly,
  rejectsWith,
  type TransportSubject,
  turns,
} from './subject.ts';

const BIG = 8 * 1024 * 1024;
/** More than any transport here may hold between a writer and a reader who does not read: both buffers of TCP at their largest (tcp_wmem, tcp_rmem), and our queues. */
const HELD = 24 * 1024 * 1024;
const FLOOD = 64 * 1024 * 1024;

export function streamingTests(subject: TransportSubject): void {
  describe('bytes', () => {
    pairTest('an echo comes back', subject, async (a, b) => {
      await a.write(bytes('hello'));
      const chunk = await b.read();
      await b.write(chunk!);
      assert.equal(String(await readExactly(a, 5)), 'hello');
    });

    pairTest('writes keep their order, also when they are not awaited', subject, async (a, b) => {
      const lines = Array.from({ length: 2000 }, (_, index) => `${index}\n`);
      const writes = lines.map((line) => a.write(bytes(line)));
      const all = readAll(b);
      await Promise.all(writes);
      await a.end();
      assert.equal(String(await all), lines.join(''));
    });

    pairTest('a big transfer both ways at once is intact', subject, async (a, b) => {
      const content = randomBytes(BIG);
      const send = async (from: typeof a): Promise<void> => {
        for (let at = 0, size = 1; at < BIG; at += size, size = (size * 7 + 13) % 200_000) {
          await from.write(new Uint8Array(content.subarray(at, Math.min(BIG, at + size))));
          if (size === 0) size = 1;
        }
        await from.end();
      };
      const [, , atB, atA] = await Promise.all([send(a), send(b), readAll(b), readAll(a)]);
      assert.equal(hash(atA), hash(content));
      assert.equal(hash(atB), hash(content));
    });

    pairTest('one large write arrives whole', subject, async (a, b) => {
      const content = randomBytes(BIG);
      const all = readAll(b);
      await a.write(new Uint8Array(content));
      await a.end();
      assert.equal(hash(await all), hash(content));
    });

    pairTest('an empty write is nothing, and a read is never empty', subject, async (a, b) => {
      await a.write(new Uint8Array(0));
      await a.write(bytes('x'));
      assert.equal((await b.read())?.length, 1);
    });
  });

  describe('waiting', () => {
    pairTest('a read that is given up loses nothing', subject, async (a, b) => {
      const stop = new AbortController();
      const reason = new Error('enough');
      const reading = b.read({ signal: stop.signal });
      stop.abort(reason);
      await assert.rejects(reading, (error) => error === reason);
      await a.write(bytes('later'));
      assert.equal(String(await readExactly(b, 5)), 'later');
    });

    pairTest('two reads at a time are busy, and the first is unharmed', subject, async (a, b) => {
      const first = b.read();
      await rejectsWith(b.read(), 'busy');
      await a.write(bytes('x'));
      assert.equal((await first)?.length, 1);
    });

    pairTest(
      'a writer waits for a reader who does not read, and memory stays bounded',
      subject,
      async (a, b) => {
        const writing = await flood(a, FLOOD);
        assert.ok(!writing.isOver, `${writing.written} bytes were taken of a reader who read none`);
        assert.ok(writing.written < HELD, `${writing.written} bytes are held`);
        // Everything that was taken arrives all the same.
        const reading = readExactly(b, FLOOD);
        assert.equal(await writing.over, undefined);
        assert.equal((await reading).length, FLOOD);
      },
    );
  });

  attachTests(subject);
  leakTest(subject);
}

function attachTests(subject: TransportSubject): void {
  describe('the push level', () => {
    pairTest('what was read ahead is delivered first, and then the rest', subject, async (a, b) => {
      await a.write(bytes('one '));
      // A read that waited would take it: this one is in the queue.
      await turns(20);
      const receiver = new RecordingReceiver();
      b.attach(receiver);
      await a.write(bytes('two '));
      await a.end();
      while (!receiver.calls.includes('end')) await turns(1);
      assert.equal(receiver.text, 'one two ');
    });

    pairTest(
      'read and write are busy once a receiver is attached, and so is another receiver',
      subject,
      async (a) => {
        a.attach(new RecordingReceiver());
        await rejectsWith(a.read(), 'busy');
        await rejectsWith(a.write(bytes('x')), 'busy');
        assert.throws(() => a.attach(new RecordingReceiver()), { code: 'busy' });
      },
    );

    pairTest('the order is data, end, close, and close comes once', subject, async (a, b) => {
      const receiver = new RecordingReceiver();
      const wire = b.attach(receiver);
      await a.write(bytes('x'));
      await a.end();
      wire.end();
      assert.equal(await receiver.closed, undefined);
      await turns(5);
      assert.deepEqual(receiver.calls, ['data', 'end', 'close']);
    });

    pairTest('a receiver that throws ends its connection and nothing else', subject, async (a, b) => {
      const fault = new Error('a fault in the receiver');
      const receiver = new RecordingReceiver();
      receiver.onData = () => {
        throw fault;
      };
      b.attach(receiver);
      await a.write(bytes('x'));
      const reason = await receiver.closed;
      assert.ok(reason === fault || reason?.cause === fault, String(reason));
    });
  });
}

function leakTest(subject: TransportSubject): void {
  const skip = openDescriptors() === undefined && 'the system does not tell its open descriptors';
  test('no descriptor is left over', { skip, timeout: 20_000 }, async () => {
    await openAndClose(subject);
    const before = openDescriptors()!;
    for (let round = 0; round < 10; round++) await openAndClose(subject);
    for (let turn = 0; turn < 100 && openDescriptors()! > before; turn++) await turns(1);
    assert.ok(openDescriptors()! <= before, `${openDescriptors()} descriptors are open, ${before} were`);
  });
}

async function openAndClose(subject: TransportSubject): Promise<void> {
  const [a, b] = await subject.open();
  await a.write(bytes('x'));
  await Promise.all([a.close(), b.close()]);
  const [c, d] = await subject.open();
  c.abort();
  await c.closed;
  d.abort();
  await d.closed;
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
