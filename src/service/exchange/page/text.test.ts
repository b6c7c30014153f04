import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable } from '../../../bytes/index.ts';
import { parseCommand as parseLine } from '../command.ts';
import { load } from './test-modules.ts';

const text = await load('text.js');
const { parseCommand, COMMANDS } = await load('commands.js');

test('the page makes text harmless as the terminal does', () => {
  const tricky = fc.constantFrom(
    '\u202e',
    '\u200d',
    '\ufe0f',
    '\t',
    '\n',
    '\x1b',
    '\x7f',
    '\ud800',
    '👩',
    '👧',
    'क',
    'ا',
    'a',
    '🏽',
    '\u{e0041}',
  );
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(tricky).map((parts) => parts.join('')),
  );
  fc.assert(fc.property(any, (value) => assert.equal(text.printable(value), printable(value))));
});

test('lines stay lines, and nothing else breaks them', () => {
  assert.equal(text.printableLines('a\r\nb\rc\nd\u2028e'), 'a\nb\nc\nd\uFFFDe');
});

test('links are http and https only, without what ends a sentence', () => {
  const links = (value: string): string[] =>
    text.withLinks(value).flatMap(({ href }: { href?: string }) => (href === undefined ? [] : [href]));
  assert.deepEqual(links('see https://a.test/x?y=1, (http://b.test) and HTTP://C.test.'), [
    'https://a.test/x?y=1',
    'http://b.test/',
    'http://c.test/',
  ]);
  for (const none of [
    'javascript:alert(1)',
    'data:text/html,x',
    'http://',
    'ftp://a.test',
    'https://user:pass@a.test/',
    'xhttp://a',
  ])
    assert.deepEqual(links(none), [], none);
  const part = fc.constantFrom('http://', 'a.test', ' ', '(', ')', '.', '<', '"', 'x', 'https://b/c');
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const value = parts.join('');
      assert.equal(
        text
          .withLinks(value)
          .map((one: { text: string }) => one.text)
          .join(''),
        value,
      );
    }),
  );
});

test('a name has one colour and one letter', () => {
  assert.equal(text.hueOf('Anna'), text.hueOf('anna'));
  assert.ok(text.hueOf('anna') < text.HUES);
  assert.equal(text.initialOf('ünal'), 'Ü');
  assert.equal(text.initialOf('👩‍👧x'), '👩‍👧');
  assert.equal(text.initialOf(''), '?');
});

test('what is typed means what it means at a terminal', () => {
  assert.equal(parseCommand('  '), null);
  for (const line of ['hello', '//path', '/me waves', '/msg anna psst there', ' /no command'])
    assert.deepEqual(parseCommand(line), parseLine(line));
  assert.deepEqual(parseCommand('/JOIN #dev'), { type: 'join', value: 'dev' });
  assert.deepEqual(parseCommand('/msg @anna one\ntwo'), { type: 'msg', to: 'anna', body: 'one\ntwo' });
  assert.deepEqual(parseCommand('/me\nwaves'), { type: 'me', body: 'waves' });
  for (const wrong of ['/nick', '/join', '/msg anna', '/constructor', '/'])
    assert.equal(parseCommand(wrong)?.type, 'wrong', wrong);
  for (const [form] of COMMANDS)
    assert.notEqual(parseCommand(`${form}`.replaceAll(/[[\]]/g, ''))?.type, 'wrong', form);
});
