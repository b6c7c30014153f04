import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByName, dnsNames } from './names.ts';

const byName = new ByName([
  { names: ['first.test'], value: 'first' },
  { names: ['*.example.test', 'exact.example.test'], value: 'wild' },
  { names: ['special.example.test', 'first.test'], value: 'special' },
]);

test('an exact name goes before a wildcard, and a wildcard before the first', () => {
  assert.equal(byName.find('special.example.test'), 'special');
  assert.equal(byName.find('other.example.test'), 'wild');
  assert.equal(byName.find('first.test'), 'first');
  assert.equal(byName.find('nobody.test'), 'first');
  assert.equal(byName.find(undefined), 'first');
});

test('a wildcard stands for one label', () => {
  assert.equal(byName.find('a.b.example.test'), 'first');
  assert.equal(byName.find('example.test'), 'first');
});

test('only the names of servers are taken from a certificate', () => {
  assert.deepEqual(dnsNames('DNS:A.test, IP Address:127.0.0.1, DNS:*.b.test, URI:x'), ['a.test', '*.b.test']);
  assert.deepEqual(dnsNames(undefined), []);
});
