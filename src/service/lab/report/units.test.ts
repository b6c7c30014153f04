import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnFormat, formatValue } from './units.ts';

test('a value is shown with three figures in the scale that suits it', () => {
  const cases = [
    [0.0000123, 's', '12.3 µs'],
    [0.0012, 's', '1.20 ms'],
    [0.9996, 's', '1.00 s'],
    [0.99951e-3, 's', '1.00 ms'],
    [75, 's', '75 s'],
    [0, 's', '0 s'],
    [34_100, 'per second', '34.1 k/s'],
    [16 * 1024, 'bytes', '16 KiB'],
    [1.5 * 2 ** 30, 'bytes per second', '1.50 GiB/s'],
    [512, 'bytes', '512 B'],
    [12.34, '%', '12.3 %'],
    [1_234_567, '', '1,234,567'],
    [0.25, '', '0.250'],
    [-0.002, 's', '-2 ms'],
    [null, 's', '–'],
    [Number.NaN, 's', '–'],
  ] as const;
  for (const [value, unit, shown] of cases) assert.equal(formatValue(value, unit), shown, `${value} ${unit}`);
});

test('a column has one scale and one number of decimals where that suits all its values', () => {
  const { suffix, format } = columnFormat([0.0012, 0.0451], 's');
  assert.deepEqual([suffix, format(0.0012), format(0.0451)], ['ms', '1.2', '45.1']);
});

test('a column of whole numbers shows no decimals', () => {
  const { suffix, format } = columnFormat([1000, 20], '');
  assert.deepEqual([suffix, format(1000), format(20)], ['', '1,000', '20']);
});

test('a column from microseconds to seconds has a unit in each cell', () => {
  const { suffix, format } = columnFormat([0.000002, 2], 's');
  assert.deepEqual([suffix, format(0.000002), format(2)], ['', '2 µs', '2 s']);
});

test('a column with nothing but zeros or without values is shown all the same', () => {
  assert.equal(columnFormat([0, 0], 's').format(0), '0 s');
  assert.equal(columnFormat([], 's').suffix, '');
});

test('a column shows no decimals that are zero in all its cells', () => {
  const { format } = columnFormat([0.9, 17.4, 3], '');
  assert.deepEqual([0.9, 17.4, 3].map(format), ['0.9', '17.4', '3.0']);
});
