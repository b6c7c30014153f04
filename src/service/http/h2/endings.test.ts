import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FLAG, PREFACE } from '../../../protocol/http2/index.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { DRAIN_QUIET, type HttpOptions } from '../server/options.ts';
import { data, GET_FIELDS, headers, post } from './test-frames.ts';
import { RawClient } from './test-raw-client.ts';

const limit = { timeout: 30_000 };
const hello: HttpHandler = () => new HttpResponse('hello');

describe('deadlines', limit, () => {
  const wait: HttpHandler = () => new Promise(() => {});
  const passed = async (client: RawClient, ms: number): Promise<void> => {
    for (let part = 0; part < 4; part++) await client.pass(ms / 4);
    for (let look = 0; look < 3; look++) await client.pass(250);
  };

  for (const [name, options, said, goaway] of [
    ['a first request', { headerTimeout: 1_000 }, [], 'noError'],
    ['another request', { keepAliveTimeout: 1_000 }, [headers(1)], 'noError'],
    [
      'the rest of a head',
      { headerTimeout: 1_000 },
      [headers(1, GET_FIELDS, FLAG.endStream)],
      'enhanceYourCalm',
    ],
    ['the rest of a frame', { headerTimeout: 1_000 }, [headers(1).subarray(0, 12)], 'enhanceYourCalm'],
  ] as [string, HttpOptions, Buffer[], string][])
    test(`of ${name}: the connection ends`, limit, async () => {
      const client = await RawClient.open(hello, options);
      await client.say(...said);
      assert.deepEqual(client.goaways, []);
      await passed(client, 1_000);
      assert.equal(client.goaways.at(-1)?.[1], goaway);
      assert.equal(client.state, 'ended');
    });

  test('of a preface that goes nowhere', limit, async () => {
    const client = new RawClient(hello, { headerTimeout: 1_000 });
    await client.say(PREFACE.subarray(0, 10));
    await passed(client, 1_000);
    assert.equal(client.state, 'ended');
  });

  for (const [status, name, options, said] of [
    [408, 'a body', { bodyTimeout: 1_000 }, [post(1), data(1, 'x')]],
    [503, 'an answer', { handlerTimeout: 1_000 }, [headers(1)]],
  ] as [number, string, HttpOptions, Buffer[]][])
    test(`of ${name}: the stream is answered with ${status}, the connection stays`, limit, async () => {
      const client = await RawClient.open(wait, { ...options, onError: () => {} });
      await client.say(...said);
      assert.equal(client.of(1).length, 0);
      await passed(client, 1_000);
      const expected = status === 408 ? /too slowly/ : /in time/;
      assert.match(client.body(1).toString(), expected);
      assert.deepEqual(client.goaways, []);
      await client.say(headers(3));
      assert.equal(client.state, 'open');
    });

  test('of a stream stand still while the connection lives on', limit, async () => {
    const client = await RawClient.open(wait, { keepAliveTimeout: 1_000, headerTimeout: 1_000 });
    await client.say(headers(1));
    await passed(client, 10_000);
    assert.equal(client.state, 'open');
  });
});

describe('the end', limit, () => {
  test('of a drain comes in two steps, and what is under way is answered', limit, async () => {
    const { promise, resolve } = Promise.withResolvers<HttpResponse>();
    const client = await RawClient.open((request) =>
      request.method === 'GET' ? promise : hello(request, {} as never),
    );
    await client.say(headers(1));
    await client.dialogue.drain();
    assert.deepEqual(client.goaways, [[0x7fffffff, 'noError']]);
    // On its way when the notice was.
    await client.say(headers(3, [[':method', 'HEAD'], ...GET_FIELDS.slice(1)]));
    assert.equal(client.hasEnded(3), true);
    await client.pass(DRAIN_QUIET);
    assert.deepEqual(client.goaways, [
      [0x7fffffff, 'noError'],
      [3, 'noError'],
    ]);
    assert.equal(client.state, 'open');
    resolve(new HttpResponse('done'));
    await client.settle();
    assert.equal(client.body(1).toString(), 'done');
    assert.equal(client.state, 'ended');
    client.dialogue.wire.end();
    assert.equal(await client.dialogue.outcome, undefined);
  });

  test('of an idle connection in a drain', limit, async () => {
    const client = await RawClient.open(hello);
    await client.dialogue.drain();
    await client.pass(DRAIN_QUIET);
    assert.equal(client.goaways.length, 2);
    assert.equal(client.state, 'ended');
  });

  for (const [name, options, handler] of [
    ['behind as many requests as are taken', { requestsPerConnection: 2 }, hello],
    [
      'behind an answer that asks for it',
      {},
      () => new HttpResponse('hello', { headers: { connection: 'close' } }),
    ],
  ] as [string, HttpOptions, HttpHandler][])
    test(name, limit, async () => {
      const client = await RawClient.open(handler, options);
      const streams = options.requestsPerConnection === 2 ? [1, 3] : [1];
      for (const stream of streams) await client.say(headers(stream));
      for (const stream of streams) assert.equal(client.body(stream).toString(), 'hello');
      assert.deepEqual(client.goaways[0], [streams.at(-1), 'noError']);
      assert.equal(client.state, 'ended');
    });

  test('of the client’s half: what was asked whole is answered', limit, async () => {
    const { promise, resolve } = Promise.withResolvers<HttpResponse>();
    let aborted = 0;
    const client = await RawClient.open((request) => {
      request.signal.addEventListener('abort', () => aborted++);
      return promise;
    });
    await client.say(headers(1), post(3), data(3, 'part'));
    client.dialogue.wire.end();
    await client.settle();
    assert.equal(aborted, 1);
    resolve(new HttpResponse('whole'));
    await client.settle();
    assert.equal(client.body(1).toString(), 'whole');
    assert.equal(client.resetOf(3), 'cancel');
    assert.equal(client.state, 'closed');
  });
});
