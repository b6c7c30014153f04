import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memberName, nameKey, roomName } from './names.ts';

test('names of every script are taken, in compatibility form', () => {
  for (const name of ['anna', 'Åsa', '山田', 'Ольга', 'guest-1', "o'neill", 'x.y_z', '👍'])
    assert.equal(memberName(name, 32).text, name.normalize('NFKC'));
  assert.equal(memberName('ｂｏｂ', 32).text, 'bob');
});

test('names that people cannot tell apart are the same', () => {
  for (const [a, b] of [
    ['Anna', 'aNNA'],
    ['straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁn', 'FIN'],
    ['e\u0301va', 'Éva'],
  ] as const)
    assert.equal(memberName(a, 32).key, memberName(b, 32).key);
  assert.notEqual(nameKey('anna'), nameKey('anne'));
});

test('what controls, hides, separates or belongs to the syntax is refused', () => {
  const bad = [
    '',
    ' ',
    'a b',
    'a\u00a0b',
    'a\tb',
    'a\nb',
    'a\0b',
    '\x1b[31m',
    'a\x9bb',
    'a\u202eb',
    'a\u2066b',
  ];
  bad.push(
    'a\u200bb',
    'a\u200db',
    '\u3164',
    'a\u2800',
    'a\ud800',
    '\ue000',
    'a\u00ad',
    '\u0301a',
    '#a',
    '@a',
  );
  bad.push(
    '/a',
    'a<b',
    'a>b',
    'a:b',
    'a,b',
    'a*',
    'a\\b',
    'a"b',
    'a`b',
    'a|b',
    'a;b',
    'exchange',
    'EXCHANGE',
  );
  for (const name of bad)
    assert.throws(() => memberName(name, 32), { refusal: 'bad-name' }, JSON.stringify(name));
});

test('marks are taken as far as languages pile them', () => {
  for (const name of ['Tiếng', 'שָׁלוֹם', `x${'\u0301'.repeat(4)}`]) assert.ok(memberName(name, 32).key);
  assert.throws(() => memberName(`x${'\u0301\u0316'.repeat(3)}`, 32), /piles more than four marks/);
});

test('the length is counted in characters, before anything costs time', () => {
  assert.equal(memberName('👍'.repeat(32), 32).text.length, 64);
  assert.throws(() => memberName('a'.repeat(33), 32), { message: 'The name is longer than 32 characters' });
  assert.throws(() => memberName('\ufdfa'.repeat(3), 32), /longer/);
  assert.throws(() => memberName('x'.repeat(1_000_000), 32), /longer/);
});

test('a room may be written with its sign, and its refusals speak of rooms', () => {
  assert.deepEqual(roomName('#Lobby', 32), { text: 'Lobby', key: 'lobby' });
  assert.throws(() => roomName('##x', 32), { refusal: 'bad-room' });
  assert.throws(() => roomName('#', 32), { refusal: 'bad-room' });
});

test('any text is a name that means itself, or is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      try {
        const name = memberName(text, 32);
        assert.deepEqual(memberName(name.text, 32), name);
        assert.equal(nameKey(name.key), name.key);
        assert.doesNotMatch(name.text, /[\p{C}\p{Z}]/u);
      } catch (error) {
        assert.equal((error as { refusal?: string }).refusal, 'bad-name');
      }
    }),
  );
});

test('a name does not mix alphabets that look alike, and may mix others', () => {
  for (const name of ['qu\u0456et', '\u0455erver', 'alph\u03b1']) {
    assert.throws(() => memberName(name, 32), /mixes alphabets that look alike/);
  }
  for (const name of ['Анна', 'Ζωή', 'tanaka田中', 'José-2', 'user_١']) assert.ok(memberName(name, 32).key);
});
