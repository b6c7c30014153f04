import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  describeFrame,
  ERROR_CODE,
  errorName,
  FRAME,
  FrameLister,
  flagNames,
  frameName,
  isPreface,
  PREFACE,
  SHUTDOWN_NOTICE,
} from './index.ts';

type Listed = [type: number, flags: number, stream: number, length: number];

function frame([type, flags, stream, length]: Listed): Buffer {
  const bytes = Buffer.alloc(9 + length, 0xa5);
  bytes.writeUIntBE(length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  return bytes;
}

function listed(from: 'client' | 'server', chunks: readonly Uint8Array[]): Listed[] {
  const frames: Listed[] = [];
  const lister = new FrameLister(from, (...found) => void frames.push(found.slice(0, 4) as Listed));
  for (const chunk of chunks) lister.receive(chunk);
  return frames;
}

const someFrame = fc.tuple(
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 0x7fffffff }),
  fc.integer({ min: 0, max: 300 }),
);

describe('the frames of a direction', () => {
  test('are told, wherever their bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(someFrame, { maxLength: 12 }),
        fc.array(fc.nat(200)),
        fc.boolean(),
        (frames, cuts, client) => {
          const bytes = Buffer.concat([client ? PREFACE : new Uint8Array(0), ...frames.map(frame)]);
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(bytes.subarray(at));
          assert.deepEqual(listed(client ? 'client' : 'server', chunks), frames);
        },
      ),
    );
  });

  test('are told byte by byte, each before its payload', () => {
    const bytes = frame([0, 1, 5, 3]);
    const seen: [number, number][] = [];
    const lister = new FrameLister('server', (type) => void seen.push([type, at]));
    let at = 0;
    for (; at < bytes.length; at++) lister.receive(bytes.subarray(at, at + 1));
    assert.deepEqual(seen, [[0, 8]]);
  });

  test('come with what is there of their payload', () => {
    const seen: string[] = [];
    const lister = new FrameLister('server', (_type, _flags, _stream, length, chunk, at) => {
      seen.push(Buffer.from(chunk.subarray(at, at + length)).toString('hex'));
    });
    const [one, two] = [frame([7, 0, 0, 2]), frame([3, 0, 1, 4])];
    lister.receive(Buffer.concat([one, two.subarray(0, 5)]));
    lister.receive(two.subarray(5, 11));
    assert.deepEqual(seen, ['a5a5', 'a5a5']);
  });

  test('have a space between them', () => {
    const lister = new FrameLister('client', () => {});
    const spaces: boolean[] = [];
    for (const part of [PREFACE.subarray(0, 23), PREFACE.subarray(23), frame([4, 0, 0, 6]).subarray(0, 8)]) {
      lister.receive(part);
      spaces.push(lister.isBetweenFrames);
    }
    lister.receive(frame([4, 0, 0, 6]).subarray(8, 14));
    spaces.push(lister.isBetweenFrames);
    lister.receive(frame([4, 0, 0, 6]).subarray(14));
    spaces.push(lister.isBetweenFrames);
    assert.deepEqual(spaces, [false, true, false, false, true]);
  });

  test('have a number of 31 bits', () => {
    assert.deepEqual(listed('server', [frame([8, 0, 0xffffffff, 0])]), [[8, 0, 0x7fffffff, 0]]);
  });
});

describe('in words', () => {
  test('types, and those that nobody knows', () => {
    assert.equal(frameName(FRAME.windowUpdate), 'WINDOW_UPDATE');
    assert.equal(frameName(99), 'type 99');
  });

  test('codes, and those that nobody knows', () => {
    assert.deepEqual(Object.values(ERROR_CODE).map(errorName).slice(6, 9), [
      'FRAME_SIZE_ERROR',
      'REFUSED_STREAM',
      'CANCEL',
    ]);
    assert.equal(errorName(ERROR_CODE.http11Required), 'HTTP_1_1_REQUIRED');
    assert.equal(errorName(99), 'code 99');
  });

  test('flags, as their type means them', () => {
    assert.deepEqual(flagNames(FRAME.headers, 0x25), ['END_STREAM', 'END_HEADERS', 'PRIORITY']);
    assert.deepEqual(flagNames(FRAME.settings, 0xff), ['ACK']);
    assert.deepEqual(flagNames(FRAME.windowUpdate, 0xff), []);
  });

  test('a whole frame', () => {
    const head = { type: FRAME.headers, flags: 5, stream: 1, length: 38 };
    assert.equal(describeFrame(head), 'HEADERS stream 1, 38 bytes, END_STREAM END_HEADERS');
    assert.equal(
      describeFrame({ type: 8, flags: 0, stream: 0, length: 4 }),
      'WINDOW_UPDATE connection, 4 bytes',
    );
  });

  test('the notice of a shutdown is a GOAWAY', () => {
    assert.deepEqual(listed('server', [SHUTDOWN_NOTICE]), [[FRAME.goaway, 0, 0, 8]]);
  });
});

describe('the preface', () => {
  test('is known when it is whole, and what is none at its first other byte', () => {
    for (let length = 0; length < PREFACE.length; length++) {
      assert.equal(isPreface(PREFACE.subarray(0, length)), undefined);
      const other = PREFACE.slice(0, length + 1);
      other[length] = other[length]! ^ 1;
      assert.equal(isPreface(other), false);
    }
    assert.equal(isPreface(PREFACE), true);
    assert.equal(isPreface(Buffer.concat([PREFACE, Buffer.from('more')])), true);
    assert.equal(isPreface(Buffer.from('GET / HTTP/1.1\r\n')), false);
  });
});
