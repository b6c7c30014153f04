import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fields, NO_FIELDS } from './fields.ts';

const fields = new Fields(
  'HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nA-Very-Long: 1\r\nset-cookie:\t c \r\nEmpty:\r\n\r\n',
  17,
  4,
);

test('finds fields in whatever letters, and joins several', () => {
  assert.equal(fields.size, 4);
  assert.equal(fields.get('a-very-long'), '1');
  assert.equal(fields.get('A-VERY-LONG'), '1');
  assert.equal(fields.get('SET-cookie'), 'a=b, c');
  assert.deepEqual(fields.getAll('Set-Cookie'), ['a=b', 'c']);
  assert.equal(fields.get('empty'), '');
  assert.equal(fields.has('Empty'), true);
});

test('finds nothing that is no field', () => {
  for (const name of [
    '',
    'a-very',
    'cookie',
    'HTTP/1.1 200 OK\r\nSet-Cookie',
    'a=b',
    ' c',
    ': 1',
    '\r\n',
    'http/1.1 200 ok',
    'ſet-cookie',
  ])
    assert.equal(fields.get(name), undefined, name);
  assert.deepEqual(fields.getAll('x'), []);
  assert.equal(fields.has('very-long'), false);
});

test('gives them in order, names in small letters', () => {
  assert.deepEqual(
    [...fields],
    [
      ['set-cookie', 'a=b'],
      ['a-very-long', '1'],
      ['set-cookie', 'c'],
      ['empty', ''],
    ],
  );
  assert.deepEqual([...NO_FIELDS], []);
  assert.equal(NO_FIELDS.get('a'), undefined);
  assert.deepEqual([...Fields.of([['A', 'b: c']])], [['a', 'b: c']]);
});
