import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestParser } from './request-parser.ts';

test('reads a request and its body', () => {
  const parser = new RequestParser();
  parser.receive(
    Buffer.from(
      'POST /a?b HTTP/1.1\r\nHost: x:1\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: y\r\n\r\n',
    ),
  );
  const head = parser.next();
  assert.ok(head?.type === 'request');
  assert.equal(head.method, 'POST');
  assert.equal(head.target, '/a?b');
  assert.equal(head.host, 'x:1');
  assert.equal(head.bodyLength, 3);
  assert.deepEqual(
    [...head.fields],
    [
      ['host', 'x:1'],
      ['content-length', '3'],
    ],
  );
  assert.equal(head.fields.get('HOST'), 'x:1');
  assert.deepEqual(parser.next(), { type: 'data', data: Buffer.from('abc') });
  assert.deepEqual(parser.next(), { type: 'end', trailers: undefined });
  assert.equal((parser.next() as { host: string }).host, 'y');
  assert.equal(parser.next()?.type, 'end');
  assert.equal(parser.next(), null);
  assert.equal(parser.isIdle, true);
});
