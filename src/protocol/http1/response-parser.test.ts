import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ResponseHead } from './event.ts';
import { ResponseParser } from './response-parser.ts';
import { readAll } from './test-reading.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

function parserFor(...methods: string[]): ResponseParser {
  const parser = new ResponseParser();
  for (const method of methods) parser.expect(method);
  return parser;
}

const read = (methods: string[], text: string, ends = false) =>
  readAll(parserFor(...methods), [latin1(text)], ends);

function headOf(text: string, method = 'GET'): ResponseHead {
  return read([method], text).events[0] as ResponseHead;
}

test('reads a status line', () => {
  const head = headOf('HTTP/1.1 404 Not \xfcFound\r\nA: b\r\nContent-Length: 0\r\n\r\n');
  assert.deepEqual([head.status, head.reason, head.version], [404, 'Not \xfcFound', '1.1']);
  assert.deepEqual([head.bodyLength, head.keepAlive, head.upgrade], [0, true, undefined]);
  assert.equal(headOf('HTTP/1.1 200 \r\n\r\n').reason, '');
  assert.equal(headOf('HTTP/1.1 200\r\n\r\n').reason, '');
  assert.equal(headOf('HTTP/1.0 999 x\r\n\r\n').status, 999);
});

/** Text behind the method that was asked, and how the body ends. */
const BODIES: readonly (readonly [method: string, head: string, bodyLength: number])[] = [
  ['GET', '200 OK\r\nContent-Length: 5', 5],
  ['GET', '200 OK\r\nTransfer-Encoding: chunked', -1],
  ['GET', '200 OK', -2],
  ['HEAD', '200 OK\r\nContent-Length: 5', 0],
  ['HEAD', '200 OK\r\nTransfer-Encoding: chunked', 0],
  ['HEAD', '200 OK', 0],
  ['GET', '204 No Content', 0],
  ['GET', '304 Not Modified\r\nContent-Length: 5', 0],
  ['GET', '103 Early Hints\r\nContent-Length: 5', 0],
  ['GET', '101 Switching Protocols', 0],
  ['CONNECT', '200 OK\r\nContent-Length: 5', 0],
  ['CONNECT', '407 No\r\nContent-Length: 5', 5],
  ['POST', '500 No\r\nConnection: close', -2],
];

test('how the body ends depends on the request too (RFC 9112 section 6.3)', () => {
  for (const [method, head, bodyLength] of BODIES)
    assert.equal(headOf(`HTTP/1.1 ${head}\r\n\r\n`, method).bodyLength, bodyLength, `${method} ${head}`);
});

test('1xx come before the final response, and each has its end', () => {
  const text =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 204 N\r\n\r\n';
  const { events } = read(['POST', 'GET'], text);
  const shapes = events.map((event) =>
    typeof event === 'string' ? event : ((event as ResponseHead).status ?? 'end'),
  );
  assert.deepEqual(shapes, [100, 'end', 103, 'end', 200, 'x', 'end', 204, 'end']);
});

test('each method counts for one response', () => {
  const length = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
  const { events, error } = read(['HEAD', 'GET', 'HEAD'], `${length}${length}ab${length}`);
  assert.equal(error, undefined);
  assert.equal(events.filter((event) => event === 'ab').length, 1);
  assert.equal(events.length, 7);
});

test('a body that goes on until the close ends with it', () => {
  const parser = parserFor('GET');
  const { events, error } = readAll(parser, ['HTTP/1.1 200 OK\r\n\r\nab', 'cd'].map(latin1), true);
  assert.equal(error, undefined);
  assert.equal((events[0] as ResponseHead).keepAlive, false);
  assert.deepEqual(events.slice(1), ['abcd', { type: 'end', trailers: undefined }]);
  const empty = readAll(parserFor('GET'), [latin1('HTTP/1.1 200 OK\r\n\r\n')], true);
  assert.equal(empty.events.length, 2);
});

test('behind 101, and 2xx to CONNECT, it stops and hands on the rest', () => {
  for (const [method, head] of [
    ['GET', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['CONNECT', 'HTTP/1.1 200 OK\r\n\r\n'],
  ] as const) {
    const parser = parserFor(method);
    const { events } = readAll(parser, [`${head}\0ab`, 'cd'].map(latin1));
    assert.equal(events.length, 2);
    assert.equal(parser.isIdle, false);
    assert.equal(Buffer.from(parser.takeRest()).toString(), '\0abcd');
  }
  assert.equal(headOf('HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n').upgrade, 'x');
});

const BAD: readonly (readonly [name: string, text: string])[] = [
  ['nothing of HTTP', 'SSH-2.0-x\r\n'],
  ['an empty line before it', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['a sign', 'HTTP/1.1 +20 OK\r\n\r\n'],
  ['two blanks', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['a control in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n'],
  ['LF alone', 'HTTP/1.1 200 OK\n\r\n'],
  ['CR alone', 'HTTP/1.1 200 OK\r\r\n'],
  ['a line that is too long', `HTTP/1.1 200 ${'a'.repeat(9000)}\r\n\r\n`],
  ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n'],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0, 0\r\n\r\n'],
  ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
  ['a coding in 1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
  ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx'],
];

test('faults are of the server: 502 for whoever stands in between', () => {
  for (const [name, text] of BAD) {
    const whole = read(['GET'], text);
    assert.equal(whole.status, 502, name);
    const single = Array.from(latin1(text), (byte) => Uint8Array.of(byte));
    assert.deepEqual(readAll(parserFor('GET'), single), whole, name);
  }
  assert.equal(read([], 'H').status, 502, 'nobody asked');
  assert.equal(read(['GET'], 'HTTP/1.1 204 N\r\n\r\nH').status, 502, 'nobody asked for a second');
});

test('what follows the last response of a connection is dropped', () => {
  const { events, error } = read(['GET', 'GET'], 'HTTP/1.1 204 N\r\nConnection: close\r\n\r\n\0\0\0');
  assert.equal(error, undefined);
  assert.equal(events.length, 2);
});

test('the end of the stream: clean between responses, a fault within one', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc';
  for (let length = 0; length <= text.length; length++) {
    const { status } = read(['GET'], text.slice(0, length), true);
    assert.equal(status, length === 0 || length === text.length ? undefined : 502, `${length} bytes`);
  }
  const parser = parserFor('GET');
  parser.receive(null);
  assert.equal(parser.next(), null);
  assert.equal(parser.isIdle, false, 'a response is owed');
  assert.equal(new ResponseParser().isIdle, true);
});

test('any bytes are read, wait, or are refused by a NetError, the same at any split', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc
      .constantFrom(
        'HTTP/1.1 200 OK\r\n',
        'HTTP/1.1 100 C\r\n\r\n',
        'Content-Length: 3\r\n',
        '\r\n',
        'Transfer-Encoding: chunked\r\n',
        '1\r\na\r\n',
        '0\r\n\r\n',
      )
      .map(latin1),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const methods = ['GET', 'HEAD', 'GET', 'CONNECT'];
      const whole = readAll(parserFor(...methods), [Buffer.concat(pieces)], true);
      assert.deepEqual(readAll(parserFor(...methods), pieces, true), whole);
    }),
    { numRuns: 5000 },
  );
});
