import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeMachine } from './machine.ts';

test('the machine is told by what decides its figures', () => {
  const { cpu, cores, memory, kernel, node, modnet } = describeMachine();
  assert.notEqual(cpu, '');
  assert.ok(cores >= 1 && memory > 2 ** 20);
  assert.match(kernel, /^\w+ \d/);
  assert.equal(node, process.version);
  assert.match(modnet, /^\d+\.\d+\.\d+/);
});
