import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answersOf } from './answers.ts';
import type { Answer } from './options.ts';

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, next = 0; at < bytes.length; next++) {
    const size = sizes[next % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function count(
  answer: Answer,
  request: Buffer,
  chunks: readonly Buffer[],
): { answers: number; wrong: number } {
  const answers = answersOf(answer, request);
  const total = { answers: 0, wrong: 0 };
  for (const chunk of chunks) {
    total.answers += answers.take(chunk);
    total.wrong += answers.wrong;
  }
  return total;
}

const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
const short = Buffer.from('request');
const long = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 251));

test('however it is cut, each echo is one answer, and one with a changed byte is wrong', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(short, long),
      sizes,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (request, cuts, at, flip) => {
        const stream = Buffer.concat([request, request, request]);
        assert.deepEqual(count({ kind: 'echo' }, request, cut(stream, cuts)), { answers: 3, wrong: 0 });
        stream[at % stream.length]! ^= flip;
        assert.deepEqual(count({ kind: 'echo' }, request, cut(stream, cuts)), { answers: 3, wrong: 1 });
      },
    ),
  );
});

test('a fixed count of bytes is an answer, whatever they are', () => {
  fc.assert(
    fc.property(sizes, (cuts) => {
      const chunks = cut(Buffer.alloc(1000), cuts);
      assert.deepEqual(count({ kind: 'bytes', count: 300 }, short, chunks), { answers: 3, wrong: 0 });
    }),
  );
});

test('a message of the framing is an answer', () => {
  const chunks = cut(Buffer.from('one\r\ntwo\r\nthr'), [2]);
  assert.equal(count({ kind: 'frame', spec: 'lines' }, short, chunks).answers, 2);
  const broken = answersOf({ kind: 'frame', spec: 'netstring' }, short);
  assert.throws(() => broken.take(Buffer.from('x')), { code: 'protocol' });
});
