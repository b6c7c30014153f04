import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Slab } from './slab.ts';

test('regions follow one another and never overlap', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 20 }), (lengths) => {
      const slab = new Slab(400);
      let used = 0;
      for (const length of lengths) {
        if (length > slab.free) {
          assert.throws(() => slab.take(length), RangeError);
          continue;
        }
        const region = slab.take(length);
        assert.equal(region.buffer, slab.buffer);
        assert.equal(region.byteOffset, used);
        assert.equal(region.length, length);
        used += length;
        assert.equal(slab.used, used);
        assert.equal(slab.free, 400 - used);
      }
    }),
  );
});

test('a region shows what was written before it was taken', () => {
  const slab = new Slab(16);
  new Uint8Array(slab.buffer).set([1, 2, 3], slab.used);
  assert.deepEqual(slab.take(3), Uint8Array.of(1, 2, 3));
  assert.equal(slab.used, 3);
});

test('refuses a size or a length that makes no sense', () => {
  for (const size of [0, -1, 1.5, Number.NaN]) assert.throws(() => new Slab(size), RangeError);
  const slab = new Slab(8);
  slab.take(8);
  assert.throws(() => slab.take(1), /1 bytes asked of a slab with 0 free/);
  assert.throws(() => slab.take(-1), RangeError);
  assert.equal(slab.used, 8);
});

test('what is given back is handed out again', () => {
  const slab = new Slab(16);
  slab.take(4);
  slab.take(8);
  slab.giveBack(8);
  assert.equal(slab.used, 4);
  assert.equal(slab.take(12).byteOffset, 4);
  assert.throws(() => slab.giveBack(17), /17 bytes given back to a slab that gave 16/);
});
