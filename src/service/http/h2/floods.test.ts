/** Clients of HTTP/2 that mean harm: each is told ENHANCE_YOUR_CALM, or what nghttp2 says, and goes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FLAG, FRAME, PREFACE } from '../../../protocol/http2/index.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { type HttpFaultEvent, httpFaults } from '../server/diagnostics.ts';
import type { HttpOptions } from '../server/options.ts';
import { FLOOD_SPAN } from './flood-guard.ts';
import { REJECTED_STREAMS } from './options.ts';
import {
  data,
  frame,
  GET_FIELDS,
  headers,
  PING,
  post,
  reset,
  settings,
  windowUpdate,
} from './test-frames.ts';
import { RawClient } from './test-raw-client.ts';

const limit = { timeout: 30_000 };
const hello: HttpHandler = () => new HttpResponse('hello');
const never: HttpHandler = () => new Promise(() => {});

/** What is told of a client. */
async function faultsOf(talk: () => Promise<void>): Promise<string[]> {
  const told: string[] = [];
  const onFault = (event: unknown): void => void told.push((event as HttpFaultEvent).error.message);
  httpFaults.subscribe(onFault);
  await talk();
  httpFaults.unsubscribe(onFault);
  return told;
}

describe('frames of which there are too many in a minute', limit, () => {
  const LIMIT = 20;
  const everywhere = { resets: LIMIT, settings: LIMIT, pings: LIMIT, priorities: LIMIT } as const;
  const floods = { ...everywhere, windowUpdates: LIMIT, emptyFrames: LIMIT, unknownFrames: LIMIT };
  const options: HttpOptions = { http2: { floods } };

  /** The name of the limit, what the frames come behind, and one of them. */
  const table: [name: keyof typeof floods, first: Buffer[], one: Buffer, earned: number][] = [
    ['settings', [], settings(), 1],
    ['pings', [], PING, 0],
    ['priorities', [], frame(FRAME.priority, 0, 3, Buffer.alloc(5, 1)), 0],
    ['priorities', [], frame(FRAME.priorityUpdate, 0, 0, Buffer.from('\0\0\0\x01u=0')), 0],
    ['windowUpdates', [], windowUpdate(0, 1), 0],
    ['unknownFrames', [], frame(99, 0, 0), 0],
    ['emptyFrames', [post(1)], data(1, ''), 0],
    ['emptyFrames', [post(1)], data(1, Buffer.from([3, 0, 0, 0]), FLAG.padded), 0],
    ['resets', [headers(1)], reset(1), 0],
  ];

  for (const [name, first, one, earned] of table)
    test(`${name}: frames of type ${one[3]}${one[4] === FLAG.padded ? ', padded' : ''}`, limit, async () => {
      const client = await RawClient.open(never, options);
      const told = await faultsOf(async () => {
        await client.say(...first, ...Array.from({ length: LIMIT - earned }, () => one));
        assert.deepEqual(client.goaways, [], 'as many as are taken');
        await client.say(one);
      });
      assert.deepEqual(client.goaways.at(-1)?.[1], 'enhanceYourCalm');
      assert.match(told[0]!, new RegExp(`more than the ${LIMIT} that .*http2\\.floods\\.${name}`));
      assert.equal(client.state, 'ended');
    });

  test('another minute begins anew', limit, async () => {
    const client = await RawClient.open(hello, options);
    const pings = Array.from({ length: LIMIT }, () => PING);
    for (let minute = 0; minute < 3; minute++) {
      await client.say(...pings);
      await client.say(headers(2 * minute + 1));
      await client.pass(FLOOD_SPAN);
    }
    assert.deepEqual(client.goaways, []);
  });

  test('windows are opened as often as what is sent makes them', limit, async () => {
    const client = await RawClient.open(() => new HttpResponse(Buffer.alloc(60_000)), options);
    await client.say(headers(1));
    // 20, and 10 for the stream, and 10 for each of the four frames that have left.
    await client.say(...Array.from({ length: 70 }, () => windowUpdate(0, 1)));
    assert.deepEqual(client.goaways, []);
    await client.say(windowUpdate(0, 1));
    assert.deepEqual(client.goaways.at(-1)?.[1], 'enhanceYourCalm');
  });
});

test('acknowledgements that nobody takes do not pile up', limit, async () => {
  const client = await RawClient.open(hello);
  client.dialogue.wire.pause();
  const told = await faultsOf(async () => {
    for (let round = 0; round < 50; round++) await client.say(...Array.from({ length: 100 }, () => PING));
    client.dialogue.wire.resume();
    await client.settle();
  });
  assert.match(told.join(), /Flooding was detected/);
});

describe('rapid reset (CVE-2023-44487)', limit, () => {
  const pair = (stream: number): Buffer => Buffer.concat([headers(stream), reset(stream)]);
  const pairs = (count: number, from = 1): Buffer[] =>
    Array.from({ length: count }, (_, at) => pair(from + 2 * at));

  test('in one packet runs no handler at all, and ends', limit, async () => {
    let asked = 0;
    const client = await RawClient.open(() => {
      asked++;
      return new HttpResponse('');
    });
    await client.say(Buffer.concat(pairs(2_000)));
    assert.equal(client.goaways.at(-1)?.[1], 'enhanceYourCalm');
    assert.equal(asked, 0);
  });

  test('one by one runs no more handlers than there are streams at a time', limit, async () => {
    let running = 0;
    let most = 0;
    const slow: HttpHandler = (request) => {
      running++;
      most = Math.max(most, running);
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    };
    const client = await RawClient.open(slow, { http2: { maxStreams: 10 } });
    for (let round = 0; round < 30; round++) {
      await client.say(headers(2 * round + 1));
      await client.say(reset(2 * round + 1));
    }
    assert.equal(running, 30);
    assert.equal(most, 30);
    assert.deepEqual(client.goaways, []);
  });

  test('handlers that run on count as streams', limit, async () => {
    let asked = 0;
    const settle: (() => void)[] = [];
    const stubborn: HttpHandler = () => {
      asked++;
      return new Promise((resolve) => settle.push(() => resolve(new HttpResponse('late'))));
    };
    const client = await RawClient.open(stubborn, { http2: { maxStreams: 10 } });
    let stream = -1;
    for (let round = 0; round < 30; round++) {
      stream += 2;
      await client.say(headers(stream));
      await client.say(reset(stream));
    }
    assert.equal(asked, 10);
    assert.equal(client.resetOf(2 * 29 + 1), 'refusedStream');
    settle[0]!();
    await client.settle();
    stream += 2;
    await client.say(headers(stream));
    assert.equal(asked, 11);
  });

  test('made by the server itself counts as well (CVE-2025-8671)', limit, async () => {
    const client = await RawClient.open(never, { http2: { floods: { resets: 20 } } });
    for (let round = 0; round < 30; round++) {
      const stream = 2 * round + 1;
      // A head behind the head that ends nothing: one of the few faults that nghttp2 does not end the connection for.
      await client.say(post(stream));
      await client.say(headers(stream, [['x', 'y']], FLAG.endHeaders));
    }
    assert.equal(client.resetOf(1), 'protocolError');
    assert.equal(client.goaways.at(-1)?.[1], 'enhanceYourCalm');
  });
});

describe('heads', limit, () => {
  test('that go on in frame after frame (CVE-2024-27316)', limit, async () => {
    const client = await RawClient.open(hello);
    await client.say(headers(1, GET_FIELDS, FLAG.endStream));
    const more = frame(FRAME.continuation, 0, 1, Buffer.from('\0\x01a\x01b'));
    for (let count = 0; count < 8; count++) await client.say(more);
    assert.deepEqual(client.goaways, []);
    await client.say(more);
    assert.equal(client.goaways.at(-1)?.[1], 'internalError');
    assert.equal(client.state, 'ended');
  });

  test('that unfold to far more than was sent', limit, async () => {
    let asked = 0;
    const client = await RawClient.open(() => {
      asked++;
      return new HttpResponse('');
    });
    // A field of 4,000 bytes into the table, and then that one again and again, a byte each (RFC 7541, section 6.1).
    const value = Buffer.alloc(3_900, 'x');
    const insert = Buffer.concat([Buffer.from('\x40\x01a\x7f\xbd\x1d', 'latin1'), value]);
    const fields = headers(1).subarray(9);
    const block = Buffer.concat([fields, insert, Buffer.alloc(8_000, 0xbe)]);
    const before = process.memoryUsage().rss;
    for (let stream = 1; stream < 100; stream += 2)
      await client.say(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, block));
    assert.equal(asked, 0);
    assert.equal(client.resetOf(1), 'enhanceYourCalm');
    // 50 times 8,000 fields of 3,900 bytes would be 1.5 GB.
    assert.ok(process.memoryUsage().rss - before < 200_000_000);
  });

  test('too long to be answered reset their stream alone', limit, async () => {
    const client = await RawClient.open(hello);
    const long = Array.from({ length: 12 }, (_, at): [string, string] => [`x-${at}`, 'y'.repeat(1_000)]);
    await client.say(headers(1, [...GET_FIELDS, ...long]));
    assert.equal(client.hasEnded(1), true);
    const many = Array.from({ length: 150 }, (_, at): [string, string] => [`x-${at}`, 'y']);
    await client.say(headers(3, [...GET_FIELDS, ...many]));
    assert.equal(client.resetOf(3), 'enhanceYourCalm');
    await client.say(headers(5));
    assert.equal(client.body(5).toString(), 'hello');
  });
});

describe('streams', limit, () => {
  const counting = (): { handler: HttpHandler; asked: () => number } => {
    let asked = 0;
    const handler: HttpHandler = () => {
      asked++;
      return new Promise(() => {});
    };
    return { handler, asked: () => asked };
  };
  const many = (count: number, from = 1): Buffer[] =>
    Array.from({ length: count }, (_, at) => headers(from + 2 * at));

  test('beyond those that may be open end the connection', limit, async () => {
    const { handler, asked } = counting();
    const client = await RawClient.open(handler, { http2: { maxStreams: 20 } });
    for (const one of many(20)) await client.say(one);
    assert.equal(asked(), 20);
    assert.deepEqual(client.goaways, []);
    await client.say(headers(41));
    assert.equal(client.goaways.at(-1)?.[1], 'protocolError');
    assert.equal(asked(), 20);
    assert.equal(client.state, 'ended');
  });

  test('are refused while the client may not know better, up to a bound', limit, async () => {
    const { handler, asked } = counting();
    const client = new RawClient(handler, { http2: { maxStreams: 20 } });
    // No SETTINGS acknowledged yet.
    await client.say(PREFACE, settings());
    for (const one of many(30)) await client.say(one);
    assert.equal(asked(), 20);
    assert.deepEqual(
      many(10, 41).map((_, at) => client.resetOf(41 + 2 * at)),
      Array.from({ length: 10 }, () => 'refusedStream'),
    );
    for (const one of many(REJECTED_STREAMS, 61)) await client.say(one);
    assert.equal(asked(), 20);
    assert.equal(client.state, 'ended');
  });

  test('that take nothing are reset when they have had their time', limit, async () => {
    // SETTINGS_INITIAL_WINDOW_SIZE 0: nothing of a body can be sent.
    const client = await RawClient.open(hello, { writeTimeout: 1_000 }, [4, 0]);
    await client.say(headers(1));
    assert.equal(client.of(1, FRAME.headers).length, 1);
    assert.equal(client.hasEnded(1), false);
    const told = await faultsOf(async () => {
      for (let look = 0; look < 8; look++) await client.pass(250);
    });
    assert.equal(client.resetOf(1), 'cancel');
    assert.match(told[0]!, /took nothing of an answer for 1000 ms/);
    await client.say(windowUpdate(0, 100), settings([4, 100]), headers(3));
    assert.equal(client.body(3).toString(), 'hello');
  });

  test('that take little by little are left alone', limit, async () => {
    const client = await RawClient.open(hello, { writeTimeout: 1_000 }, [4, 0]);
    await client.say(headers(1));
    for (let byte = 0; byte < 5; byte++) {
      await client.pass(750);
      await client.say(windowUpdate(1, 1));
    }
    assert.equal(client.body(1).toString(), 'hello');
    assert.equal(client.resetOf(1), undefined);
  });
});
