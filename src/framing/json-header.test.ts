import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JsonMessage, jsonHeader } from './json-header.ts';

const HEADER = {
  byteorder: 'big',
  'content-type': 'text/json',
  'content-encoding': 'utf-8',
  'content-length': 2,
};

function wire(header: unknown, content: string | Uint8Array): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return Buffer.concat([Uint8Array.of(json.length >> 8, json.length & 0xff), json, Buffer.from(content)]);
}

function receive(bytes: Uint8Array): JsonMessage | null {
  const framing = jsonHeader();
  framing.receive(bytes, 0);
  return framing.next();
}

test('the bytes are those of the format', () => {
  const framing = jsonHeader();
  framing.send({ value: [1] }, 0);
  const header =
    '{"byteorder":"little","content-type":"text/json","content-encoding":"utf-8","content-length":3}';
  assert.equal(
    Buffer.from(framing.take()!).toString('latin1'),
    `\0${String.fromCharCode(header.length)}${header}[1]`,
  );
  assert.equal(framing.take(), null);
});

test('any JSON value arrives as it was sent', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const framing = jsonHeader();
      framing.send({ value }, 0);
      framing.receive(framing.take()!, 0);
      assert.deepEqual(framing.next()?.value, JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('text is decoded in the encoding that the header names', () => {
  const utf16 = Buffer.from('"é"', 'utf16le');
  const header = { ...HEADER, 'content-encoding': 'utf-16le', 'content-length': utf16.length };
  assert.equal(receive(wire(header, utf16))?.value, 'é');
});

test('only JSON becomes a value, and fields beyond the four are kept', () => {
  const header = { ...HEADER, 'content-type': 'image/png', 'content-encoding': 'binary', name: 'x' };
  const message = receive(wire(header, Uint8Array.of(0xff, 0)));
  assert.deepEqual(message?.header, header);
  assert.equal(message !== null && 'value' in message, false);
});

test('a message that arrived can be sent again', () => {
  const bytes = wire(HEADER, '{}');
  const message = receive(bytes)!;
  const framing = jsonHeader();
  framing.send(message, 0);
  assert.deepEqual(Buffer.from(framing.take()!), Buffer.from(bytes));
});

test('a header that is wrong is refused by the field', () => {
  const wrong: [header: unknown, message: RegExp][] = [
    ['{', /not JSON in UTF-8/],
    ['[]', /no object/],
    ['null', /no object/],
    [{ ...HEADER, byteorder: 'middle' }, /byteorder: "middle", which is not "little" or "big"/],
    [{ ...HEADER, byteorder: undefined }, /no byteorder/],
    [{ ...HEADER, 'content-type': 7 }, /content-type: 7, which is not a string/],
    [{ ...HEADER, 'content-encoding': undefined }, /no content-encoding/],
    [{ ...HEADER, 'content-length': -1 }, /content-length: -1, which is not a whole number/],
    [{ ...HEADER, 'content-length': 1.5 }, /content-length: 1.5/],
    [{ ...HEADER, 'content-length': '2' }, /content-length: "2"/],
    [{ ...HEADER, 'content-encoding': 'klingon' }, /cannot be read as "klingon"/],
  ];
  for (const [header, message] of wrong)
    assert.throws(() => receive(wire(header, '{}')), { code: 'protocol', fault: 'remote', message });
});

test('a content that is not what its header says is refused', () => {
  assert.throws(() => receive(wire(HEADER, '{]')), /type text\/json is not JSON/);
  assert.throws(() => receive(wire(HEADER, Uint8Array.of(0xff, 0xff))), /2 bytes cannot be read as "utf-8"/);
});

test('limits hold for header and content, before they arrive', () => {
  const framing = jsonHeader({ maxHeader: 200, max: 10 });
  framing.receive(Uint8Array.of(0, 201), 0);
  assert.throws(() => framing.next(), { code: 'limit', message: /header of 201 bytes arrived; at most 200/ });
  const another = jsonHeader({ max: 10 });
  another.receive(wire({ ...HEADER, 'content-length': 11 }, ''), 0);
  assert.throws(() => another.next(), { code: 'limit', message: /content of 11 bytes/ });
  const sender = jsonHeader({ maxHeader: 200, max: 10 });
  assert.throws(() => sender.send({ content: new Uint8Array(11) }, 0), { code: 'limit' });
  assert.throws(() => sender.send({ value: 1, header: { note: 'x'.repeat(200) } }, 0), { code: 'limit' });
  assert.equal(sender.take(), null);
});

test('what JSON cannot write is not sent', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  for (const value of [undefined, () => {}, 1n, circular])
    assert.throws(() => jsonHeader().send({ value }, 0), { code: 'protocol', fault: 'local' });
  assert.throws(
    () => jsonHeader().send({ value: 1, header: { 'content-encoding': 'utf-16le' } }, 0),
    /written in utf-8, and the header says utf-16le/,
  );
});

test('an end says in which part it was', () => {
  const bytes = wire(HEADER, '{}');
  for (const [cut, message] of [
    [1, /the length of a header, after 1 of 2 bytes/],
    [10, /a header, after 8 of \d+ bytes/],
    [bytes.length - 1, /a content, after 1 of 2 bytes/],
  ] as const) {
    const framing = jsonHeader();
    framing.receive(bytes.subarray(0, cut), 0);
    framing.receive(null, 0);
    assert.throws(() => framing.next(), { code: 'protocol', fault: 'remote', message });
  }
});

test('a large content is sent without a copy', () => {
  const framing = jsonHeader();
  const content = new Uint8Array(100_000);
  framing.send({ content }, 0);
  framing.take();
  assert.equal(framing.take(), content);
});
