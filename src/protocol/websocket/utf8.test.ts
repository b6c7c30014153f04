/** Text that is UTF-8 and text that is not (Autobahn section 6, with the sequences of Markus Kuhn's stress test). */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, test } from 'node:test';
import { CLOSE, CONTINUATION, TEXT } from './opcode.ts';
import { echo, splits } from './test-echo.ts';
import { chop, closePayload, frame } from './test-frames.ts';

const END = frame(CLOSE, closePayload(1000));

/** "κόσμε", and what the suite puts around wrong bytes. */
const KOSME = 'cebae1bdb9cf83cebcceb5';
const AROUND = ['', KOSME] as const;

const VALID = [
  KOSME,
  '48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121',
  // 6.6: the first and the last sequence of each length.
  '00',
  '7f',
  'c280',
  'dfbf',
  'e0a080',
  'efbfbf',
  'f0908080',
  'f48fbfbf',
  // 6.7, 6.8, 6.9, 6.11: around the surrogates, the replacement character, the end.
  'ed9fbf',
  'ee8080',
  'efbfbd',
  'f3bfbfbf',
  // 6.22: what is no character and is UTF-8 all the same.
  ...['efbfbe', 'efb790', 'f09fbfbe', 'f0afbfbf', 'f48fbfbe'],
  // 6.23: a byte order mark, and text around it.
  'efbbbf',
  '61efbbbf62',
];

const INVALID = [
  // 6.3: text around half a surrogate pair.
  `${KOSME}eda080656469746564`,
  // 6.10: beyond the last character, and lengths that there once were.
  ...['f4908080', 'f7bfbfbf', 'f888808080', 'fbbfbfbfbf', 'fc8480808080', 'fdbfbfbfbfbf'],
  // 6.12: continuations that continue nothing.
  ...['80', 'bf', '80bf', '80bf80', '80bf80bf80bf80'],
  Array.from({ length: 64 }, (_, index) => (0x80 + index).toString(16)).join(''),
  // 6.13: beginnings that nothing follows.
  ...['c020', 'df20', 'e020', 'ef20', 'f020', 'f720', 'f820', 'fc20'],
  // 6.14: sequences without their last byte.
  ...['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'],
  // 6.15: all of these.
  'c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf',
  // 6.16: bytes that cannot be.
  ...['fe', 'ff', 'fefeffff'],
  // 6.17 to 6.19: longer than they need to be.
  ...['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  ...['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
  ...['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'],
  // 6.20, 6.21: surrogates, alone and paired.
  ...['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
  ...['eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edafbfedbfbf'],
];

/** Hex, in as many fragments as it has bytes. */
function fragments(bytes: Buffer): Buffer[] {
  return chop(bytes, 1).map((byte, at) =>
    frame(at === 0 ? TEXT : CONTINUATION, byte, { fin: at === bytes.length - 1 }),
  );
}

describe('6: UTF-8', () => {
  for (const hex of VALID)
    test(`${hex} is text, however it is cut`, () => {
      const bytes = Buffer.from(hex, 'hex');
      assert.ok(isUtf8(bytes));
      for (const frames of [[frame(TEXT, bytes)], fragments(bytes)])
        for (const chunks of splits(Buffer.concat([...frames, END]))) {
          const { frames: said, error } = echo(chunks);
          assert.equal(error, undefined);
          assert.deepEqual(
            said.map(({ opcode }) => opcode),
            [TEXT, CLOSE],
          );
          assert.ok(said[0]!.payload.equals(bytes));
        }
    });

  for (const hex of INVALID)
    test(`${hex.slice(0, 40)} is none, wherever it stands`, () => {
      for (const before of AROUND) {
        const bytes = Buffer.from(before + hex, 'hex');
        assert.ok(!isUtf8(bytes));
        for (const frames of [[frame(TEXT, bytes)], fragments(bytes)])
          for (const chunks of splits(Buffer.concat(frames)))
            assert.deepEqual(echo(chunks).said, ['close 1007']);
      }
    });
});

/** What comes before the wrong bytes, those, and the bytes of them that suffice. */
const FATAL: readonly [string, number][] = [
  ['f4908080', 2],
  ['eda080', 2],
  ['e080', 2],
  ['e09f', 2],
  ['f08f', 2],
  ['c0', 1],
  ['c1', 1],
  ['f5', 1],
  ['ff', 1],
  ['80', 1],
  ['c220', 2],
  ['e18020', 3],
];

describe('6.4: what can never become UTF-8 is refused at its first wrong byte', () => {
  const lead = Buffer.from(KOSME, 'hex');
  for (const [hex, count] of FATAL) {
    const wrong = Buffer.from(hex, 'hex');

    test(`${hex} in the middle of a frame`, () => {
      const bytes = frame(TEXT, Buffer.concat([lead, wrong, Buffer.alloc(100, 0x61)]));
      const from = 6 + lead.length;
      for (const size of [1, from + count]) {
        assert.deepEqual(echo(chop(bytes.subarray(0, from + count - 1), size)).said, []);
        assert.deepEqual(echo(chop(bytes.subarray(0, from + count), size)).said, ['close 1007']);
      }
    });

    test(`${hex} in the middle of a message`, () => {
      const first = frame(TEXT, lead, { fin: false });
      const second = frame(CONTINUATION, wrong.subarray(0, count), { fin: false });
      assert.deepEqual(echo([first]).said, []);
      assert.deepEqual(echo([first, second]).said, ['close 1007']);
    });
  }
});
