import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordTracker } from './records.ts';

const record = (type: number, length: number): number[] => [
  type,
  3,
  3,
  length >> 8,
  length & 255,
  ...new Array<number>(length).fill(7),
];

function endsAfter(bytes: readonly number[], size: number): boolean {
  const tracker = new RecordTracker();
  for (let at = 0; at < bytes.length; at += size)
    tracker.receive(Uint8Array.from(bytes.slice(at, at + size)));
  return tracker.mayHaveEnded;
}

test('a stream may end behind an alert, and nowhere else', () => {
  const data = [...record(22, 300), ...record(23, 1000)];
  for (const size of [1, 3, 5, 400, 5000]) {
    assert.equal(endsAfter([], size), false);
    assert.equal(endsAfter(data, size), false);
    assert.equal(endsAfter([...data, ...record(21, 26)], size), true, 'TLS 1.2');
    assert.equal(endsAfter([...data, ...record(23, 19)], size), true, 'TLS 1.3');
    assert.equal(endsAfter([...data, ...record(23, 19), ...record(23, 500)], size), false);
    assert.equal(endsAfter([...data, ...record(21, 26).slice(0, -1)], size), false);
    assert.equal(endsAfter([...data, 21, 3], size), false);
  }
});
