import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, formatTcp, tcpSummary } from './tcp-summary.ts';

test('bytes and durations have the unit that fits', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567, 999_960, 5e12].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 MB',
    '1.0 MB',
    '5.0 TB',
  ]);
  assert.deepEqual([0, 12.4, 999, 1000, 61_000, 100_000].map(formatDuration), [
    '0 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '61.0 s',
    '100 s',
  ]);
});

test('the figures of a connection fit into a line', () => {
  const tcp = { rtt: 1234, rttVariation: 20, retransmits: 3, congestionWindow: 10, deliveryRate: 1_500_000 };
  assert.equal(formatTcp(tcp), 'rtt 1.23±0.02 ms, 3 retransmits, cwnd 10, 1.5 MB/s');
});

test('what has no descriptor has no figures', () => {
  assert.equal(tcpSummary(undefined), undefined);
});
