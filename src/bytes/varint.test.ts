import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeVarint, MAX_VARINT_LENGTH, VarintDecoder, varintLength, writeVarint } from './varint.ts';

/** Values of every length, not mostly of the longest. */
const values = fc
  .tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.nat(63))
  .map(([value, shift]) => value >> BigInt(shift));

function decodeAll(decoder: VarintDecoder, bytes: Uint8Array): bigint[] {
  const found: bigint[] = [];
  for (const byte of bytes) if (decoder.push(byte)) found.push(decoder.bigValue);
  return found;
}

test('encode and decode are inverse, one value after another', () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 8 }), (list) => {
      const decoder = new VarintDecoder();
      const bytes = Uint8Array.from(list.flatMap((value) => [...encodeVarint(value)]));
      assert.deepEqual(decodeAll(decoder, bytes), list);
      assert.equal(decoder.pending, false);
    }),
  );
});

test('a number is exact as far as numbers are', () => {
  fc.assert(
    fc.property(fc.tuple(fc.maxSafeNat(), fc.nat(52)), ([large, shift]) => {
      const value = Math.floor(large / 2 ** shift);
      const decoder = new VarintDecoder();
      for (const byte of encodeVarint(value)) decoder.push(byte);
      assert.equal(decoder.value, value);
      assert.equal(varintLength(value), encodeVarint(value).length);
      assert.deepEqual(encodeVarint(value), encodeVarint(BigInt(value)));
    }),
  );
});

test('the examples of the encoding guide of Protocol Buffers', () => {
  assert.deepEqual(encodeVarint(0), Uint8Array.of(0));
  assert.deepEqual(encodeVarint(150), Uint8Array.of(0x96, 0x01));
  assert.deepEqual(encodeVarint(2n ** 64n - 1n), Uint8Array.of(...Array(9).fill(0xff), 0x01));
  assert.equal(varintLength(2n ** 64n - 1n), MAX_VARINT_LENGTH);
});

test('asks for more until the last byte', () => {
  const decoder = new VarintDecoder();
  assert.equal(decoder.push(0x96), false);
  assert.equal(decoder.pending, true);
  assert.equal(decoder.push(0x01), true);
  assert.equal(decoder.length, 2);
  assert.equal(decoder.value, 150);
});

test('refuses more than 64 bits', () => {
  const tooLarge = [...Array(9).fill(0xff), 0x02];
  const tooLong = Array(10).fill(0x80);
  for (const bytes of [tooLarge, tooLong])
    for (const overlong of ['error', 'accept'] as const)
      assert.throws(
        () => decodeAll(new VarintDecoder({ overlong }), Uint8Array.from(bytes)),
        /more than 64 bits/,
      );
});

test('refuses an overlong form unless it is asked for', () => {
  assert.throws(() => decodeAll(new VarintDecoder(), Uint8Array.of(0x80, 0x00)), /of 2 bytes is overlong/);
  assert.deepEqual(decodeAll(new VarintDecoder({ overlong: 'accept' }), Uint8Array.of(0x85, 0x80, 0x00)), [
    5n,
  ]);
});

test('refuses what is no unsigned 64-bit number', () => {
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN, -1n, 2n ** 64n])
    assert.throws(() => encodeVarint(value), RangeError);
});

test('writes where it is told, and not past the end', () => {
  const bytes = new Uint8Array(4);
  assert.equal(writeVarint(300, bytes, 1), 3);
  assert.deepEqual(bytes, Uint8Array.of(0, 0xac, 0x02, 0));
  assert.throws(() => writeVarint(300, bytes, 3), /does not fit at 3/);
  assert.equal(bytes[3], 0);
});
