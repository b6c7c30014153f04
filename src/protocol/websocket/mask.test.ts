import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mask } from './mask.ts';

/** Byte by byte, as RFC 6455 section 5.3 says it. */
function plainly(bytes: Uint8Array, key: number, skip: number): number[] {
  const octets = [key & 0xff, (key >>> 8) & 0xff, (key >>> 16) & 0xff, key >>> 24];
  return Array.from(bytes, (byte, index) => byte ^ octets[(index + skip) & 3]!);
}

test('any bytes anywhere in any buffer, from any byte of the key', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.nat(20),
      fc.nat(9),
      fc.nat(5),
      (content, key, skip, before, behind) => {
        const whole = new Uint8Array(before + content.length + behind).fill(0x55);
        const bytes = whole.subarray(before, before + content.length);
        bytes.set(content);
        mask(bytes, key, skip);
        assert.deepEqual([...bytes], plainly(content, key, skip));
        assert.ok(whole.subarray(0, before).every((byte) => byte === 0x55));
        assert.ok(whole.subarray(before + content.length).every((byte) => byte === 0x55));
        mask(bytes, key, skip);
        assert.deepEqual(bytes, content);
      },
    ),
    { numRuns: 500 },
  );
});
