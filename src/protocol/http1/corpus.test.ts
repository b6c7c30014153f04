import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RequestParser } from './request-parser.ts';
import { CORPUS } from './test-corpus.ts';
import { readAll, verdictOn } from './test-reading.ts';

for (const group of new Set(CORPUS.map((entry) => entry.group))) {
  test(`verdicts: ${group}`, () => {
    for (const entry of CORPUS.filter((other) => other.group === group))
      assert.equal(verdictOn(entry.text), entry.verdict, entry.name);
  });
}

test('every text of the corpus reads the same, byte by byte and cut in two anywhere', () => {
  for (const { name, text } of CORPUS) {
    const bytes = Buffer.from(text, 'latin1');
    const whole = readAll(new RequestParser(), [bytes], true);
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    assert.deepEqual(readAll(new RequestParser(), single, true), whole, `${name}, byte by byte`);
    const step = Math.max(1, Math.floor(bytes.length / 200));
    for (let cut = 1; cut < bytes.length; cut += step) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      assert.deepEqual(readAll(new RequestParser(), pieces, true), whole, `${name}, cut at ${cut}`);
    }
  }
});

test('pieces given without asking for events in between read the same', () => {
  for (const { name, text } of CORPUS) {
    const bytes = Buffer.from(text, 'latin1');
    const parser = new RequestParser();
    for (let at = 0; at < bytes.length; at += 7) parser.receive(bytes.subarray(at, at + 7));
    assert.deepEqual(readAll(parser, [], true), readAll(new RequestParser(), [bytes], true), name);
  }
});

/** Texts of the corpus, one behind the other, with a few bytes changed. */
const damaged = fc
  .tuple(
    fc.array(fc.constantFrom(...CORPUS.filter(({ text }) => text.length < 500)), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
  )
  .map(([cases, changes]) => {
    const bytes = Buffer.from(cases.map(({ text }) => text).join(''), 'latin1');
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });

test('damaged requests throw nothing but NetError, and read the same at any split', () => {
  fc.assert(
    fc.property(
      damaged,
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
      (bytes, sizes) => {
        const whole = readAll(new RequestParser(), [bytes], true);
        assert.deepEqual(readAll(new RequestParser(), piecesOf(bytes, sizes), true), whole);
      },
    ),
    { numRuns: 3000 },
  );
});

function* piecesOf(bytes: Buffer, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
