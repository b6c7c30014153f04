import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL, experiments, findExperiments } from './experiments.ts';
import type { Experiment } from './finding.ts';

function experiment(name: string): Experiment {
  return { name, about: name, seconds: { full: 2, quick: 1 }, run: () => Promise.reject(new Error(name)) };
}

const three = ['a', 'b', 'c'].map(experiment);
const namesOf = (found: readonly Experiment[]): string[] => found.map(({ name }) => name);

test('experiments are found by name, each once, in the order of the names', () => {
  assert.deepEqual(namesOf(findExperiments(['c', 'a', 'c'], three)), ['c', 'a']);
});

test('all is all of them, also beside names', () => {
  assert.deepEqual(namesOf(findExperiments(['b', ALL], three)), ['a', 'b', 'c']);
});

test('an unknown name is refused with the list, also beside all', () => {
  for (const names of [['x'], ['a', 'x'], [ALL, 'x']]) {
    assert.throws(() => findExperiments(names, three), /No experiment is called "x"; there are a, b, c, all/);
  }
});

test('the experiments have distinct names that can be typed, one line about them, and need less time when quick', () => {
  const names = namesOf(experiments);
  assert.equal(new Set([...names, ALL]).size, names.length + 1);
  for (const { name, about, seconds } of experiments) {
    assert.match(name, /^[a-z][a-z-]*$/);
    assert.match(about, /^[^\n]{10,90}$/);
    assert.ok(seconds.quick <= seconds.full, name);
  }
});
