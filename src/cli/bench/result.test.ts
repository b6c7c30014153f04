import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadProgress, LoadResult } from '../../service/lab/index.ts';
import { LoadLine } from './load-line.ts';
import { formatMs, formatResult } from './result.ts';

const empty = { count: 0, sum: 0, min: 0, max: 0, buckets: [] };
const latency = {
  count: 9,
  min: 0.01,
  mean: 0.0412,
  p50: 0.0404,
  p90: 0.6,
  p99: 1.234,
  p999: 45.67,
  max: 1234,
};

function result(changes: Partial<LoadResult> = {}): LoadResult {
  return {
    address: 'tcp://127.0.0.1:9',
    loop: 'closed',
    connections: 50,
    pipeline: 1,
    requestBytes: 64,
    ended: 'duration',
    seconds: 10,
    requests: 1_234_567,
    throughput: 123_456.7,
    schedule: null,
    bytes: { sent: 79_000_000, received: 79_000_000 },
    latency,
    connect: { opened: 50, lost: 0, latency: { ...latency, max: 50 } },
    errors: [],
    wrong: 0,
    unfinished: { underWay: 50, queued: 0, oldest: 1 },
    slow: null,
    generatorCpu: 40,
    histograms: { latency: empty, connect: empty, slow: empty },
    ...changes,
  };
}

test('a good result: what was done, rates, percentiles one below the other, and no note', () => {
  assert.equal(
    formatResult(result(), (text) => `*${text}*`),
    `*tcp://127.0.0.1:9: 50 connections, closed loop, requests of 64 bytes, 10.0 s*

throughput   123,457 requests/s, 7.9 MB/s sent, 7.9 MB/s received
requests     1,234,567 answered, 50 unfinished
connections  50 opened

latency          p50     p90      p99    p99.9      max     mean
request      40.4 µs  600 µs  1.23 ms  45.7 ms   1.23 s  41.2 µs
connect      40.4 µs  600 µs  1.23 ms  45.7 ms  50.0 ms  41.2 µs

errors       none
`,
  );
});

test('failures are told with their numbers, and a server’s words cannot reach the terminal', () => {
  const text = formatResult(
    result({
      errors: [
        { when: 'request', code: 'ended', count: 1200, message: 'The server ended it' },
        { when: 'connect', code: 'timeout', count: 3, message: 'evil \u001b[2J' },
      ],
      wrong: 7,
      connect: { opened: 60, lost: 10, latency: null },
    }),
  );
  assert.match(text, /^ {2}1,200 × ended \(request\): The server ended it$/m);
  assert.match(text, /^ {2}3 × timeout \(connect\): evil ␛\[2J$/m);
  assert.match(text, /^ {2}7 × wrong answer/m);
  assert.match(text, /60 opened, 10 lost/);
  assert.match(
    text,
    /note: for a server that does not echo.*\n.*note: the server ended connections; .* --per-connection N/,
  );
});

test('an open loop tells what was due, a server that fell behind, and a generator that was late', () => {
  const text = formatResult(
    result({
      loop: 'open',
      schedule: { rate: 1000, due: 10_000, worstDelay: 5 },
      unfinished: { underWay: 50, queued: 950, oldest: 1000 },
      slow: { clients: 5, requests: 40, latency },
      generatorCpu: 100,
    }),
  );
  assert.match(text, /1,000 requests\/s on schedule \(open loop\)/);
  assert.match(text, /answered of 10,000 due, 1,000 unfinished/);
  assert.match(text, /slow {9}40 answered to 5 slow clients/);
  assert.match(text, /^slow {9}40.4 µs/m);
  assert.match(text, /note: the server did not keep up: 950 requests still wait, the oldest for 1.00 s/);
  assert.match(text, /note: the generator itself was late by up to 5.00 ms/);
  assert.doesNotMatch(text, /of a core/);
});

test('a busy generator and a load that was ended are told', () => {
  assert.match(formatResult(result({ generatorCpu: 99.4 })), /note: the generator used 99 % of a core/);
  assert.match(formatResult(result({ ended: 'interrupted' })), /10.0 s, ended early: interrupted\n/);
  const none = formatResult(
    result({ requests: 0, latency: null, connect: { opened: 0, lost: 0, latency: null } }),
  );
  assert.match(none, /note: nothing was answered/);
  assert.doesNotMatch(none, /p50/);
});

test('times have three figures', () => {
  const times = [0.0001, 0.012345, 0.9996, 9.999, 12.34, 999.4, 999.6, 61_000];
  assert.deepEqual(times.map(formatMs), [
    '0.10 µs',
    '12.3 µs',
    '1.00 ms',
    '10.0 ms',
    '12.3 ms',
    '999 ms',
    '1.00 s',
    '61.0 s',
  ]);
});

test('progress is one line on a terminal, cut to its width, and nothing elsewhere', () => {
  const progress: LoadProgress = { phase: 'measurement', seconds: 3, of: 10, requests: 30_000, errors: 2 };
  const written: string[] = [];
  const write = (text: string): void => void written.push(text.replace('\r\u001b[2K', '|'));
  const line = new LoadLine({ isTTY: true, columns: 61, write });
  line.show(progress);
  line.show({ ...progress, phase: 'warm-up', seconds: 0, of: 1.5, errors: 0 });
  line.clear();
  line.clear();
  assert.deepEqual(written, [
    '|measuring 3 s of 10 s, 10,000 requests/s, 2 errors',
    '|warm-up 0 s of 1.5 s, 0 requests/s',
    '|',
  ]);
  new LoadLine({ isTTY: true, columns: 10, write }).show(progress);
  assert.equal(written.at(-1), '|measuring');
  new LoadLine({ write }).show(progress);
  assert.equal(written.length, 4);
});
