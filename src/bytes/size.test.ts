import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSize } from './size.ts';

test('a size is bytes, in powers of 1024', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['4096', 4096],
    ['4096b', 4096],
    ['64k', 65_536],
    ['64KiB', 65_536],
    ['1m', 1_048_576],
    ['1.5G', 1_610_612_736],
    ['1tb', 1_099_511_627_776],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

test('what is no size, or beyond exact integers, is null', () => {
  for (const text of ['', 'k', '-1', '1 k', '1kk', '1i', '1ib', '1.5', '0x10', '1e3', '9000t'])
    assert.equal(parseSize(text), null, text);
});
