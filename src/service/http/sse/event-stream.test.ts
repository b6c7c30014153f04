import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { testRequest } from '../test-context.ts';
import { EVENTS_HIGH, EVENTS_LIMIT } from './event-queue.ts';
import { eventStream, HEARTBEAT, type SendEvent } from './event-stream.ts';
import { formatEvent, type ServerSentEvent } from './format-event.ts';

const request = testRequest('/', { headers: { 'last-event-id': '7' } });

test('an event as text', () => {
  assert.equal(formatEvent({ data: 'a\nb\r\nc\rd' }), 'data: a\ndata: b\ndata: c\ndata: d\n\n');
  assert.equal(
    formatEvent({ event: 'e', id: '1', retry: 5, data: '' }),
    'event: e\nid: 1\nretry: 5\ndata: \n\n',
  );
  assert.equal(formatEvent({ comment: 'a\nb' }), ': a\n: b\n\n');
  const bad: ServerSentEvent[] = [
    { event: 'a\nb' },
    { id: 'a\rb' },
    { id: '\0' },
    { retry: -1 },
    { retry: 1.5 },
  ];
  for (const event of bad) assert.throws(() => formatEvent(event), { code: 'protocol', fault: 'local' });
});

test('an iterable becomes a stream that ends with it', async () => {
  async function* events(): AsyncGenerator<ServerSentEvent> {
    yield { data: 'a' };
    yield { event: 'b', data: 'c' };
  }
  const response = eventStream(request, events(), { headers: { 'x-more': '1' } });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('x-more'), '1');
  assert.equal(await response.text(), 'data: a\n\nevent: b\ndata: c\n\n');
});

test('a function sends, knows what was seen last, and ends the stream with its promise', async () => {
  const response = eventStream(request, async (send, { lastEventId }) => {
    await send({ data: `after ${lastEventId}` });
  });
  assert.equal(await response.text(), 'data: after 7\n\n');
});

test('nothing begins before it is read; who goes early ends it', async () => {
  let begun = 0;
  let left = 0;
  async function* events(): AsyncGenerator<ServerSentEvent> {
    begun++;
    try {
      for (;;) yield { data: 'x' };
    } finally {
      left++;
    }
  }
  await eventStream(request, events()).body!.cancel();
  assert.deepEqual([begun, left], [0, 0]);
  const reader = eventStream(request, events()).body!.getReader();
  await reader.read();
  await reader.cancel();
  while (left === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([begun, left], [1, 1]);
});

test('a function that returns nothing goes on until the reader goes', async () => {
  const begun = Promise.withResolvers<SendEvent>();
  let signal: AbortSignal | undefined;
  const response = eventStream(request, (give, context) => {
    begun.resolve(give);
    ({ signal } = context);
  });
  const reader = response.body!.getReader();
  const first = reader.read();
  const send = await begun.promise;
  await send({ data: '1' });
  assert.equal(String(Buffer.from((await first).value!)), 'data: 1\n\n');
  assert.equal(signal!.aborted, false);
  await reader.cancel();
  assert.equal(signal!.aborted, true);
  await send({ data: 'dropped' });
});

test('silence is broken by comments, and speech is not', async () => {
  const clock = fakeClock();
  const begun = Promise.withResolvers<SendEvent>();
  const response = eventStream(request, (give) => begun.resolve(give), { clock });
  const reader = response.body!.getReader();
  const read = async (): Promise<string> => String(Buffer.from((await reader.read()).value!));
  const beat = read();
  const send = await begun.promise;
  clock.advance(HEARTBEAT);
  assert.equal(await beat, ':\n\n');
  const event = read();
  await send({ data: 'x' });
  assert.equal(await event, 'data: x\n\n');
  const later = read();
  clock.advance(HEARTBEAT);
  clock.advance(HEARTBEAT);
  assert.equal(await later, ':\n\n');
  await reader.cancel();
  assert.equal(clock.pending, 0);
});

test('a server that drains ends the stream in order', async () => {
  const drain = new AbortController();
  const response = eventStream(
    request,
    (send) => {
      void send({ data: 'last' });
      drain.abort();
    },
    { until: drain.signal },
  );
  assert.equal(await response.text(), 'data: last\n\n');
  assert.equal(await eventStream(request, () => assert.fail('begun'), { until: drain.signal }).text(), '');
});

test('who sends waits for a slow reader', async () => {
  let sent = 0;
  const data = 'x'.repeat(EVENTS_HIGH / 4);
  const response = eventStream(request, async (send) => {
    for (; sent < 100; sent++) await send({ data });
  });
  const reader = response.body!.getReader();
  await reader.read();
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(sent <= 10, `${sent} were sent`);
  let bytes = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
  assert.equal(sent, 100);
  assert.ok(bytes > 90 * data.length);
});

test('who does not wait is broken off at the limit', async () => {
  let signal: AbortSignal | undefined;
  const response = eventStream(request, (send, context) => {
    ({ signal } = context);
    for (let sent = 0; sent <= EVENTS_LIMIT; sent += 10_000) void send({ data: 'x'.repeat(10_000) });
  });
  await assert.rejects(
    async () => {
      const reader = response.body!.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read());
    },
    { code: 'limit' },
  );
  assert.equal(signal!.aborted, true);
});

test('an error of the source breaks the stream, wherever it is thrown', async () => {
  const fault = new Error('of the source');
  const sources = [
    () => {
      throw fault;
    },
    () => Promise.reject(fault),
    async (send: SendEvent) => send({ id: 'a\nb' }),
  ];
  for (const source of sources) await assert.rejects(eventStream(request, source).text());
});
