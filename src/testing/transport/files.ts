/** Files that a wire sends by itself (`pushFile`), among what is pushed. Wires without it are skipped. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'node:test';
import type { FileRange, HalfCloseable, Wire } from '../../core/contract.ts';
import { bytes, pairTest, RecordingReceiver, readAll, type TransportSubject, turns } from './subject.ts';

/** More than both buffers of TCP at their largest hold (tcp_wmem, tcp_rmem). */
const BIG = 64 * 1024 * 1024;
const SMALL = 'the whole file\n';

type Sender = Wire & { pushFile: NonNullable<Wire['pushFile']>; readonly moved: number };
type Run = (sender: Sender, receiver: RecordingReceiver, far: HalfCloseable) => Promise<void>;

export function fileTests(subject: TransportSubject): void {
  describe('files', () => {
    orderTests(subject);
    waitingTests(subject);
    endingTests(subject);
  });
}

function fileTest(name: string, subject: TransportSubject, run: Run): void {
  pairTest(name, subject, async (a, b, context) => {
    const receiver = new RecordingReceiver();
    const wire = a.attach(receiver);
    if (wire.pushFile === undefined) context.skip('its wires leave files to others');
    else await run(wire as Sender, receiver, b);
  });
}

function orderTests(subject: TransportSubject): void {
  fileTest('bytes and files keep their order, and heads go before theirs', subject, async (wire, _, far) => {
    using file = new TestFile(SMALL);
    wire.push(bytes('one '));
    assert.equal(wire.pushFile(file.range(4, 6)), true);
    wire.push(bytes(' two '));
    wire.pushFile(file.range(10, 4), bytes('head '));
    wire.push(bytes(' three'));
    wire.end();
    assert.equal(String(await readAll(far)), 'one whole  two head file three');
    assert.equal(file.done, 2);
    assert.equal(wire.pending, 0);
  });

  fileTest('they do so too when all of it waits', subject, async (wire, _, far) => {
    using big = new TestFile(randomBytes(BIG));
    using file = new TestFile(SMALL);
    assert.equal(wire.pushFile(big.range()), false);
    const expected: Uint8Array[] = [big.content];
    for (let round = 0; round < 200; round++) {
      const parts = [bytes(`${round} `), bytes('x'.repeat(round * 11)), bytes('head ')];
      wire.push(parts[0]!);
      wire.push(parts[1]!);
      assert.equal(wire.pushFile(file.range(), parts[2]!), false);
      expected.push(...parts, file.content);
    }
    wire.end();
    assert.equal(hash(await readAll(far)), hash(Buffer.concat(expected)));
    assert.deepEqual([big.done, file.done], [1, 200]);
  });

  fileTest('an empty range is nothing, and its head is sent', subject, async (wire, _, far) => {
    using file = new TestFile(SMALL);
    assert.equal(wire.pushFile(file.range(3, 0), bytes('head')), true);
    assert.equal(file.done, 1);
    wire.end();
    assert.equal(String(await readAll(far)), 'head');
  });
}

function waitingTests(subject: TransportSubject): void {
  fileTest(
    'a file waits for a slow reader, and is counted meanwhile',
    subject,
    async (wire, receiver, far) => {
      using file = new TestFile(randomBytes(BIG));
      const before = wire.moved;
      assert.equal(wire.pushFile(file.range()), false);
      await turns(20);
      assert.ok(wire.pending > 0, 'a reader who reads nothing has taken all of it');
      assert.equal(wire.moved - before, BIG - wire.pending);
      assert.equal(file.done, 0);
      const drained = new Promise<void>((resolve) => {
        receiver.onDrain = resolve;
      });
      const all = readAll(far);
      await drained;
      assert.deepEqual([file.done, wire.pending, wire.moved - before], [1, 0, BIG]);
      wire.end();
      assert.equal(hash(await all), hash(file.content));
    },
  );

  fileTest('what `onDone` pushes comes after its file', subject, async (wire, _, far) => {
    using file = new TestFile(randomBytes(BIG));
    const range = file.range();
    const onDone = (): void => {
      wire.push(bytes('after'));
      wire.end();
    };
    wire.pushFile({ ...range, onDone });
    const all = await readAll(far);
    assert.equal(all.length, BIG + 5);
    assert.equal(all.subarray(BIG).toString(), 'after');
  });
}

function endingTests(subject: TransportSubject): void {
  fileTest('an abort in the middle gives each file back, once', subject, async (wire, receiver) => {
    using file = new TestFile(randomBytes(BIG));
    wire.pushFile(file.range());
    wire.pushFile(file.range());
    await turns(5);
    assert.equal(file.done, 0);
    wire.abort(new Error('The test has seen enough'));
    await receiver.closed;
    assert.equal(file.done, 2);
    assert.equal(wire.pushFile(file.range()), false);
    assert.equal(file.done, 3);
  });

  fileTest(
    'a peer that goes in the middle gives each file back, once',
    subject,
    async (wire, receiver, far) => {
      using file = new TestFile(randomBytes(BIG));
      wire.pushFile(file.range());
      wire.pushFile(file.range());
      far.abort();
      assert.notEqual(await receiver.closed, undefined);
      assert.equal(file.done, 2);
    },
  );

  for (const [what, length] of [
    ['at once', SMALL.length],
    ['after a while', BIG],
  ] as const) {
    fileTest(`a file that is too short breaks the wire, ${what}`, subject, async (wire, receiver, far) => {
      using file = new TestFile(Buffer.alloc(length, SMALL));
      const broken = readAll(far).catch((error: Error) => error);
      wire.pushFile(file.range(0, length + 1));
      wire.push(bytes('never'));
      const reason = (await receiver.closed) as (Error & { code?: string }) | undefined;
      assert.equal(reason?.code, 'broken');
      assert.equal(file.done, 1);
      const got = await broken;
      assert.ok(got instanceof Error || got.length <= length);
      if (subject.hasReset !== false) assert.ok(got instanceof Error, 'the peer took it for an end');
    });
  }

  fileTest('after the end a file is given back at once', subject, async (wire) => {
    using file = new TestFile(SMALL);
    wire.end();
    assert.equal(wire.pushFile(file.range(), bytes('head')), false);
    assert.equal(file.done, 1);
  });
}

/** A file that has no name any more. */
class TestFile {
  readonly content: Buffer;
  readonly #fd: number;
  /** How many ranges of it have been given back. */
  done = 0;

  constructor(content: string | Buffer) {
    this.content = Buffer.from(content);
    const folder = mkdtempSync(join(tmpdir(), 'modnet-file-'));
    writeFileSync(join(folder, 'file'), this.content);
    this.#fd = openSync(join(folder, 'file'), 'r');
    rmSync(folder, { recursive: true });
  }

  range(offset = 0, length = this.content.length - offset): FileRange {
    return { fd: this.#fd, offset, length, onDone: () => this.done++ };
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
