import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLIENT, follow, SERVER, STATE_TABLES, type StateTable } from './state.ts';

/** States that can be reached from the beginning, without faults. */
function reached(table: StateTable): Set<string> {
  const states = new Set<string>(['idle']);
  for (const state of states)
    for (const next of Object.values(table[state as keyof StateTable] ?? {})) states.add(next);
  return states;
}

test('every state of the tables can be reached, and ends somewhere', () => {
  for (const table of Object.values(STATE_TABLES)) {
    const states = reached(table);
    for (const state of Object.keys(table)) assert.ok(states.has(state), state);
    const last = [...states].filter((state) => !(state in table));
    assert.deepEqual(last.sort(), ['closed', 'switched']);
  }
});

test('a message after another, and none after the last', () => {
  assert.equal(follow(CLIENT, 'idle', 'request'), 'send-body');
  assert.equal(follow(CLIENT, 'done', 'next'), 'idle');
  assert.throws(() => follow(CLIENT, 'must-close', 'next'), {
    code: 'busy',
    message: /"next" in the state "must-close"/,
  });
  assert.throws(() => follow(SERVER, 'send-body', 'response'), { code: 'busy' });
  assert.throws(() => follow(SERVER, 'closed', 'response'), { code: 'busy' });
  assert.equal(follow(SERVER, 'idle', 'response'), 'send-body', 'such as 408, before a request');
});
