import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeEvents, EventDecoder, MAX_EVENT, type ReceivedEvent } from './decode-events.ts';
import { formatEvent } from './format-event.ts';

function decode(text: string | Uint8Array, size = Number.POSITIVE_INFINITY): ReceivedEvent[] {
  const bytes = Buffer.from(text as string);
  const decoder = new EventDecoder();
  const events: ReceivedEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    decoder.receive(bytes.subarray(at, at + size));
    for (let event = decoder.next(); event !== null; event = decoder.next()) events.push(event);
  }
  return events;
}

const said = (data: string, more: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
  event: 'message',
  data,
  id: '',
  retry: undefined,
  ...more,
});

test('the examples of the standard', () => {
  assert.deepEqual(decode('data: YHOO\ndata: +2\ndata: 10\n\n'), [said('YHOO\n+2\n10')]);
  assert.deepEqual(
    decode(': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event'),
    [said('first event', { id: '1' }), said('second event')],
  );
  assert.deepEqual(decode('data\n\ndata\ndata\n\ndata:'), [said(''), said('\n')]);
  assert.deepEqual(decode('data:test\n\ndata: test\n\n'), [said('test'), said('test')]);
});

test('names, ids that last, and times', () => {
  const stream =
    'event: add\nid: a\ndata: 1\n\ndata: 2\n\nevent: lost\n\nretry: 500\nretry: x\nid: b\0\ndata: 3\n\n';
  assert.deepEqual(decode(stream), [
    said('1', { event: 'add', id: 'a' }),
    said('2', { id: 'a' }),
    said('3', { id: 'a', retry: 500 }),
  ]);
});

test('lines end in any of three ways, a mark at the beginning is skipped, and bad UTF-8 is replaced', () => {
  assert.deepEqual(decode('\ufeffdata: a\r\rdata: b\r\n\r\ndata: c\n\n'), [said('a'), said('b'), said('c')]);
  assert.deepEqual(decode('data: \ufeffa\n\n'), [said('\ufeffa')]);
  assert.deepEqual(decode(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a])), [said('\ufffd')]);
  assert.deepEqual(decode('unknown: x\nDATA: x\n data: x\n\n'), []);
});

test('however a stream is cut, it says the same', () => {
  const line = fc.constantFrom(
    'data: a',
    'data:é€😀',
    'id: 7',
    'event: e',
    ': c',
    'retry: 9',
    '',
    '',
    'data',
    '\ufeff',
  );
  const end = fc.constantFrom('\n', '\r', '\r\n');
  const stream = fc.array(
    fc.tuple(line, end).map((parts) => parts.join('')),
    { maxLength: 30 },
  );
  void fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 7 }), (parts, size) => {
      const text = parts.join('');
      assert.deepEqual(decode(text, size), decode(text));
    }),
  );
});

test('what is written is read', () => {
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll(/\r\n?/g, '\n'));
  const name = fc.string({ minLength: 1 }).map((value) => `n${value.replaceAll(/[\r\n\0]/g, '')}`);
  const event = fc.record({ data: text, event: name, id: name, retry: fc.nat(), comment: text });
  void fc.assert(
    fc.property(event, (given) => {
      const { comment: _, ...expected } = given;
      assert.deepEqual(decode(formatEvent(given)), [expected]);
    }),
  );
});

test('an event or a line without an end is a limit', () => {
  for (const line of ['data: ', ': ', ''] as const) {
    const decoder = new EventDecoder();
    assert.throws(
      () => {
        for (let at = 0; at <= MAX_EVENT; at += 1000) decoder.receive(Buffer.from(line + 'x'.repeat(1000)));
      },
      { code: 'limit' },
    );
  }
  const many = new EventDecoder();
  assert.throws(
    () => {
      for (let at = 0; at <= MAX_EVENT; at++) many.receive(Buffer.from('data\n'));
    },
    { code: 'limit' },
  );
});

test('whatever bytes come, nothing but a limit is thrown', () => {
  void fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
      const decoder = new EventDecoder();
      for (const chunk of chunks) decoder.receive(chunk);
    }),
  );
});

test('a stream is decoded as it comes', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('data: a\n\nda');
    yield Buffer.from('ta: b\n\ndata: never');
  }
  const said: string[] = [];
  for await (const { data } of decodeEvents(chunks())) said.push(data);
  assert.deepEqual(said, ['a', 'b']);
});
