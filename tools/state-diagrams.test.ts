import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, mermaidOf, replaceBetween, staleDocuments } from './state-diagrams.ts';

const TABLE = { off: { push: 'half-on', kick: 'half-on' }, 'half-on': { push: 'on', wait: 'half-on' } };

test('draws each way once, and where it begins and ends', () => {
  assert.equal(
    mermaidOf(TABLE, 'off'),
    [
      '```mermaid',
      'stateDiagram-v2',
      '  state "half-on" as half_on',
      '  [*] --> off',
      '  off --> half_on: push, kick',
      '  half_on --> on: push',
      '  half_on --> half_on: wait',
      '  on --> [*]',
      '```',
    ].join('\n'),
  );
});

test('replaces what stands between the markers, and nothing else', () => {
  const document = 'a\n<!-- states: x -->\nold\n<!-- /states -->\nb\n';
  const right = drawn(document, [{ name: 'x', document: '', table: TABLE, start: 'off' }]);
  assert.equal(right, document.replace('old', mermaidOf(TABLE, 'off')));
  assert.equal(drawn(right, [{ name: 'x', document: '', table: TABLE, start: 'off' }]), right);
  assert.throws(() => replaceBetween('a', '<b>', '<e>', ''), /<b> and <e>/);
});

test('the diagrams in the documents are those of the tables', () => {
  assert.deepEqual(staleDocuments(false), [], 'run `node tools/state-diagrams.ts --fix`');
});
