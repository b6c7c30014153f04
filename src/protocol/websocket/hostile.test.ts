/** Peers that ask for too much, or send what is no WebSocket: each limit holds, and little is held for them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NetError } from '../../core/error.ts';
import type { Deflation } from './deflate.ts';
import { WebSocketEndpoint } from './endpoint.ts';
import { BINARY, CONTINUATION, PING, TEXT } from './opcode.ts';
import { echo } from './test-echo.ts';
import { chop, frame } from './test-frames.ts';

/** A head that claims a length, in eight bytes, and a mask. */
function claim(length: bigint, opcode = BINARY): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(length, 2);
  return head;
}

describe('lengths', () => {
  test('2^63 and more have a bit set that must not be', () => {
    for (const length of [2n ** 63n, 2n ** 64n - 1n]) {
      const { said, error } = echo([claim(length)]);
      assert.deepEqual(said, ['close 1002']);
      assert.match(error!.message, /highest bit/);
    }
  });

  test('what is longer than a frame may be is refused before it comes', () => {
    for (const length of [2n ** 24n + 1n, 2n ** 53n + 1n, 2n ** 63n - 1n])
      assert.deepEqual(echo([claim(length)]).said, ['close 1009']);
    assert.deepEqual(echo([claim(2n ** 24n)]).said, []);
  });

  test('a length must be written as short as it can be', () => {
    const long = Buffer.from([0x82, 0x80 | 126, 0, 125, 0, 0, 0, 0]);
    assert.deepEqual(echo([long]).said, ['close 1002']);
    assert.deepEqual(echo([claim(65535n)]).said, ['close 1002']);
    assert.deepEqual(echo([claim(65536n)]).said, []);
  });

  test('a frame and a message have limits of their own', () => {
    const limits = { message: 10, frame: 6 };
    const part = (fin: boolean, size: number, opcode: number = CONTINUATION): Buffer =>
      frame(opcode, Buffer.alloc(size), { fin });
    assert.deepEqual(echo([part(true, 7, BINARY)], { limits }).said, ['close 1009']);
    assert.deepEqual(echo([part(false, 6, BINARY), part(true, 4)], { limits }).said, ['binary 10']);
    assert.deepEqual(echo([part(false, 6, BINARY), part(true, 5)], { limits }).said, ['close 1009']);
  });
});

describe('endless', () => {
  test('fragments', () => {
    const limits = { fragments: 100 };
    const more = frame(CONTINUATION, '', { fin: false });
    const first = frame(TEXT, '', { fin: false });
    assert.deepEqual(echo([first, ...Array(99).fill(more)], { limits }).said, []);
    assert.deepEqual(echo([first, ...Array(100).fill(more)], { limits }).said, ['close 1008']);
  });

  test('pings, within a second', () => {
    const endpoint = new WebSocketEndpoint({ role: 'server', limits: { controlRate: 10 } }, 0);
    const ping = (now: number): void => {
      endpoint.receive(frame(PING), now);
      while (endpoint.next() !== null);
    };
    for (let second = 0; second < 3; second++) for (let count = 0; count < 10; count++) ping(second * 1000);
    assert.throws(() => ping(2999), { code: 'limit', closeCode: 1008 });
    assert.equal(endpoint.state, 'failed');
  });

  test('text that comes byte by byte holds about what came', () => {
    const endpoint = new WebSocketEndpoint({ role: 'server' }, 0);
    const bytes = frame(TEXT, 'a'.repeat(200_000));
    for (const byte of chop(bytes.subarray(0, -1), 1)) {
      // As sockets are read: a little of a large buffer.
      endpoint.receive(new Uint8Array(new ArrayBuffer(65536), 100, 1).fill(byte[0]!), 0);
      assert.equal(endpoint.next(), null);
    }
    endpoint.receive(new Uint8Array(bytes.subarray(-1)), 0);
    assert.deepEqual(endpoint.next(), { type: 'message', data: 'a'.repeat(200_000) });
  });
});

describe('compressed', () => {
  const deflation = (inflate: Deflation['inflater']['inflate']): Deflation => ({
    inflater: { inflate },
    deflater: { deflate: (payload) => payload, isStateless: true, windowBits: 15 },
  });

  test('a bomb is given up at the limit of a message', () => {
    let asked = 0;
    const bomb = deflation((_, max) => {
      asked = max;
      return null;
    });
    const said = echo([frame(BINARY, 'x', { rsv: 4 })], { deflation: bomb, limits: { message: 1000 } });
    assert.deepEqual(said.said, ['close 1009']);
    assert.equal(asked, 1000);
  });

  test('what cannot be inflated, and what is no text then', () => {
    const broken = deflation(() => {
      throw new Error('invalid distance');
    });
    assert.deepEqual(echo([frame(TEXT, 'x', { rsv: 4 })], { deflation: broken }).said, ['close 1007']);
    const wrong = deflation(() => Uint8Array.of(0xff));
    assert.deepEqual(echo([frame(TEXT, 'x', { rsv: 4 })], { deflation: wrong }).said, ['close 1007']);
  });

  test('RSV1 is for the first frame of a message alone', () => {
    const as = deflation((payload) => payload);
    const frames = [frame(TEXT, 'a', { rsv: 4, fin: false }), frame(CONTINUATION, 'b', { rsv: 4 })];
    assert.deepEqual(echo(frames, { deflation: as }).said, ['close 1002']);
    assert.deepEqual(echo([frame(PING, 'a', { rsv: 4 })], { deflation: as }).said, ['close 1002']);
  });
});

test('any bytes give answers or a NetError, the same however they are cut', () => {
  const like = fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 30 }),
        fc
          .tuple(fc.nat(15), fc.string({ maxLength: 200 }), fc.boolean())
          .map(([opcode, text, fin]) => frame(opcode, text, { fin })),
      ),
      { maxLength: 6 },
    )
    .map((parts) => Buffer.concat(parts));
  fc.assert(
    fc.property(like, fc.integer({ min: 1, max: 40 }), (bytes, size) => {
      const whole = echo([bytes]);
      const cut = echo(chop(bytes, size));
      assert.deepEqual(cut.said, whole.said);
      assert.equal(cut.error?.message, whole.error?.message);
      assert.ok(whole.error === undefined || whole.error instanceof NetError);
    }),
    { numRuns: 500 },
  );
});
