/**
 * The cases of the Autobahn test suite, sections 1 to 5, 7, 9 and 10, rebuilt: what a client sends, and what a server that echoes
 * answers, however the bytes are split.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT } from './opcode.ts';
import { echo, splits } from './test-echo.ts';
import { chop, closePayload, type FrameOptions, frame } from './test-frames.ts';

const SIZES = [0, 125, 126, 127, 128, 65535, 65536];
const MORE: FrameOptions = { fin: false };
const END = frame(CLOSE, closePayload(1000));

/** Says the frames in every way of splitting them. */
function check(name: string, frames: readonly Uint8Array[], said: readonly string[]): void {
  test(name, () => {
    const bytes = Buffer.concat(frames);
    for (const chunks of splits(bytes))
      assert.deepEqual(
        echo(chunks).said,
        said,
        `in ${chunks.length} chunks, the first of ${chunks[0]?.length}`,
      );
  });
}

describe('1: sizes', () => {
  for (const size of SIZES) {
    check(
      `text of ${size} bytes`,
      [frame(TEXT, '*'.repeat(size)), END],
      [size === 0 ? 'text' : `text ${size}`, 'close 1000'],
    );
    check(
      `binary of ${size} bytes`,
      [frame(BINARY, Buffer.alloc(size, 0xfe)), END],
      [`binary ${size}`, 'close 1000'],
    );
  }
});

describe('2: pings and pongs', () => {
  const ten = Array.from({ length: 10 }, (_, index) => frame(PING, `payload-${index}`));
  const answers = ten.map((_, index) => `pong payload-${index}`);
  check('a ping without payload', [frame(PING), END], ['pong', 'close 1000']);
  check('a ping with text', [frame(PING, 'Hello, world!'), END], ['pong Hello, world!', 'close 1000']);
  check(
    'a ping with bytes',
    [frame(PING, Buffer.from([0, 0xff, 0xfe])), END],
    ['pong \0\ufffd\ufffd', 'close 1000'],
  );
  check('a ping of 125 bytes', [frame(PING, Buffer.alloc(125, 0xfe)), END], ['pong 125', 'close 1000']);
  check('a ping of 126 bytes', [frame(PING, Buffer.alloc(126, 0xfe))], ['close 1002']);
  check('a pong that nobody asked for', [frame(PONG), END], ['close 1000']);
  check('such a pong with payload', [frame(PONG, 'unsolicited'), END], ['close 1000']);
  check('such a pong, and a ping', [frame(PONG, 'x'), frame(PING, 'y'), END], ['pong y', 'close 1000']);
  check('ten pings', [...ten, END], [...answers, 'close 1000']);

  test('of more pings than may wait, the last is answered when all has left', () => {
    const pings = Array.from({ length: 100 }, (_, index) => frame(PING, String(index)));
    const { said } = echo([Buffer.concat(pings)]);
    assert.equal(said.length, 65);
    assert.deepEqual(said.slice(-2), ['pong 63', 'pong 99']);
  });
});

describe('3: reserved bits', () => {
  for (const opcode of [TEXT, BINARY, PING, CLOSE])
    for (let rsv = 1; rsv <= 7; rsv++)
      check(
        `RSV ${rsv} on opcode ${opcode}`,
        [frame(TEXT, 'before'), frame(opcode, '', { rsv }), frame(PING, 'after')],
        ['text before', 'close 1002'],
      );
});

describe('4: reserved opcodes', () => {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    check(`opcode ${opcode}`, [frame(opcode)], ['close 1002']);
    check(
      `opcode ${opcode} with payload, behind a message`,
      [frame(TEXT, 'a'), frame(opcode, 'x'), frame(PING)],
      ['text a', 'close 1002'],
    );
  }
});

describe('5: fragments', () => {
  const [a, b] = [frame(TEXT, 'fragment1', MORE), frame(CONTINUATION, 'fragment2')];
  const middle = frame(CONTINUATION, 'f', MORE);
  const whole = 'text fragment1fragment2';
  check('a ping in two fragments', [frame(PING, 'a', MORE), frame(CONTINUATION, 'b')], ['close 1002']);
  check('a pong in two fragments', [frame(PONG, 'a', MORE), frame(CONTINUATION, 'b')], ['close 1002']);
  check('text in two fragments', [a, b, END], [whole, 'close 1000']);
  check('a ping between them', [a, frame(PING, 'p'), b, END], ['pong p', whole, 'close 1000']);
  check('nothing to continue, not final', [frame(CONTINUATION, 'x', MORE), frame(TEXT, 'y')], ['close 1002']);
  check('nothing to continue, final', [frame(CONTINUATION, 'x'), frame(TEXT, 'y')], ['close 1002']);
  check(
    'nothing to continue, behind a message',
    [a, b, frame(CONTINUATION, 'x', MORE), frame(TEXT, 'y')],
    [whole, 'close 1002'],
  );
  check('a message begins within another', [a, frame(TEXT, 'x')], ['close 1002']);
  check('binary within text', [a, frame(BINARY, 'x', MORE)], ['close 1002']);
  check(
    'pings between five fragments',
    [a, middle, frame(PING, '1'), middle, middle, frame(PING, '2'), b, END],
    ['pong 1', 'pong 2', 'text fragment1ffffragment2', 'close 1000'],
  );
  check(
    'empty fragments',
    [frame(TEXT, '', MORE), frame(CONTINUATION, '', MORE), frame(CONTINUATION), END],
    ['text', 'close 1000'],
  );
  check(
    'an empty fragment between others',
    [frame(BINARY, 'ab', MORE), frame(CONTINUATION, '', MORE), frame(CONTINUATION, 'c'), END],
    ['binary 3', 'close 1000'],
  );
  check('a continuation with RSV1', [a, frame(CONTINUATION, 'x', { rsv: 4 })], ['close 1002']);
});

describe('7: closing', () => {
  const payload = (code: number, reason: string | Uint8Array = ''): Buffer =>
    frame(CLOSE, closePayload(code, reason));
  check('a message, then Close', [frame(TEXT, 'a'), END], ['text a', 'close 1000']);
  check('Close twice', [END, END], ['close 1000']);
  check('a ping behind Close', [END, frame(PING, 'x')], ['close 1000']);
  check('a message behind Close', [END, frame(TEXT, 'x')], ['close 1000']);
  check('Close within a message', [frame(TEXT, 'a', MORE), END, frame(CONTINUATION, 'b')], ['close 1000']);
  check(
    'a long message, Close, a ping',
    [frame(TEXT, 'b'.repeat(256 * 1024)), END, frame(PING)],
    [`text ${256 * 1024}`, 'close 1000'],
  );
  check('no payload', [frame(CLOSE)], ['close']);
  check('half a code', [frame(CLOSE, 'a')], ['close 1002']);
  check('a code', [payload(1000)], ['close 1000']);
  check('a reason', [payload(1000, 'Hello World!')], ['close 1000']);
  check('a reason of 123 bytes', [payload(1000, '*'.repeat(123))], ['close 1000']);
  check('a reason of 124 bytes', [payload(1000, '*'.repeat(124))], ['close 1002']);
  check(
    'a reason that is not UTF-8',
    [payload(1000, Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex'))],
    ['close 1007'],
  );
  for (const code of [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
  ])
    check(`the code ${code}`, [payload(code)], [`close ${code}`]);
  for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) {
    check(`the code ${code}, which nobody may send`, [payload(code)], ['close 1002']);
    check(`the same with a reason`, [payload(code, 'reason')], ['close 1002']);
  }
});

describe('9: large messages', () => {
  const kib = 1024;
  for (const [size, part, chunk] of [
    [1024 * kib, 64, 65_536],
    [4096 * kib, 4096, 65_536],
    [4096 * kib, 4096 * kib, 64],
    [4096 * kib, 4096 * kib, 2048],
  ] as const)
    test(`${size / kib} KiB in frames of ${part} bytes and chunks of ${chunk}`, () => {
      const parts = chop(Buffer.alloc(size, 0x2a), part);
      const frames = parts.map((piece, index) =>
        frame(index === 0 ? TEXT : CONTINUATION, piece, { fin: index === parts.length - 1 }),
      );
      assert.deepEqual(echo(chop(Buffer.concat([...frames, END]), chunk)).said, [
        `text ${size}`,
        'close 1000',
      ]);
    });
});

describe('10: a message in many frames', () => {
  const text = 'ab'.repeat(32768);
  const parts = chop(Buffer.from(text), 1300);
  const frames = parts.map((part, index) =>
    frame(index === 0 ? TEXT : CONTINUATION, part, { fin: index === parts.length - 1 }),
  );
  check('65536 bytes in frames of 1300', [...frames, END], ['text 65536', 'close 1000']);
});

describe('masks', () => {
  check('a client must mask', [frame(TEXT, 'x', { key: null })], ['close 1002']);
  check('a key of zeros is one', [frame(TEXT, 'x', { key: [0, 0, 0, 0] }), END], ['text x', 'close 1000']);

  test('a server must not', () => {
    const { error, endpoint } = echo([frame(TEXT, 'x')], { role: 'client' });
    assert.match(error!.message, /a frame of a server is masked/);
    assert.equal(endpoint.closeInfo.code, 1002);
  });
});
