import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Crc32, InternetChecksum, updateInternetChecksum } from './checksum.ts';

const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 });

function join(list: Uint8Array[]): Uint8Array {
  return Uint8Array.from(list.flatMap((bytes) => [...bytes]));
}

/** By the letter of RFC 1071 section 1: fold the carry at each word. */
function plainInternetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) {
    sum += bytes[index]! * 256 + (bytes[index + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

test('the example of RFC 1071 section 3', () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(new InternetChecksum().update(bytes).value, ~0xddf2 & 0xffff);
});

test('the Internet checksum does not depend on how the bytes come', () => {
  fc.assert(
    fc.property(pieces, (list) => {
      const checksum = new InternetChecksum();
      for (const bytes of list) checksum.update(bytes);
      assert.equal(checksum.value, plainInternetChecksum(join(list)));
    }),
  );
});

test('bytes with their Internet checksum give 0', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const { value } = new InternetChecksum().update(Uint8Array.of(0, 0)).update(bytes);
      const whole = new InternetChecksum().update(Uint8Array.of(value >> 8, value & 0xff)).update(bytes);
      assert.equal(whole.value, 0);
    }),
  );
});

test('a checksum is corrected for one word without the others', () => {
  // RFC 1624 section 4.
  assert.equal(updateInternetChecksum(0xdd2f, 0x5555, 0x3285), 0x0000);
  fc.assert(
    fc.property(fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), (other, before, after) => {
      // Of all zeros the sum has two forms, which RFC 1624 leaves out; a header is never all zeros.
      const sumOf = (word: number): number =>
        new InternetChecksum().update(
          Uint8Array.of(0x45, 0, other >> 8, other & 0xff, word >> 8, word & 0xff),
        ).value;
      assert.equal(updateInternetChecksum(sumOf(before), before, after), sumOf(after));
    }),
  );
});

test('CRC-32 is that of zlib, however the bytes come', () => {
  assert.equal(new Crc32().update(new TextEncoder().encode('123456789')).value, 0xcbf43926);
  fc.assert(
    fc.property(pieces, (list) => {
      const checksum = new Crc32();
      for (const bytes of list) checksum.update(bytes);
      assert.equal(checksum.value, crc32(join(list)));
    }),
  );
});
