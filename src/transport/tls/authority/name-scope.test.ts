import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeScope, encodeScope, isInScope, PRIVATE_SCOPE } from './name-scope.ts';
import { parseSubjectName } from './subject-name.ts';

function isPermitted(name: string, scope = PRIVATE_SCOPE): boolean {
  return isInScope(parseSubjectName(name), scope);
}

test('private names and networks are in the scope, those of others are not', () => {
  for (const name of [
    'localhost',
    'a.localhost',
    '*.box.local',
    'nas.lan',
    '127.3.2.1',
    '172.31.0.1',
    '::1',
    'fd00::1',
  ])
    assert.equal(isPermitted(name), true, name);
  for (const name of ['example.com', 'notlocal', 'local.com', '8.8.8.8', '172.32.0.1', '::2', '2001:db8::1'])
    assert.equal(isPermitted(name), false, name);
});

test('an address alone is a network of one', () => {
  assert.equal(isPermitted('203.0.113.7', ['203.0.113.7']), true);
  assert.equal(isPermitted('203.0.113.8', ['203.0.113.7']), false);
  assert.equal(isPermitted('10.1.2.3', ['0.0.0.0/0']), true);
  assert.equal(isPermitted('10.3.0.1', ['10.2.0.0/15']), true);
});

test('a scope survives its encoding', () => {
  assert.deepEqual(decodeScope(encodeScope(PRIVATE_SCOPE)), PRIVATE_SCOPE);
  const many = Array.from({ length: 40 }, (_, index) => `domain-${index}.test`);
  assert.deepEqual(decodeScope(encodeScope(many)), many);
});

test('what is cut off or no extension at all decodes to what is there', () => {
  const encoded = encodeScope(PRIVATE_SCOPE);
  for (let length = 0; length < encoded.length; length++) decodeScope(encoded.subarray(0, length));
  assert.deepEqual(decodeScope(encoded.subarray(0, encoded.length - 1)), []);
});

test('a bad entry is refused by its name', () => {
  for (const entry of ['10.0.0.0/33', '::/129', 'a/8', '*.box.local', 'b@x.test'])
    assert.throws(() => encodeScope([entry]), { code: 'protocol', fault: 'local' }, entry);
});
