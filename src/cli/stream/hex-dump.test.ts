import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexDump } from './hex-dump.ts';

test('a row has its offset, its bytes in two halves, and the characters that can be shown', () => {
  const bytes = new TextEncoder().encode('hello\x1b[0m wörld');
  assert.equal(
    hexDump(bytes, '< ', 0x1f0),
    '< 000001f0  68 65 6c 6c 6f 1b 5b 30  6d 20 77 c3 b6 72 6c 64  |hello.[0m w..rld|\n',
  );
});

test('a short row keeps the columns, and offsets go on', () => {
  const rows = hexDump(new Uint8Array(17).fill(0x41), '', 0).split('\n');
  assert.equal(rows.length, 3);
  assert.equal(rows[1], `00000010  41${' '.repeat(46)}  |A|`);
  assert.equal(rows[0]!.indexOf('|'), rows[1]!.indexOf('|'));
});

test('no bytes, no rows', () => {
  assert.equal(hexDump(new Uint8Array(0), '> ', 0), '');
});
