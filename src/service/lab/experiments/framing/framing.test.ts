import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFraming } from './framing.ts';
import { encode, kindsFor } from './kinds.ts';
import { makePoint, measure } from './measure.ts';

const PARAMETERS = { sizes: [16, 3000], reads: [1, 7, 4096], rounds: 1, budget: 1e-9, shortest: 64 };

test('every message comes out of every framing, however it is cut', async () => {
  const steps: string[] = [];
  const found = await runFraming(
    { quick: true, signal: new AbortController().signal, progress: (_done, _of, what) => steps.push(what) },
    PARAMETERS,
  );
  assert.deepEqual(steps, ['messages of 16 bytes', 'messages of 3000 bytes']);
  const charts = found.parts.filter((part) => part.kind === 'lines');
  assert.equal(charts.length, 2);
  for (const chart of charts) {
    assert.equal(chart.series.length, 9, 'all kinds of framing');
    for (const { points } of chart.series) {
      assert.deepEqual(
        points.map(([read]) => read),
        PARAMETERS.reads,
      );
      for (const [, seconds] of points) assert.ok(seconds! > 0);
    }
  }
  for (const table of found.parts.filter((part) => part.kind === 'table')) assert.equal(table.rows.length, 9);
});

test('a framing that loses a message is found out', () => {
  const [kind] = kindsFor(16).filter(({ spec }) => spec === 'lines');
  const point = makePoint(kind!, 16, 4, 64);
  assert.equal(point.messages, 4);
  const short = { ...point, stream: point.stream.subarray(0, -1) };
  assert.throws(() => measure(short, 1e-9), /lines gave 48 bytes for 4 messages of 16/);
});

test('messages travel as the framing says', () => {
  const streams = kindsFor(4).map((kind) => [kind.spec, new TextDecoder().decode(encode(kind, 4, 1))]);
  const { raw, lines, netstring, fixed } = Object.fromEntries(streams) as Record<string, string>;
  assert.deepEqual(
    { raw, fixed, lines, netstring },
    {
      raw: '"aa"',
      fixed: '"aa"',
      lines: '"aa"\n',
      netstring: '4:"aa",',
    },
  );
});

test('ends early with the reason of the signal', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const progress = (done: number) => {
    if (done === 1) stop.abort(reason);
  };
  await assert.rejects(runFraming({ quick: true, signal: stop.signal, progress }, PARAMETERS), reason);
});
