import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable } from './printable.ts';

test('harmless text comes back as it is', () => {
  const samples = ['', 'hello, world ~!', 'Grüße', '日本語', 'e\u0301', 'עברית', '👍🏽', '♥\uFE0F'];
  for (const text of samples) assert.equal(printable(text), text);
});

test('terminal sequences lose what makes them work', () => {
  assert.equal(printable('\x1b[2J\x1b]0;title\x07'), '␛[2J␛]0;title␇');
  assert.equal(printable('a\r\nb\0c\x7fd'), 'a␍␊b␀c␡d');
  assert.equal(printable('\x9b31m\x85'), '\uFFFD31m\uFFFD');
});

test('a tab is a space', () => {
  assert.equal(printable('a\tb'), 'a b');
});

test('what turns or hides text is shown', () => {
  for (const code of [
    0x202a, 0x202e, 0x2066, 0x2069, 0x200b, 0x200f, 0x2060, 0x2028, 0x2029, 0xfeff, 0xad, 0xe0041, 0x3164,
    0xfff9,
  ]) {
    assert.equal(printable(`a${String.fromCodePoint(code)}b`), 'a\uFFFDb', code.toString(16));
  }
});

test('a lone surrogate is replaced', () => {
  assert.equal(printable('a\ud800b'), 'a\uFFFDb');
});

test('joiners stay where a script or an emoji needs them and nowhere else', () => {
  const family = '👨\u200D👩\u200D👧';
  const rainbow = '🏳\uFE0F\u200D🌈';
  const persian = 'می\u200Cخواهم';
  for (const text of [family, rainbow, persian]) assert.equal(printable(text), text);
  assert.equal(printable('ad\u200Dmin'), 'ad\uFFFDmin');
  assert.equal(printable('\u200D👩'), '\uFFFD👩');
});

test('a variation selector stays only on something visible', () => {
  assert.equal(printable('☺\uFE0F'), '☺\uFE0F');
  assert.equal(printable('☺\uFE0F\uFE0F'), '☺\uFE0F\uFFFD');
  assert.equal(printable(' \uFE0F'), ' \uFFFD');
});

test('any text ends up without controls, as long as it was, and stable', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = printable(text);
      assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\u200b]/u);
      assert.equal([...shown].length, [...text].length);
      assert.equal(printable(shown), shown);
    }),
  );
});
