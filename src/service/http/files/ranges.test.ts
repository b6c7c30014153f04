import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MAX_RANGES, parseRanges } from './ranges.ts';

function ranges(header: string, size = 100): string | undefined {
  return parseRanges(header, size)
    ?.map(({ first, last }) => `${first}-${last}`)
    .join();
}

test('ranges from the start, from the end, and open ones', () => {
  for (const [header, expected] of [
    ['bytes=0-0', '0-0'],
    ['bytes=10-19', '10-19'],
    ['bytes=90-', '90-99'],
    ['bytes=90-1000', '90-99'],
    ['bytes=-10', '90-99'],
    ['bytes=-1000', '0-99'],
    ['BYTES=1-2', '1-2'],
    ['bytes= 1-2 , 4-5', '1-2,4-5'],
    ['bytes=,1-2,,', '1-2'],
    ['bytes=50-59,0-9', '50-59,0-9'],
    ['bytes=99999999999999999999-', ''],
    ['bytes=0-99999999999999999999', '0-99'],
  ] as const)
    assert.equal(ranges(header), expected, header);
});

test('what lies behind the end is left out, and nothing is left for 416', () => {
  assert.equal(ranges('bytes=100-'), '');
  assert.equal(ranges('bytes=-0'), '');
  assert.equal(ranges('bytes=0-', 0), '');
  assert.equal(ranges('bytes=-5', 0), '');
  assert.equal(ranges('bytes=200-300,5-6'), '5-6');
});

test('what is no range of bytes is ignored', () => {
  for (const header of [
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-4',
    'bytes=1-2,x',
    'bytes=1-2;3-4',
    'bytes=--5',
    'bytes=+1-2',
    'bytes=1.5-2',
    'bytes=0x1-2',
    'lines=1-2',
    ' bytes=1-2-3',
  ])
    assert.equal(ranges(header), undefined, header);
});

test('ranges that overlap or touch are joined', () => {
  assert.equal(ranges('bytes=0-9,5-14'), '0-14');
  assert.equal(ranges('bytes=10-19,0-9,40-49'), '0-19,40-49');
  assert.equal(ranges('bytes=0-,0-,0-,5-'), '0-99');
  assert.equal(ranges('bytes=0-9,11-19'), '0-9,11-19');
});

test('too many are ignored', () => {
  const many = (count: number): string =>
    `bytes=${Array.from({ length: count }, (_, at) => `${at * 2}-${at * 2}`).join()}`;
  assert.equal(parseRanges(many(MAX_RANGES), 1000)?.length, MAX_RANGES);
  assert.equal(parseRanges(many(MAX_RANGES + 1), 1000), undefined);
  assert.equal(parseRanges(`bytes=${','.repeat(100_000)}1-2`, 1000), undefined);
});

test('whatever is asked: no more than there is, nothing twice', () => {
  const number = fc.oneof(fc.nat(120), fc.constant(''));
  const spec = fc.tuple(number, number).map(([first, last]) => `${first}-${last}`);
  void fc.assert(
    fc.property(fc.array(spec, { maxLength: 8 }), fc.nat(100), (specs, size) => {
      const parsed = parseRanges(`bytes=${specs}`, size) ?? [];
      const sent = parsed.reduce((sum, { first, last }) => sum + last - first + 1, 0);
      assert.ok(sent <= size);
      for (const { first, last } of parsed) assert.ok(first >= 0 && first <= last && last < size);
    }),
  );
});
