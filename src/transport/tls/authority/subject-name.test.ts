import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NetError } from '../../../core/error.ts';
import { MAX_NAMES, parseSubjectName, parseSubjectNames } from './subject-name.ts';

const GOOD: readonly (readonly [text: string, type: string, value: string])[] = [
  ['localhost', 'dns', 'localhost'],
  ['LOCALHOST', 'dns', 'localhost'],
  ['bücher.test', 'dns', 'xn--bcher-kva.test'],
  ['*.box.local', 'dns', '*.box.local'],
  ['*.bücher.test', 'dns', '*.xn--bcher-kva.test'],
  ['127.0.0.1', 'ip', '127.0.0.1'],
  ['::1', 'ip', '::1'],
  ['[0:0:0:0:0:0:0:1]', 'ip', '::1'],
  ['FE80::ABCD', 'ip', 'fe80::abcd'],
];

for (const [text, type, value] of GOOD) {
  test(`${text} is read`, () => assert.deepEqual(parseSubjectName(text), { type, value }));
}

const BAD: readonly (readonly [text: string, words: RegExp])[] = [
  ['', /it is empty/],
  ['127.1', /no IPv4 address/],
  ['1.2.3.256', /no IPv4 address/],
  ['x.0x1f', /no IPv4 address/],
  ['1::2::3', /no IPv6 address/],
  ['fe80::1%eth0', /a scope/],
  ['localhost:8443', /no port/],
  ['https://box.local/x', /the host alone: box\.local/],
  ['a..b', /letters, digits and hyphens/],
  ['-a.test', /letters, digits and hyphens/],
  ['a_b.test', /letters, digits and hyphens/],
  ['a b', /letters, digits and hyphens/],
  ['0x/', /letters, digits and hyphens/],
  ['１２７.１', /reads as an IPv4 address/],
  ['box.local.', /last dot/],
  ['*', /whole first label/],
  ['a*.box.local', /whole first label/],
  ['*.local', /two labels/],
  [`${'a'.repeat(64)}.test`, /longer than 63|no domain name/],
  [Array(64).fill('abc').join('.'), /longer than 253|no domain name/],
  ['me@box.local', /clients/],
];

for (const [text, words] of BAD) {
  test(`${JSON.stringify(text.slice(0, 30))} is refused with the reason`, () => {
    assert.throws(() => parseSubjectName(text), { code: 'protocol', fault: 'local', message: words });
  });
}

test('clients also have e-mail addresses and URIs', () => {
  assert.deepEqual(parseSubjectName('me@Bücher.test', 'client'), {
    type: 'email',
    value: 'me@xn--bcher-kva.test',
  });
  assert.deepEqual(parseSubjectName('spiffe://box.local/a', 'client'), {
    type: 'url',
    value: 'spiffe://box.local/a',
  });
  assert.throws(() => parseSubjectName('m e@box.local', 'client'), /before the @/);
  assert.throws(() => parseSubjectName('file:///etc', 'client'), /no URI with a host/);
});

test('names are counted once and not beyond the limit', () => {
  const names = parseSubjectNames(['localhost', 'LOCALHOST', '::1', '0::1'], 'server');
  assert.deepEqual(
    names.map(({ value }) => value),
    ['localhost', '::1'],
  );
  const many = Array.from({ length: MAX_NAMES + 1 }, (_, index) => `a${index}.test`);
  assert.equal(parseSubjectNames(many.slice(1), 'server').length, MAX_NAMES);
  assert.throws(() => parseSubjectNames(many, 'server'), { code: 'limit' });
  assert.throws(() => parseSubjectNames([], 'server'), { code: 'limit' });
});

test('any text is a name that reads as itself again, or a NetError', () => {
  const pieces = fc.constantFrom(
    'a',
    '*',
    '.',
    '-',
    ':',
    '1',
    '[',
    ']',
    '@',
    '/',
    '%',
    'ü',
    '\0',
    '0x',
    'xn--',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), fc.constantFrom('server', 'client'), (parts, use) => {
      try {
        const name = parseSubjectName(parts.join(''), use);
        assert.deepEqual(parseSubjectName(name.value, use), name);
      } catch (thrown) {
        if (!(thrown instanceof NetError)) throw thrown;
      }
    }),
    { numRuns: 500 },
  );
});
