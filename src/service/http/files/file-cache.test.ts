import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BELIEF, type Cached, FileCache, MAX_BYTES, MAX_ENTRIES } from './file-cache.ts';

class Thing implements Cached {
  held: number;
  current = true;
  looks = 0;
  released = 0;

  constructor(held = 0) {
    this.held = held;
  }
  isCurrent(): boolean {
    this.looks++;
    return this.current;
  }
  release(): void {
    this.released++;
  }
}

test('an entry is believed for a while, then looked at', () => {
  let now = 0;
  const cache = new FileCache<Thing>(() => now);
  const thing = new Thing();
  cache.put('a', thing);
  now = BELIEF - 1;
  assert.equal(cache.get('a'), thing);
  assert.equal(thing.looks, 0);
  now = BELIEF;
  assert.equal(cache.get('a'), thing);
  assert.equal(cache.get('a'), thing);
  assert.equal(thing.looks, 1);
  now = 2 * BELIEF;
  thing.current = false;
  assert.equal(cache.get('a'), undefined);
  assert.deepEqual([thing.looks, thing.released], [2, 1]);
});

test('the one that was not confirmed for longest goes when there are too many', () => {
  let now = 0;
  const cache = new FileCache<Thing>(() => now);
  const things = Array.from({ length: MAX_ENTRIES }, () => new Thing());
  for (const [at, thing] of things.entries()) cache.put(`${at}`, thing);
  now = BELIEF;
  cache.get('0');
  cache.put('new', new Thing());
  assert.deepEqual([things[0]!.released, things[1]!.released, things[2]!.released], [0, 1, 0]);
  cache.clear();
  assert.ok(things.every(({ released }) => released === 1));
});

test('what is held in memory has a bound, also when an entry grows', () => {
  const cache = new FileCache<Thing>(() => 0);
  const [first, second, third] = [new Thing(MAX_BYTES / 2), new Thing(MAX_BYTES / 2), new Thing(1)];
  cache.put('first', first);
  cache.put('second', second);
  assert.equal(first.released, 0);
  cache.put('third', third);
  assert.deepEqual([first.released, second.released], [1, 0]);
  third.held = MAX_BYTES / 2 + 1;
  cache.weigh('third');
  assert.deepEqual([second.released, third.released], [1, 0]);
  cache.weigh('first');
});

test('a value in the place of another releases it', () => {
  const cache = new FileCache<Thing>(() => 0);
  const [one, two] = [new Thing(), new Thing()];
  cache.put('a', one);
  cache.put('a', two);
  assert.deepEqual([one.released, two.released], [1, 0]);
  assert.equal(cache.get('a'), two);
});
