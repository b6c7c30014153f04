/** Whatever a client sends, in whatever order, and wherever it leaves: nothing fails but its own connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HttpHandler } from '../contract.ts';
import { pathOf } from '../request.ts';
import { HttpResponse } from '../response.ts';
import {
  data,
  frame,
  GET_FIELDS,
  greeting,
  headers,
  PING,
  post,
  reset,
  settings,
  windowUpdate,
} from './test-frames.ts';
import { RawClient } from './test-raw-client.ts';

const RUNS = 150;

async function* slow(): AsyncGenerator<Uint8Array> {
  for (let part = 0; part < 20; part++) {
    await new Promise((resolve) => setImmediate(resolve));
    yield Buffer.alloc(9_000, part);
  }
}

const handler: HttpHandler = async (request) => {
  const path = pathOf(request);
  if (path === '/stream') return new HttpResponse(slow());
  if (path === '/echo') return new HttpResponse(request.body);
  if (path === '/text') return new HttpResponse(await request.text());
  if (path === '/large') return new HttpResponse(Buffer.alloc(300_000));
  if (path === '/fail') throw new Error('failed');
  return new HttpResponse('hello', { trailers: () => ({ 'x-a': 'b' }) });
};

const stream = fc.integer({ min: 0, max: 6 }).map((index) => 2 * index + 1);
const path = fc.constantFrom('/', '/stream', '/echo', '/text', '/large', '/fail');
const fields = (method: string, target: string): [string, string][] => [
  [':method', method],
  ...(GET_FIELDS.slice(1, 3) as [string, string][]),
  [':path', target],
];
const one = fc.oneof(
  fc.tuple(stream, path).map(([id, target]) => headers(id, fields('GET', target))),
  fc.tuple(stream, path).map(([id, target]) => headers(id, fields('POST', target), 4)),
  stream.map((id) => post(id, ['content-length', '5'])),
  fc
    .tuple(stream, fc.nat(3_000), fc.constantFrom(0, 1))
    .map(([id, size, end]) => data(id, Buffer.alloc(size), end)),
  stream.map((id) => reset(id)),
  fc
    .tuple(fc.constantFrom(0, 1, 3, 5), fc.integer({ min: 1, max: 400_000 }))
    .map((args) => windowUpdate(...args)),
  fc.constantFrom(PING, settings(), settings([4, 0]), settings([4, 100_000]), headers(1, [['x', 'y']], 4)),
  fc
    .tuple(fc.nat(20), fc.nat(255), fc.nat(9), fc.uint8Array({ maxLength: 40 }))
    .map(([type, flags, id, payload]) => frame(type, flags, id, payload)),
);

/** Whether it takes what the server sends. */
const reading = fc.constantFrom('resume', 'resume', 'pause');

const ends = fc.constantFrom('end', 'abort', 'stay', 'drain');

test('noise', { timeout: 120_000 }, async () => {
  const thrown: unknown[] = [];
  const onThrown = (error: unknown): void => void thrown.push(error);
  process.on('uncaughtException', onThrown).on('unhandledRejection', onThrown);
  const talk = fc.asyncProperty(
    fc.array(fc.tuple(fc.array(one, { maxLength: 5 }), fc.boolean(), reading), { maxLength: 12 }),
    fc.array(fc.nat(60), { maxLength: 6 }),
    ends,
    async (turns, cuts, end) => {
      const client = new RawClient(handler, { onError: () => {} });
      await client.say(greeting());
      for (const [frames, waits, reads] of turns) {
        client.dialogue.wire[reads]();
        let bytes: Buffer = Buffer.concat(frames);
        for (const cut of cuts) {
          if (cut > 0 && cut < bytes.length) client.dialogue.wire.push(bytes.subarray(0, cut));
          if (cut < bytes.length) bytes = bytes.subarray(cut);
        }
        client.dialogue.wire.push(bytes);
        if (waits) await client.settle();
      }
      if (end === 'end') client.dialogue.wire.end();
      if (end === 'abort') client.dialogue.wire.abort();
      if (end === 'drain') await client.dialogue.drain();
      await client.settle();
      client.dialogue.wire.abort();
      await client.settle();
      assert.deepEqual(thrown, []);
    },
  );
  await fc.assert(talk, { numRuns: RUNS });
  process.off('uncaughtException', onThrown).off('unhandledRejection', onThrown);
  const client = await RawClient.open(handler);
  await client.say(headers(1));
  assert.equal(client.body(1).toString(), 'hello');
});
