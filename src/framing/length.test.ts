import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bytes, Protocol } from '../core/contract.ts';
import { decimalLength } from './decimal-length.ts';
import { fixed } from './fixed.ts';
import { JOIN_LIMIT, MAX_MESSAGE } from './framing.ts';
import { lengthPrefix } from './length-prefix.ts';
import { netstring } from './netstring.ts';
import { varintPrefix } from './varint-prefix.ts';

const ascii = (text: string) => Buffer.from(text, 'latin1');

function sent(framing: Protocol<Bytes>, text: string): string {
  framing.send(ascii(text), 0);
  return Buffer.from(framing.take()!).toString('latin1');
}

function received(framing: Protocol<Bytes>, ...chunks: (string | null)[]): string[] {
  const found: string[] = [];
  for (const chunk of chunks) {
    framing.receive(chunk === null ? null : ascii(chunk), 0);
    for (let message = framing.next(); message !== null; message = framing.next())
      found.push(Buffer.from(message).toString('latin1'));
  }
  return found;
}

function refused(framing: Protocol<Bytes>, text: string, message: RegExp, code = 'protocol'): void {
  assert.throws(() => received(framing, text), { name: 'NetError', code, message });
}

describe('length prefix', () => {
  test('has the width, the order and the meaning that were asked for', () => {
    assert.equal(sent(lengthPrefix(), 'abc'), '\0\0\0\x03abc');
    assert.equal(sent(lengthPrefix({ bytes: 1 }), 'abc'), '\x03abc');
    assert.equal(sent(lengthPrefix({ bytes: 2, endian: 'little' }), 'abc'), '\x03\0abc');
    assert.equal(sent(lengthPrefix({ bytes: 8 }), 'abc'), '\0\0\0\0\0\0\0\x03abc');
    assert.equal(sent(lengthPrefix({ bytes: 2, includesHeader: true }), 'abc'), '\0\x05abc');
    assert.deepEqual(received(lengthPrefix({ bytes: 2, includesHeader: true }), '\0\x05abc'), ['abc']);
  });

  test('refuses a length that cannot be, or that is above the maximum, before any payload', () => {
    refused(lengthPrefix({ includesHeader: true }), '\0\0\0\x03', /length of 3 cannot count its own 4 bytes/);
    refused(lengthPrefix({ max: 10 }), '\0\0\0\x0b', /message of 11 bytes arrived; at most 10/, 'limit');
    refused(lengthPrefix({ bytes: 8 }), '\xff'.repeat(8), /at most 16777216/, 'limit');
  });

  test('a message longer than the prefix can say is not sent', () => {
    const framing = lengthPrefix({ bytes: 1 });
    framing.send(new Uint8Array(255), 0);
    assert.throws(() => framing.send(new Uint8Array(256), 0), { code: 'limit', message: /at most 255/ });
    const counted = lengthPrefix({ bytes: 1, includesHeader: true });
    assert.throws(() => counted.send(new Uint8Array(255), 0), { code: 'limit', message: /at most 254/ });
  });

  test('refuses a width that there is not', () => {
    assert.throws(() => lengthPrefix({ bytes: 3 as 4 }), { code: 'protocol', fault: 'local' });
  });

  test('a payload that came behind its header is not copied', () => {
    const framing = lengthPrefix();
    const payload = new Uint8Array(100);
    framing.receive(Uint8Array.of(0, 0), 0);
    framing.receive(Uint8Array.of(0, 100), 0);
    assert.equal(framing.next(), null);
    framing.receive(payload, 0);
    assert.equal(framing.next(), payload);
  });

  test('an end within a header or a message says how much was there', () => {
    assert.throws(() => received(lengthPrefix(), '\0\0', null), {
      fault: 'remote',
      message: 'The stream ended within the length of a message, after 2 of 4 bytes of it',
    });
    assert.throws(
      () => received(lengthPrefix(), '\0\0\0\x05abc', null),
      /within a message, after 3 of 5 bytes/,
    );
  });

  test('payloads are joined to their header up to the limit, and not beyond', () => {
    const framing = lengthPrefix();
    framing.send(new Uint8Array(JOIN_LIMIT), 0);
    assert.equal(framing.take()!.length, JOIN_LIMIT + 4);
    assert.equal(framing.take(), null);
    const large = new Uint8Array(JOIN_LIMIT + 1);
    framing.send(large, 0);
    assert.equal(framing.take()!.length, 4);
    assert.equal(framing.take(), large);
  });

  test('nothing is allocated for a length before its bytes arrive', () => {
    const framings = Array.from({ length: 1000 }, () => lengthPrefix());
    const before = process.memoryUsage().arrayBuffers;
    for (const framing of framings) assert.deepEqual(received(framing, '\0\xff\xff\xff'), []);
    assert.ok(process.memoryUsage().arrayBuffers - before < MAX_MESSAGE);
  });
});

describe('decimal length', () => {
  test('fills its columns as asked, and reads what it writes', () => {
    assert.equal(sent(decimalLength(), 'abc'), '00000003abc');
    assert.equal(sent(decimalLength({ columns: 4, padding: 'leading' }), 'abc'), '   3abc');
    assert.equal(sent(decimalLength({ columns: 4, padding: 'trailing' }), 'abc'), '3   abc');
    assert.equal(sent(decimalLength({ columns: 4, includesHeader: true }), 'abc'), '0007abc');
  });

  test('takes full columns whatever the padding', () => {
    for (const padding of ['zeros', 'leading', 'trailing'] as const)
      assert.deepEqual(received(decimalLength({ columns: 2, padding }), '11hello, worl'), ['hello, worl']);
  });

  test('refuses what is no number in its columns', () => {
    refused(decimalLength({ columns: 4 }), '  12', /" {2}12" is no decimal length of 4 columns/);
    refused(decimalLength({ columns: 4, padding: 'leading' }), '    ', /no decimal length/);
    refused(decimalLength({ columns: 4, padding: 'leading' }), ' 1 2', /no decimal length/);
    refused(decimalLength({ columns: 4, padding: 'trailing' }), ' 12 ', /no decimal length/);
    refused(decimalLength({ columns: 4 }), '-001', /no decimal length/);
    refused(decimalLength({ columns: 4, includesHeader: true }), '0003', /cannot count its own 4 columns/);
  });

  test('holds to what the columns can say', () => {
    const framing = decimalLength({ columns: 2 });
    assert.throws(() => framing.send(new Uint8Array(100), 0), { code: 'limit', message: /at most 99/ });
    assert.throws(() => decimalLength({ columns: 16 }), /columns is 16; a length has 1 to 15/);
    assert.throws(() => decimalLength({ columns: 1, includesHeader: true }).send(ascii('123456789'), 0), {
      code: 'limit',
    });
  });
});

describe('varint prefix', () => {
  test('writes the shortest length', () => {
    assert.equal(sent(varintPrefix(), 'abc'), '\x03abc');
    assert.equal(sent(varintPrefix(), 'x'.repeat(300)), `\xac\x02${'x'.repeat(300)}`);
  });

  test('refuses overlong and endless lengths', () => {
    refused(varintPrefix(), '\x80\0', /overlong/);
    refused(varintPrefix(), '\xff'.repeat(10), /more than 64 bits/);
    refused(varintPrefix(), `${'\xff'.repeat(9)}\x01`, /at most/, 'limit');
  });

  test('an end within the length says how much was there', () => {
    assert.throws(() => received(varintPrefix(), '\x80\x80', null), /the length of a message, after 2 bytes/);
  });
});

describe('netstring', () => {
  test('the examples of the specification', () => {
    assert.equal(sent(netstring(), 'hello world!'), '12:hello world!,');
    assert.equal(sent(netstring(), ''), '0:,');
    assert.deepEqual(received(netstring(), '12:hello world!,0:,'), ['hello world!', '']);
  });

  test('refuses what the specification forbids', () => {
    refused(netstring(), '03:abc,', /leading zero/);
    refused(netstring(), '00:,', /leading zero/);
    refused(netstring(), ':abc,', /contains the byte 0x3a/);
    refused(netstring(), '3 :abc,', /contains the byte 0x20/);
    refused(netstring(), '-3:abc,', /contains the byte 0x2d/);
    refused(netstring(), '3:abcd', /ends with the byte 0x64 instead of a comma/);
  });

  test('refuses a length as soon as its digits are above the maximum', () => {
    refused(netstring({ max: 99 }), '100', /100 or more bytes arrived; at most 99/, 'limit');
    refused(netstring(), '9'.repeat(400), /at most 16777216/, 'limit');
  });

  test('an end says where it was', () => {
    assert.throws(() => received(netstring(), '12', null), /the length of a message, after 2 bytes/);
    assert.throws(() => received(netstring(), '3:abc', null), /within a message, after 3 of 4 bytes/);
  });
});

describe('fixed', () => {
  test('sends no other size', () => {
    const framing = fixed({ size: 3 });
    for (const text of ['', 'ab', 'abcd'])
      assert.throws(() => framing.send(ascii(text), 0), { code: 'protocol', fault: 'local' });
    assert.equal(sent(framing, 'abc'), 'abc');
    assert.throws(() => fixed({ size: 0 }), /option size is 0/);
  });
});
