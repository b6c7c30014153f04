import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import {
  BODY_GRACE,
  BODY_RATE,
  BODY_TIMEOUT,
  HEADER_TIMEOUT,
  KEEP_ALIVE_TIMEOUT,
  WRITE_TIMEOUT,
} from './options.ts';
import { Dialogue, GET, okText } from './test-dialogue.ts';

/** A deadline passes at most two looks late. */
const LATE = 2_000;

const hello: HttpHandler = () => new HttpResponse('hello');
const echo: HttpHandler = async (request) => new HttpResponse(await request.text());

function head(length: number): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
}

describe('a client that is late', () => {
  test('with its first request, and says nothing: the connection ends in order', async () => {
    const dialogue = new Dialogue(hello);
    await dialogue.pass(HEADER_TIMEOUT);
    assert.equal(dialogue.state, 'open');
    await dialogue.pass(LATE);
    assert.deepEqual([dialogue.state, dialogue.heard], ['ended', '']);
  });

  test('with the rest of a head, however often it says something', async () => {
    const dialogue = new Dialogue(hello);
    await dialogue.say('GET / HTTP/1.1\r\nX: ');
    for (let sent = 0; sent < HEADER_TIMEOUT / 1_000; sent++) {
      await dialogue.say('x');
      dialogue.clock.advance(1_000);
    }
    await dialogue.settle();
    assert.equal(dialogue.state, 'open');
    await dialogue.pass(LATE);
    assert.deepEqual([dialogue.state, dialogue.statuses], ['ended', [408]]);
  });

  test('with the head of a later request', async () => {
    const dialogue = new Dialogue(hello);
    await dialogue.say(GET);
    await dialogue.pass(KEEP_ALIVE_TIMEOUT - 1);
    await dialogue.say('G');
    await dialogue.pass(HEADER_TIMEOUT);
    assert.equal(dialogue.state, 'open');
    await dialogue.pass(LATE);
    assert.deepEqual([dialogue.state, dialogue.statuses], ['ended', [200, 408]]);
  });

  test('with its next request: the connection ends in order', async () => {
    const dialogue = new Dialogue(hello);
    for (let request = 0; request < 3; request++) {
      await dialogue.say(GET);
      await dialogue.pass(KEEP_ALIVE_TIMEOUT);
      assert.equal(dialogue.state, 'open');
    }
    await dialogue.pass(LATE);
    assert.deepEqual([dialogue.state, dialogue.heard], ['ended', okText('hello').repeat(3)]);
  });

  test('with the next part of a body', async () => {
    const dialogue = new Dialogue(echo);
    await dialogue.say(head(1_000_000));
    await dialogue.say('x'.repeat(900_000));
    await dialogue.pass(BODY_TIMEOUT);
    assert.equal(dialogue.state, 'open');
    await dialogue.pass(LATE);
    assert.deepEqual([dialogue.state, dialogue.statuses], ['ended', [408]]);
  });

  test('with a body as a whole, though it says something all the time', async () => {
    const dialogue = new Dialogue(echo);
    await dialogue.say(head(1_000_000));
    for (let passed = 0; passed < BODY_GRACE; passed += 1_000) {
      await dialogue.say('x'.repeat(BODY_RATE / 2));
      await dialogue.pass(1_000);
      assert.equal(dialogue.state, 'open');
    }
    await dialogue.pass(1_000);
    assert.deepEqual([dialogue.state, dialogue.statuses], ['ended', [408]]);
    const fast = new Dialogue(echo);
    await fast.say(head(1_000_000));
    for (let passed = 0; passed < 3 * BODY_GRACE; passed += 1_000) {
      await fast.say('x'.repeat(BODY_RATE));
      await fast.pass(1_000);
    }
    assert.equal(fast.state, 'open');
  });

  test('with a body that nobody reads: the connection ends behind the answer', async () => {
    const dialogue = new Dialogue(hello);
    await dialogue.say(head(100));
    assert.equal(dialogue.heard, okText('hello'));
    await dialogue.pass(BODY_GRACE + LATE);
    assert.equal(dialogue.state, 'ended');
  });

  test('and takes nothing of its answer: the connection is reset', async () => {
    const dialogue = new Dialogue(() => new HttpResponse(Buffer.alloc(1_000_000)));
    dialogue.wire.pause();
    await dialogue.say(GET);
    await dialogue.pass(WRITE_TIMEOUT);
    assert.equal(dialogue.state, 'open');
    await dialogue.pass(LATE);
    assert.equal(dialogue.state, 'reset');
  });
});

describe('who waits for the handler', () => {
  test('waits for ever', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const dialogue = new Dialogue(() => promise);
    await dialogue.say(GET);
    await dialogue.pass(86_400_000);
    resolve(new HttpResponse('hello'));
    assert.equal(await dialogue.say(''), okText('hello'));
  });

  test('is answered by the server where a time was set, and the signal aborts', async () => {
    let signal: AbortSignal | undefined;
    const { promise, resolve } = Promise.withResolvers<Response>();
    const dialogue = new Dialogue(
      (request) => {
        signal = request.signal;
        return promise;
      },
      { handlerTimeout: 5_000 },
    );
    await dialogue.say(GET);
    await dialogue.pass(5_000 + LATE);
    assert.deepEqual([dialogue.statuses, dialogue.state, signal?.aborted], [[503], 'ended', true]);
    resolve(new HttpResponse('too late'));
    assert.equal((await dialogue.say('')).includes('too late'), false);
  });

  test('does not pay for a handler that does not read the body', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const dialogue = new Dialogue(async (request) => {
      await promise;
      return new HttpResponse(String((await request.bytes()).length));
    });
    await dialogue.say(head(1_000_000));
    dialogue.wire.push(Buffer.alloc(1_000_000));
    await dialogue.pass(86_400_000);
    resolve();
    assert.equal(await dialogue.say(''), okText('1000000'));
  });

  test('for 100 Continue is not late with its body', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const dialogue = new Dialogue(async (request) => {
      await promise;
      return new HttpResponse(await request.text());
    });
    await dialogue.say(head(1).replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'));
    await dialogue.pass(86_400_000);
    resolve();
    await dialogue.say('x');
    assert.deepEqual(dialogue.statuses, [100, 200]);
  });
});

test('one timer serves all connections, and none is left when they have gone', async () => {
  const dialogue = new Dialogue(hello);
  await dialogue.say(GET);
  assert.equal(dialogue.clock.pending, 1);
  dialogue.wire.end();
  await dialogue.settle();
  assert.equal(await dialogue.outcome, undefined);
  await dialogue.pass(LATE);
  assert.equal(dialogue.clock.pending, 0);
});
