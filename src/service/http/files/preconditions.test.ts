import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPreconditions, rangeApplies, type Validators } from './preconditions.ts';

const DATE = 'Mon, 06 May 2024 07:08:09 GMT';
const EARLIER = 'Mon, 06 May 2024 07:08:08 GMT';
const LATER = 'Mon, 06 May 2024 07:08:10 GMT';
const modified = Date.parse(DATE);
const strong: Validators = { etag: '"a"', modified };
const weak: Validators = { etag: 'W/"a"', modified };

type Case = readonly [Record<string, string>, 304 | 412 | undefined];

function check(cases: readonly Case[], current: Validators, method = 'GET'): void {
  for (const [headers, expected] of cases) {
    const request = new Request('http://example.test/', { headers, method });
    assert.equal(checkPreconditions(request, current), expected, `${method} ${JSON.stringify(headers)}`);
  }
}

test('If-None-Match compares weakly, and comes before If-Modified-Since', () => {
  const cases: Case[] = [
    [{}, undefined],
    [{ 'if-none-match': '"a"' }, 304],
    [{ 'if-none-match': 'W/"a"' }, 304],
    [{ 'if-none-match': '"b", W/"a" , "c"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"b"' }, undefined],
    [{ 'if-none-match': '"b,\\"a"' }, undefined],
    [{ 'if-none-match': 'a' }, undefined],
    [{ 'if-none-match': '' }, undefined],
    [{ 'if-none-match': '"b"', 'if-modified-since': LATER }, undefined],
  ];
  check(cases, strong);
  check(cases, weak);
  check(cases, strong, 'HEAD');
});

test('If-Modified-Since is for dates that are dates', () => {
  check(
    [
      [{ 'if-modified-since': DATE }, 304],
      [{ 'if-modified-since': LATER }, 304],
      [{ 'if-modified-since': EARLIER }, undefined],
      [{ 'if-modified-since': 'Monday, 06-May-24 07:08:09 GMT' }, 304],
      [{ 'if-modified-since': 'Mon May  6 07:08:09 2024' }, 304],
      [{ 'if-modified-since': 'Mon May  6 07:08:08 2024' }, undefined],
      [{ 'if-modified-since': '2099' }, undefined],
      [{ 'if-modified-since': '2099-01-01' }, undefined],
      [{ 'if-modified-since': 'tomorrow' }, undefined],
    ],
    strong,
  );
  check([[{ 'if-modified-since': LATER }, undefined]], { etag: '"a"' });
});

test('If-Match compares strongly, and comes before If-Unmodified-Since', () => {
  check(
    [
      [{ 'if-match': '"a"' }, undefined],
      [{ 'if-match': '"b", "a"' }, undefined],
      [{ 'if-match': '*' }, undefined],
      [{ 'if-match': 'W/"a"' }, 412],
      [{ 'if-match': '"b"' }, 412],
      [{ 'if-match': '"a"', 'if-unmodified-since': EARLIER }, undefined],
      [{ 'if-unmodified-since': EARLIER }, 412],
      [{ 'if-unmodified-since': DATE }, undefined],
      [{ 'if-unmodified-since': 'never' }, undefined],
      [{ 'if-match': '"b"', 'if-none-match': '"a"' }, 412],
      [{ 'if-match': '"a"', 'if-none-match': '"a"' }, 304],
    ],
    strong,
  );
  check([[{ 'if-match': '"a"' }, 412]], weak);
  check([[{ 'if-match': 'W/"a"' }, 412]], weak);
});

test('what changes something is refused where what reads is told that nothing is new', () => {
  check(
    [
      [{ 'if-none-match': '*' }, 412],
      [{ 'if-none-match': '"a"' }, 412],
      [{ 'if-none-match': '"b"' }, undefined],
      [{ 'if-modified-since': LATER }, undefined],
      [{ 'if-match': '"b"' }, 412],
    ],
    strong,
    'PUT',
  );
});

test('If-Range is for exactly what the client has a part of', () => {
  assert.equal(rangeApplies(null, strong), true);
  for (const [header, expected] of [
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    [DATE, true],
    [LATER, false],
    [EARLIER, false],
    ['nonsense', false],
  ] as const)
    assert.equal(rangeApplies(header, strong), expected, header);
  assert.equal(rangeApplies('W/"a"', weak), false);
  assert.equal(rangeApplies('"a"', weak), false);
});
