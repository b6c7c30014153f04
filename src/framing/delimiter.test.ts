import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { delimiter } from './delimiter.ts';

const letters = (maxLength: number, minLength = 0) =>
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength, maxLength });

test('cuts where the platform would cut, at any split', () => {
  fc.assert(
    fc.property(letters(5, 1), fc.array(letters(12, 1), { maxLength: 8 }), (mark, parts) => {
      const framing = delimiter({ delimiter: mark });
      const found: string[] = [];
      for (const part of parts) {
        framing.receive(Buffer.from(part), 0);
        for (let message = framing.next(); message !== null; message = framing.next())
          found.push(Buffer.from(message).toString());
      }
      assert.deepEqual(found, parts.join('').split(mark).slice(0, -1));
    }),
    { numRuns: 2000 },
  );
});

test('sends exactly what would be read back', () => {
  fc.assert(
    fc.property(letters(4, 1), letters(10), (mark, message) => {
      const sender = delimiter({ delimiter: mark });
      const readBack = `${message}${mark}`.split(mark);
      const faithful = readBack.length === 2 && readBack[0] === message && readBack[1] === '';
      if (!faithful) {
        assert.throws(() => sender.send(Buffer.from(message), 0), { code: 'protocol', fault: 'local' });
        assert.equal(sender.take(), null);
        return;
      }
      sender.send(Buffer.from(message), 0);
      assert.equal(Buffer.from(sender.take()!).toString(), message + mark);
    }),
    { numRuns: 2000 },
  );
});

test('the delimiter is held to its limits, and is a copy', () => {
  assert.throws(() => delimiter({ delimiter: '' }), { code: 'protocol', fault: 'local' });
  assert.throws(() => delimiter({ delimiter: new Uint8Array(257) }), /257 bytes; it must have 1 to 256/);
  const mark = Uint8Array.of(9);
  const framing = delimiter({ delimiter: mark });
  mark[0] = 1;
  framing.receive(Uint8Array.of(1, 9), 0);
  assert.deepEqual(framing.next(), Uint8Array.of(1));
});

test('a message that ends without its delimiter says how much was there', () => {
  const framing = delimiter({ delimiter: ';' });
  framing.receive(Buffer.from('abc'), 0);
  framing.receive(null, 0);
  assert.throws(() => framing.next(), /within a message, before its delimiter, after 3 bytes/);
});
