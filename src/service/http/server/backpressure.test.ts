import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PENDING_HIGH, READ_AHEAD } from '../../../core/index.ts';
import { HttpResponse } from '../response.ts';
import { BODY_AHEAD } from './request-body.ts';
import { Dialogue, GET } from './test-dialogue.ts';

const CHUNK = 16 * 1024;

/** What the server may hold of a request: the body's bound, the wire's, and a chunk more than each. */
const HELD = BODY_AHEAD + READ_AHEAD + 2 * CHUNK;

describe('a body that the handler does not read', () => {
  test('waits at the client from a bound on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const dialogue = new Dialogue(
      async (request) => {
        await promise;
        let length = 0;
        for await (const chunk of request.body!) length += chunk.length;
        return new HttpResponse(String(length));
      },
      { bodyLimit: 1e9 },
    );
    const total = 100 * CHUNK;
    await dialogue.say(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`);
    for (let sent = 0; sent < total; sent += CHUNK) await dialogue.say(Buffer.alloc(CHUNK));
    assert.ok(total - dialogue.pending <= HELD, `${total - dialogue.pending} bytes were taken`);
    resolve();
    while (dialogue.statuses.length === 0) await dialogue.settle();
    assert.ok(dialogue.heard.endsWith(`\r\n\r\n${total}`));
    assert.equal(dialogue.pending, 0);
  });

  test('and is read slowly is taken as slowly', async () => {
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    const { promise, resolve } = Promise.withResolvers<Response>();
    const dialogue = new Dialogue(
      (request) => {
        reader = request.body!.getReader();
        return promise;
      },
      { bodyLimit: 1e9 },
    );
    const total = 64 * CHUNK;
    await dialogue.say(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`);
    for (let sent = 0; sent < total; sent += CHUNK) dialogue.wire.push(Buffer.alloc(CHUNK));
    for (let read = 0; read < total; ) {
      read += (await reader!.read()).value!.length;
      await dialogue.settle();
      const held = total - dialogue.pending - read;
      assert.ok(held <= HELD, `${held} bytes are held after ${read} were read`);
    }
    assert.equal((await reader!.read()).done, true);
    resolve(new HttpResponse('done'));
    await dialogue.settle();
    assert.deepEqual(dialogue.statuses, [200]);
  });

  test('is echoed without being held', async () => {
    const dialogue = new Dialogue((request) => new HttpResponse(request.body), { bodyLimit: 1e9 });
    const total = 64 * CHUNK;
    dialogue.wire.pause();
    await dialogue.say(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`);
    for (let sent = 0; sent < total; sent += CHUNK) await dialogue.say(Buffer.alloc(CHUNK));
    const taken = total - dialogue.pending;
    assert.ok(taken <= HELD + PENDING_HIGH + CHUNK, `${taken} bytes were taken`);
    dialogue.wire.resume();
    while (!dialogue.raw.endsWith('\r\n0\r\n\r\n')) await dialogue.settle();
    assert.equal(dialogue.pending, 0);
  });
});

describe('an answer that the client does not read', () => {
  test('is pulled no further than a bound', async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(to) {
          pulled += CHUNK;
          to.enqueue(new Uint8Array(CHUNK));
          if (pulled === 100 * CHUNK) to.close();
        },
      },
      { highWaterMark: 0 },
    );
    const dialogue = new Dialogue(() => new HttpResponse(body));
    dialogue.wire.pause();
    await dialogue.say(GET);
    await dialogue.settle();
    assert.ok(pulled <= PENDING_HIGH + 2 * CHUNK, `${pulled} bytes were pulled`);
    assert.ok(pulled >= PENDING_HIGH, `${pulled} bytes were pulled`);
    dialogue.wire.resume();
    while (!dialogue.raw.endsWith('0\r\n\r\n')) await dialogue.settle();
    assert.equal(pulled, 100 * CHUNK);
  });

  test('ends when what it is made of breaks', async () => {
    let source: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        source = controller;
      },
    });
    const dialogue = new Dialogue(() => new HttpResponse(body));
    dialogue.wire.pause();
    await dialogue.say(GET);
    source!.enqueue(new Uint8Array(2 * PENDING_HIGH));
    await dialogue.settle();
    source!.error(new Error('no longer'));
    await dialogue.settle();
    assert.equal(dialogue.state, 'reset');
  });

  test('keeps the requests behind it from being asked', async () => {
    let asked = 0;
    const answer = 'x'.repeat(200);
    const dialogue = new Dialogue(() => {
      asked++;
      return new HttpResponse(answer);
    });
    dialogue.wire.pause();
    const requests = 100_000;
    const batch = Buffer.from(GET.repeat(1_000));
    for (let sent = 0; sent < requests; sent += 1_000) dialogue.wire.push(batch);
    await dialogue.settle();
    const most = (PENDING_HIGH + 2 * 32 * 1024) / answer.length;
    assert.ok(asked > 0 && asked <= most, `${asked} were asked`);
    const taken = requests * GET.length - dialogue.pending;
    assert.ok(taken <= 2 * (READ_AHEAD + batch.length), `${taken} bytes were taken`);
    dialogue.wire.resume();
    while (asked < requests) await dialogue.settle();
    await dialogue.settle();
    assert.equal(dialogue.statuses.length, requests);
  });
});
