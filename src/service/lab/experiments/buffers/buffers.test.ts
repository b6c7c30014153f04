import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { kernelAvailable } from '../../../../kernel/index.ts';
import { runBuffers } from './buffers.ts';
import { Duel } from './duel.ts';
import { measureDialogue, measureStream } from './measure.ts';
import { PART } from './tasks.ts';

const skip = kernelAvailable() ? false : 'system calls need Linux and koffi';
const never = new AbortController().signal;
const LIMIT = { skip, timeout: 60_000 };

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

test('all bytes come, in few calls or in many', LIMIT, async () => {
  await using duel = new Duel(never);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const outcome = await duel.play(
    {},
    { do: 'pour', size: 1000, limit: 50_000, stop },
    { do: 'drain', size: 7, seconds: 60, stop },
  );
  assert.equal(outcome.client.bytes, 50_000);
  assert.equal(outcome.client.measured.calls, 50);
  assert.equal(outcome.server.bytes, 50_000);
  assert.ok(outcome.server.measured.calls >= 50_000 / 7 - 1);
  assert.equal(outcome.clientInfo.bytesSent, 50_000);
  assert.equal(Atomics.load(stop, 0), 1);
});

test('a stream is stopped by its reader, and is whole all the same', LIMIT, async () => {
  await using duel = new Duel(never);
  const point = { series: 'one', write: 4096, read: 1, setup: { server: { receiveBuffer: 65_536 } } };
  const figures = await measureStream(duel, point, 0.001);
  assert.ok(figures.bytesPerSecond > 0);
  assert.equal(figures.receiveBuffer, 131_072, 'the kernel doubles it (socket(7))');
});

test('requests in one piece are one segment each', LIMIT, async () => {
  await using duel = new Duel(never);
  for (const sending of ['cork', 'writev'] as const) {
    const found = await measureDialogue(duel, { name: '', noDelay: false, quickAck: 'default', sending }, 5);
    assert.equal(found.latencies.length, 5);
    assert.equal(found.segments, 1, sending);
  }
  const apart = { name: '', noDelay: true, quickAck: 'always', sending: 'two writes' } as const;
  assert.equal((await measureDialogue(duel, apart, 5)).segments, 2);
  assert.equal(PART, 16);
});

test('finds what it set out to, and leaves nothing open', LIMIT, async () => {
  const before = descriptors();
  const steps: string[] = [];
  const found = await runBuffers(
    { quick: true, signal: never, progress: (_done, _of, what) => steps.push(what) },
    { calls: [1, 4096], buffers: [4096, 65_536], seconds: 0.001, rounds: 1, requests: 2 },
  );
  assert.equal(descriptors(), before, 'descriptors were left open');
  assert.equal(steps.length, 4);
  const sizes = found.parts.map((part) =>
    `${part.kind} ${part.kind === 'table' ? part.rows.length : ''}`.trim(),
  );
  assert.deepEqual(sizes, [
    ...['lines', 'table 2', 'words'],
    ...['lines', 'table 4', 'words'],
    ...['lines', 'table 7', 'words'],
    ...['bars', 'table 7', 'words'],
  ]);
  assert.ok(!/NaN|Infinity|undefined/.test(JSON.stringify(found.parts)));
});

for (const step of [0, 1, 2, 3]) {
  test(`ends early in step ${step}, with the reason of the signal`, LIMIT, async () => {
    const before = descriptors();
    const stop = new AbortController();
    const reason = new Error('enough');
    const progress = (done: number) => {
      if (done === step) setImmediate(() => stop.abort(reason));
    };
    const parameters = {
      calls: [1],
      buffers: [4096],
      seconds: step === 0 ? 0.2 : 0.001,
      rounds: 1,
      requests: 1000,
    };
    await assert.rejects(runBuffers({ quick: true, signal: stop.signal, progress }, parameters), reason);
    assert.equal(descriptors(), before, 'descriptors were left open');
  });
}
