import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reader, Writer } from './cursor.ts';

type Step = { width: number; write: (writer: Writer) => unknown; read: (reader: Reader) => void };

function number(name: 'u8' | 'u16' | 'u16le' | 'u32' | 'u32le', width: number): fc.Arbitrary<Step> {
  return fc.nat(2 ** (8 * width) - 1).map((value) => ({
    width,
    write: (writer) => writer[name](value),
    read: (reader) => assert.equal(reader[name](), value),
  }));
}

function big(name: 'u64' | 'u64le'): fc.Arbitrary<Step> {
  return fc.bigInt(0n, 2n ** 64n - 1n).map((value) => ({
    width: 8,
    write: (writer) => writer[name](value),
    read: (reader) => assert.equal(reader[name](), value),
  }));
}

const steps = fc.array(
  fc.oneof(
    number('u8', 1),
    number('u16', 2),
    number('u16le', 2),
    number('u32', 4),
    number('u32le', 4),
    big('u64'),
    big('u64le'),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => ({
      width: bytes.length,
      write: (writer: Writer) => writer.put(bytes),
      read: (reader: Reader) => assert.deepEqual(reader.take(bytes.length), bytes),
    })),
    fc.nat(5).map((count) => ({
      width: count,
      write: (writer: Writer) => writer.skip(count),
      read: (reader: Reader) => reader.skip(count),
    })),
  ),
  { maxLength: 20 },
);

test('what was written is read, and the ends meet', () => {
  fc.assert(
    fc.property(steps, fc.nat(7), (list, offset) => {
      const width = list.reduce((sum, step) => sum + step.width, 0);
      // Bytes that begin within a buffer: the views must not look at the buffer's own beginning.
      const bytes = new Uint8Array(width + offset).subarray(offset);
      const writer = new Writer(bytes);
      for (const step of list) step.write(writer);
      assert.equal(writer.left, 0);
      assert.equal(writer.written.length, width);
      const reader = new Reader(bytes);
      for (const step of list) step.read(reader);
      assert.equal(reader.left, 0);
      assert.equal(reader.offset, width);
      assert.equal(reader.rest().length, 0);
    }),
  );
});

test('endianness is the one that the name says', () => {
  const bytes = new Writer(28).u16(0x0102).u16le(0x0102).u32(0x01020304).u32le(0x01020304).u64(1n).u64le(1n);
  assert.equal(
    Buffer.from(bytes.bytes).toString('hex'),
    '01020201' + '0102030404030201' + '0000000000000001' + '0100000000000000',
  );
});

test('nothing is read or written past the end, and the place stays', () => {
  const reader = new Reader(Uint8Array.of(1, 2, 3));
  reader.u8();
  assert.throws(() => reader.u32(), /4 bytes asked at 1 of 3/);
  assert.throws(() => reader.take(3), RangeError);
  assert.throws(() => reader.skip(-1), RangeError);
  assert.equal(reader.u16(), 0x0203);
  const writer = new Writer(2).u8(9);
  assert.throws(() => writer.u16(1), /2 bytes do not fit at 1 of 2/);
  assert.throws(() => writer.put(Uint8Array.of(1, 2)), RangeError);
  assert.deepEqual(writer.u8(8).bytes, Uint8Array.of(9, 8));
});

test('views are views', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  assert.equal(new Reader(bytes).take(2).buffer, bytes.buffer);
  assert.equal(new Writer(bytes).u8(7).written.buffer, bytes.buffer);
  assert.equal(bytes[0], 7);
});
