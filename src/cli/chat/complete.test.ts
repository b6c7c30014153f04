import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete } from './complete.ts';

const known = { members: ['anna', 'Bob', 'bert'], rooms: ['lobby', 'logs', 'dev'] };

test('commands, with a space where something follows', () => {
  assert.deepEqual(complete('/h', known), [['/help', '/history '], '/h']);
  assert.deepEqual(complete('/j', known), [['/join '], '/j']);
});

test('rooms and members where a command takes them', () => {
  assert.deepEqual(complete('/join lo', known), [['lobby', 'logs'], 'lo']);
  assert.deepEqual(complete('/leave #d', known), [['#dev'], '#d']);
  assert.deepEqual(complete('/msg b', known), [['Bob ', 'bert '], 'b']);
});

test('names in a text, with a colon at its beginning', () => {
  assert.deepEqual(complete('an', known), [['anna: '], 'an']);
  assert.deepEqual(complete('ask an', known), [['anna '], 'an']);
});

test('nothing for nothing', () => {
  assert.deepEqual(complete('', known), [[], '']);
  assert.deepEqual(complete('hello ', known), [[], '']);
  assert.deepEqual(complete('/nick a', known)[1], 'a');
});
