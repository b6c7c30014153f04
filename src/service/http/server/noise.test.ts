/** Whatever is sent: it is answered or refused, the connection ends in order, and nothing is thrown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResponseParser } from '../../../protocol/http1/index.ts';
import { HttpResponse } from '../response.ts';
import { Dialogue, GET } from './test-dialogue.ts';

const POST = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc';
const CHUNKED = 'PUT /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';

/** Requests, some of them spoilt by a byte, and noise between them. */
const noise = fc.array(
  fc.oneof(
    fc.constantFrom(GET, POST, CHUNKED),
    fc
      .tuple(
        fc.constantFrom(GET, POST, CHUNKED),
        fc.nat(60),
        fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
      )
      .map(([request, at, byte]) => request.slice(0, at) + byte + request.slice(at + 1)),
    fc.string({ maxLength: 20, unit: 'binary' }),
  ),
  { minLength: 1, maxLength: 6 },
);

/** How many answers there are, each as HTTP has them and whole. */
function answersIn(heard: string): number {
  const parser = new ResponseParser();
  parser.receive(Buffer.from(heard, 'latin1'));
  let answers = 0;
  while (!parser.isIdle) {
    parser.expect('GET');
    const head = parser.next();
    assert.ok(head?.type === 'response', heard);
    while (parser.next()?.type === 'data');
    answers++;
    if (!head.keepAlive) break;
  }
  return answers;
}

test('noise', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(noise, async (pieces) => {
    const errors: Error[] = [];
    const dialogue = new Dialogue(async (request) => new HttpResponse(await request.text()), {
      onError: (error) => errors.push(error),
    });
    for (const piece of pieces) dialogue.wire.push(Buffer.from(piece, 'latin1'));
    dialogue.wire.end();
    await dialogue.settle();
    assert.equal(dialogue.state, 'closed');
    assert.equal(await dialogue.outcome, undefined);
    assert.equal(answersIn(dialogue.heard), dialogue.statuses.length);
    // A handler may see its body break off; it hears of nothing else.
    assert.deepEqual(
      errors.filter((error) => error.name !== 'NetError'),
      [],
    );
  });
  await fc.assert(property, { numRuns: 300 });
});
