import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HttpResponse } from '../response.ts';
import { DRAIN_QUIET } from './options.ts';
import { Dialogue, GET, okText } from './test-dialogue.ts';

describe('a server that drains', () => {
  test('ends idle connections in order, after a moment', async () => {
    const dialogue = new Dialogue(() => new HttpResponse('hello'));
    await dialogue.say(GET);
    await dialogue.drain();
    await dialogue.pass(DRAIN_QUIET - 1);
    assert.equal(dialogue.state, 'open');
    await dialogue.pass(1);
    assert.equal(dialogue.state, 'ended');
    dialogue.wire.end();
    await dialogue.settle();
    assert.deepEqual([dialogue.state, await dialogue.outcome], ['closed', undefined]);
  });

  test('answers a request that was on its way', async () => {
    const dialogue = new Dialogue(() => new HttpResponse('hello'));
    await dialogue.drain();
    assert.equal(await dialogue.say(GET), okText('hello', 'connection: close'));
    assert.equal(dialogue.state, 'ended');
  });

  test('answers what is under way, also when it comes slowly', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const dialogue = new Dialogue(async () => {
      await promise;
      return new HttpResponse('hello');
    });
    await dialogue.say(GET.slice(0, 10));
    await dialogue.drain();
    await dialogue.pass(DRAIN_QUIET);
    await dialogue.say(GET.slice(10));
    resolve();
    assert.equal(await dialogue.say(''), okText('hello', 'connection: close'));
    assert.equal(dialogue.state, 'ended');
  });

  test('tells handlers', async () => {
    const dialogue = new Dialogue(async (_, { draining }) => {
      if (!draining.aborted) await new Promise((resolve) => draining.addEventListener('abort', resolve));
      return new HttpResponse('drained');
    });
    await dialogue.say(GET);
    await dialogue.drain();
    assert.equal(dialogue.heard, okText('drained', 'connection: close'));
  });
});

describe('a client that is gone', () => {
  test('aborts the signal of its request, with nothing left of it', async () => {
    const reasons: unknown[] = [];
    const dialogue = new Dialogue(async (request) => {
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
      reasons.push(request.signal.reason.code);
      throw request.signal.reason;
    });
    await dialogue.say(GET);
    dialogue.wire.abort();
    await dialogue.settle();
    assert.deepEqual(reasons, ['broken']);
    assert.equal(((await dialogue.outcome) as Error & { code: string }).code, 'broken');
  });

  test('aborts a signal that is asked for afterwards', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let aborted: boolean | undefined;
    const dialogue = new Dialogue(async (request) => {
      await promise;
      aborted = request.signal.aborted;
      return new HttpResponse('');
    });
    await dialogue.say(GET);
    dialogue.wire.abort();
    await dialogue.settle();
    resolve();
    await dialogue.settle();
    assert.equal(aborted, true);
  });

  test('cancels the stream of its answer', async () => {
    let cancelled = 0;
    const body = new ReadableStream({
      start: (to) => to.enqueue(Buffer.from('x')),
      cancel: () => void cancelled++,
    });
    const dialogue = new Dialogue(() => new HttpResponse(body));
    await dialogue.say(GET);
    assert.equal(cancelled, 0);
    dialogue.wire.abort();
    await dialogue.settle();
    assert.equal(cancelled, 1);
  });

  test('ends the generator of its answer', async () => {
    let ended = false;
    const dialogue = new Dialogue(({ signal }) => {
      async function* ticks(): AsyncGenerator<string> {
        try {
          yield 'tick';
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        } finally {
          ended = true;
        }
      }
      return new HttpResponse(ticks());
    });
    await dialogue.say(GET);
    dialogue.wire.abort();
    await dialogue.settle();
    assert.equal(ended, true);
  });

  test('releases an answer that comes too late', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const dialogue = new Dialogue(() => promise);
    await dialogue.say(GET);
    dialogue.wire.abort();
    await dialogue.settle();
    let done = 0;
    resolve(HttpResponse.file({ fd: 0, offset: 0, length: 1, onDone: () => void done++ }));
    await dialogue.settle();
    assert.equal(done, 1);
  });

  test('rejects the body of its request', async () => {
    const seen: unknown[] = [];
    const dialogue = new Dialogue(async (request) => {
      seen.push(await request.text().catch((error) => error.code));
      return new HttpResponse('');
    });
    await dialogue.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
    dialogue.wire.abort();
    await dialogue.settle();
    assert.deepEqual(seen, ['broken']);
  });
});
