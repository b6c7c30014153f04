import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Http1Error } from './error.ts';
import type { RequestHead } from './event.ts';
import { HTTP1_LIMITS } from './limits.ts';
import { RequestParser } from './request-parser.ts';
import { RequestScanner } from './request-scanner.ts';
import { readAll } from './test-reading.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

function headOf(text: string): RequestHead {
  const parser = new RequestParser();
  parser.receive(latin1(text));
  const head = parser.next();
  assert.ok(head?.type === 'request');
  return head;
}

const requestWith = (...fields: string[]) =>
  headOf(['GET / HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n'));

test('reads a request, its body, and the one behind it', () => {
  const parser = new RequestParser();
  const first = 'POST /a?b HTTP/1.1\r\nHost: x:1\r\nContent-Length: 3\r\n\r\nabc';
  parser.receive(latin1(`${first}GET / HTTP/1.1\r\nHost: y\r\n\r\n`));
  const head = parser.next();
  assert.ok(head?.type === 'request');
  assert.deepEqual([head.method, head.target, head.version], ['POST', '/a?b', '1.1']);
  assert.deepEqual([head.host, head.bodyLength], ['x:1', 3]);
  assert.deepEqual([head.keepAlive, head.expectsContinue, head.upgrade], [true, false, undefined]);
  assert.deepEqual(parser.next(), { type: 'data', data: latin1('abc') });
  assert.deepEqual(parser.next(), { type: 'end', trailers: undefined });
  assert.equal((parser.next() as RequestHead).host, 'y');
  assert.equal(parser.isIdle, false);
  assert.equal(parser.next()?.type, 'end');
  assert.equal(parser.next(), null);
  assert.equal(parser.isIdle, true);
});

test('data is a view of what was received, head and body in one chunk or not', () => {
  const parser = new RequestParser();
  const chunk = latin1('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  parser.receive(chunk);
  parser.next();
  const part = parser.next();
  assert.ok(part?.type === 'data');
  assert.equal(part.data.buffer, chunk.buffer);
  const second = latin1('def');
  parser.receive(second);
  assert.equal((parser.next() as { data: Uint8Array }).data, second);
});

test('methods that are known are constants, others are as they came', () => {
  for (const method of [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PATCH',
    'get',
    'M-SEARCH',
    'GETS',
  ])
    assert.equal(headOf(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).method, method);
});

test('whether the connection may stay (RFC 9112 section 9.3)', () => {
  const stays = (version: string, ...fields: string[]) =>
    headOf([`GET / HTTP/${version}`, 'Host: a', ...fields, '', ''].join('\r\n')).keepAlive;
  assert.equal(stays('1.1'), true);
  assert.equal(stays('1.1', 'Connection: Close'), false);
  assert.equal(stays('1.1', 'Connection: x ,\tclose,,'), false);
  assert.equal(stays('1.1', 'Connection: x', 'Connection: close'), false);
  assert.equal(stays('1.1', 'Connection: closed'), true);
  assert.equal(stays('1.0'), false);
  assert.equal(stays('1.0', 'Connection: Keep-Alive'), true);
  assert.equal(stays('1.0', 'Connection: keep-alive, close'), false);
});

test('what is asked beside the answer: 100-continue and upgrades, where they count', () => {
  const expects = (version: string, ...fields: string[]) =>
    headOf([`POST / HTTP/${version}`, 'Host: a', ...fields, '', ''].join('\r\n')).expectsContinue;
  assert.equal(expects('1.1', 'Expect: 100-Continue', 'Content-Length: 1'), true);
  assert.equal(expects('1.1', 'Expect: 100-continue', 'Transfer-Encoding: chunked'), true);
  assert.equal(expects('1.1', 'Expect: 100-continue', 'Content-Length: 0'), false);
  assert.equal(expects('1.1', 'Expect: 200-ok', 'Content-Length: 1'), false);
  assert.equal(expects('1.0', 'Expect: 100-continue', 'Content-Length: 1'), false);
  assert.equal(requestWith('Connection: Upgrade', 'Upgrade: websocket').upgrade, 'websocket');
  assert.equal(requestWith('Upgrade: websocket', 'Connection: a, upgrade').upgrade, 'websocket');
  assert.equal(requestWith('Upgrade: a', 'Upgrade: b', 'Connection: upgrade').upgrade, 'a, b');
  assert.equal(requestWith('Upgrade: websocket').upgrade, undefined);
  assert.equal(requestWith('Connection: upgrade').upgrade, undefined);
  const old = 'GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
  assert.equal(headOf(old).upgrade, undefined);
});

test('the host is that of the target where it has one', () => {
  const host = (target: string, value: string, method = 'GET') =>
    headOf(`${method} ${target} HTTP/1.1\r\nHost: ${value}\r\n\r\n`).host;
  assert.equal(host('/', 'a:1'), 'a:1');
  assert.equal(host('/', ''), '');
  assert.equal(host('http://A.b/c', 'a.B:80'), 'A.b');
  assert.equal(host('https://a:443/', 'a'), 'a:443');
  assert.equal(host('a:1', 'b', 'CONNECT'), 'a:1');
  assert.equal(host('[::1]:1', 'b', 'CONNECT'), '[::1]:1');
  assert.equal(host('*', 'a', 'OPTIONS'), 'a');
  assert.equal(headOf('GET / HTTP/1.0\r\n\r\n').host, undefined);
});

test('trailers come with the end', () => {
  const text =
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nA: 1\r\nB:2 \r\n\r\n';
  const { events } = readAll(new RequestParser(), [latin1(text)]);
  assert.deepEqual(events.slice(1), [
    'abc',
    {
      type: 'end',
      trailers: [
        ['a', '1'],
        ['b', '2'],
      ],
    },
  ]);
});

test('what follows a request that asks to switch is handed on as it is', () => {
  for (const rest of ['', 'the other protocol', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n']) {
    for (const head of [
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    ]) {
      const parser = new RequestParser();
      parser.receive(latin1(head + rest.slice(0, 5)));
      assert.equal(parser.next()?.type, 'request');
      if (rest !== '') assert.equal(parser.next()?.type, 'end');
      parser.receive(latin1(rest.slice(5)));
      assert.equal(Buffer.from(parser.takeRest()).toString(), rest);
      parser.receive(latin1('more'));
      assert.equal(parser.next(), null);
      assert.equal(parser.takeRest().length, 0);
    }
  }
});

test('within a body the rest cannot be taken', () => {
  const parser = new RequestParser();
  parser.receive(latin1('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na'));
  parser.next();
  assert.throws(() => parser.takeRest(), { code: 'busy' });
  parser.next();
  assert.throws(() => parser.takeRest(), { code: 'busy' });
  parser.receive(latin1('bc'));
  parser.next();
  assert.equal(parser.next()?.type, 'end');
  assert.equal(Buffer.from(parser.takeRest()).toString(), 'c');
});

test('a switch that is declined: the next request is read', () => {
  const parser = new RequestParser();
  const asking = 'GET /1 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
  parser.receive(latin1(`${asking}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n`));
  const { events } = readAll(parser, []);
  assert.deepEqual(
    events.map((event) => (event as RequestHead).target),
    ['/1', undefined, '/2', undefined],
  );
  const closing = new RequestParser();
  closing.receive(latin1(`${asking.replace('upgrade', 'upgrade, close')}GET /2 HTTP/1.1\r\nHost: a\r\n\r\n`));
  assert.equal(readAll(closing, []).events.length, 2);
});

test('the end of the stream is clean between requests only', () => {
  const whole =
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: 1\r\n\r\n';
  for (let length = 0; length <= whole.length; length++) {
    const parser = new RequestParser();
    const { error, status } = readAll(parser, [latin1(whole.slice(0, length))], true);
    const isClean = length === 0 || length === whole.length;
    assert.equal(status, isClean ? undefined : 400, `${length} bytes`);
    if (!isClean) assert.match(error!, /^The stream ended within/);
    assert.equal(parser.isIdle, isClean);
  }
  assert.equal(readAll(new RequestParser(), [latin1('\r\n')], true).error, undefined);
  assert.match(readAll(new RequestParser(), [latin1('\r')], true).error!, /ended within a head/);
});

test('a fault is thrown again, and nothing is kept behind it', () => {
  const parser = new RequestParser();
  parser.receive(latin1('GET / HTTP/1.1\r\nHost: a\r\n\r\nbad\r\n'));
  assert.equal(parser.next()?.type, 'request');
  assert.equal(parser.next()?.type, 'end');
  let first: unknown;
  assert.throws(
    () => parser.next(),
    (error) => {
      first = error;
      return error instanceof Http1Error && error.status === 400 && error.fault === 'remote';
    },
  );
  parser.receive(latin1('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  assert.throws(
    () => parser.next(),
    (error) => error === first,
  );
  assert.equal(parser.isIdle, false);
  assert.throws(() => parser.takeRest(), Http1Error);
});

test('limits are held to a byte, and must be whole numbers', () => {
  const limits = { requestLine: 20, headerBytes: 60, headers: 2, chunkExtensions: 3, trailerBytes: 10 };
  const status = (text: string) => readAll(new RequestParser(limits), [latin1(text)]).status;
  assert.equal(status('GET /aaaa HTTP/1.1\r\nHost: a\r\n\r\n'), undefined);
  assert.equal(status('GET /aaaaa HTTP/1.1\r\nHost: a\r\n\r\n'), 414);
  assert.equal(status(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(28)}\r\n\r\n`), undefined);
  assert.equal(status(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(29)}\r\n\r\n`), 431);
  assert.equal(status('GET / HTTP/1.1\r\nHost: a\r\nX: a\r\nY:'), 431);
  const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const short = { ...limits, headerBytes: 100 };
  const rest = (text: string) => readAll(new RequestParser(short), [latin1(chunked + text)]).status;
  assert.equal(rest('1;a\r\na\r\n0\r\n\r\n'), undefined);
  assert.equal(rest('1;a\r\na\r\n0;a\r\n\r\n'), 413);
  assert.equal(rest('0\r\nA: 1234\r\n\r\n'), 431);
  assert.equal(rest('0\r\nA: 1\r\n\r\n'), undefined);
  assert.throws(() => new RequestParser({ headers: 0 }), { code: 'protocol', fault: 'local' });
  assert.throws(() => new RequestParser({ headerBytes: 1.5 }), /headerBytes is 1.5/);
});

test('a head that comes byte by byte is looked at once', () => {
  const text = latin1(
    `GET /${'a'.repeat(3000)} HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(9000)}\r\nY: c\r\n\r\n`,
  );
  let looks = 0;
  const counted = new Proxy(text, {
    get(target, key) {
      looks++;
      return Reflect.get(target, key);
    },
  });
  const scanner = new RequestScanner(HTTP1_LIMITS);
  scanner.begin();
  let isComplete = false;
  for (let end = 1; end <= text.length; end++) isComplete = scanner.scan(counted, 0, end);
  assert.equal(isComplete, true);
  assert.equal(scanner.length, text.length);
  assert.ok(looks < 2.1 * text.length, `${looks} looks at ${text.length} bytes`);
});

test('any bytes are read, wait, or are refused by a NetError; what is held stays within the limits', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .constantFrom(
        'GET / HTTP/1.1\r\n',
        'Host: a\r\n',
        '\r\n',
        'Transfer-Encoding: chunked\r\n',
        '5\r\n',
        '0\r\n',
        'X: ',
      )
      .map(latin1),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const limits = { requestLine: 30, headerBytes: 100, trailerBytes: 50, chunkExtensions: 20 };
      const parser = new RequestParser(limits);
      readAll(parser, pieces);
      assert.ok(heldBy(parser) <= 100);
    }),
    { numRuns: 5000 },
  );
});

/** Bytes that were taken in and not handed out. */
function heldBy(parser: RequestParser): number {
  try {
    return parser.takeRest().length;
  } catch {
    return 0;
  }
}
