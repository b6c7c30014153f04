import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { Echo, EchoRequestSchema } from '../gen/test-echo_pb.ts';
import { type RpcCallEvent, type RpcOptions, requestContext, rpcHandler } from '../index.ts';
import { echoRoutes, echoState, stateIs } from '../test-echo.ts';
import { ECHO, frame, inside, post, surroundings } from '../test-request.ts';

const limit = { timeout: 20_000 };
const GRPC = { 'content-type': 'application/grpc+proto' };
const WEB = { 'content-type': 'application/grpc-web+proto' };

const echo = (options?: RpcOptions) => rpcHandler(echoRoutes(), options);

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return frame(toBinary(EchoRequestSchema, create(EchoRequestSchema, { text })));
}

function json(response: Response): Promise<{ code: string }> {
  return response.json() as Promise<{ code: string }>;
}

async function* never(first: Uint8Array): AsyncGenerator<Uint8Array> {
  yield first;
  await new Promise(() => {});
}

/** How a call of gRPC ended: in the head, when there was no message, else in the trailers. */
async function grpcEnd(response: Response): Promise<[status: string | null, message: string]> {
  await response.bytes();
  const trailers = (response as { trailers?: () => Headers }).trailers?.() ?? response.headers;
  return [trailers.get('grpc-status'), decodeURIComponent(trailers.get('grpc-message') ?? '')];
}

test('JSON in, JSON out: Connect needs nothing but a POST', limit, async () => {
  const response = await echo()(post('Say', '{"text":"a","case":"CASE_UPPER"}'));
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.deepEqual(await response.json(), { text: 'A', count: '1' });
});

test('a method without side effects answers GET, no other does', limit, async () => {
  const query = '?connect=v1&encoding=json&message=%7B%22text%22%3A%22a%22%7D';
  const look = await echo()(new Request(`http://test/${ECHO}/Look${query}`));
  assert.deepEqual(await look.json(), { text: 'a', count: '1' });
  const say = await echo()(new Request(`http://test/${ECHO}/Say${query}`));
  assert.deepEqual([say.status, say.headers.get('allow')], [405, 'POST']);
});

test('gRPC ends in trailers, or in the head when there is no message', limit, async () => {
  const good = await echo()(post('Say', bytes('a'), GRPC), surroundings('HTTP/2'));
  assert.equal(good.headers.has('grpc-status'), false);
  assert.deepEqual(await grpcEnd(good), ['0', '']);
  const bad = await echo()(post('Fail', bytes('a'), GRPC), surroundings('HTTP/2'));
  assert.equal('trailers' in bad, false);
  assert.deepEqual(await grpcEnd(bad), ['5', 'no a']);
});

test('what HTTP/1.1 cannot carry is said', limit, async () => {
  const grpc = await echo()(post('Say', bytes('a'), GRPC), surroundings('HTTP/1.1'));
  assert.equal(grpc.status, 505);
  assert.match(await grpc.text(), /gRPC needs HTTP\/2; over HTTP\/1.1 call with Connect or gRPC-Web/);
  const both = await echo()(post('Chat', bytes('a'), WEB), surroundings('HTTP/1.1'));
  assert.equal(both.status, 505);
  assert.match(await both.text(), /streams both ways needs HTTP\/2/);
  const web = await echo()(post('Say', bytes('a'), WEB), surroundings('HTTP/1.1'));
  assert.equal(web.status, 200);
});

test('what is not here is said in the words of each protocol', limit, async () => {
  const grpc = await echo()(post('Nothing', bytes('a'), GRPC));
  assert.deepEqual(await grpcEnd(grpc), ['12', `There is no ${ECHO}/Nothing here`]);
  const connect = await echo()(post('Nothing', '{}'));
  assert.equal(connect.status, 404);
  assert.deepEqual(await connect.json(), {
    code: 'unimplemented',
    message: `There is no ${ECHO}/Nothing here`,
  });
  const page = await echo()(new Request('http://test/index.html'));
  assert.equal(page.status, 404);
  assert.equal(page.headers.get('content-type'), 'text/plain;charset=UTF-8');
});

test('what is no call is answered by another handler', limit, async () => {
  const handler = echo({ otherwise: (request) => new Response(`page ${request.url}`), prefix: '/api' });
  assert.equal(
    await (await handler(new Request('http://test/index.html'))).text(),
    'page http://test/index.html',
  );
  const called = new Request(`http://test/api/${ECHO}/Say?x`, post('Say', '{"text":"a"}'));
  assert.deepEqual(await (await handler(called)).json(), { text: 'a', count: '1' });
});

test('types that nobody speaks, and broken messages, are refused', limit, async () => {
  const cases: [Request, number, RegExp][] = [
    [post('Say', '<a/>', { 'content-type': 'text/xml' }), 415, /Send application\/json/],
    [post('Say', '{"text":1}'), 400, /"invalid_argument"/],
    [post('Say', '{'), 400, /"invalid_argument"/],
    [post('Say', '{"text":"a"}', { 'content-encoding': 'zip' }), 501, /unknown compression/],
    [post('Say', 'no gzip', { 'content-encoding': 'gzip' }), 400, /is not what gzip compresses to/],
    [post('Say', new Uint8Array([0xff, 0xff]), { 'content-type': 'application/proto' }), 500, /"internal"/],
  ];
  for (const [request, status, words] of cases) {
    const response = await echo()(request);
    assert.equal(response.status, status);
    assert.match(await response.text(), words);
  }
});

test('broken frames end a call of gRPC with a code', limit, async () => {
  const message = bytes('a');
  const cases: [Uint8Array<ArrayBuffer>, string][] = [
    [new Uint8Array(0), '12'],
    [message.subarray(0, 3), '3'],
    [message.subarray(0, 6), '3'],
    // As the status codes of gRPC have it: what cannot be parsed is `internal`.
    [frame(new Uint8Array([0xff])), '13'],
    [frame(new Uint8Array(3), 1), '13'],
    [new Uint8Array([0, 0xff, 0xff, 0xff, 0xff, 1]), '8'],
    [Buffer.concat([message, message]), '12'],
  ];
  for (const [body, status] of cases) {
    for (const headers of [GRPC, WEB]) {
      const response = await echo()(post('Say', body, headers));
      const [told] = headers === GRPC ? await grpcEnd(response) : [webStatus(await response.bytes())];
      assert.equal(told, status, `${headers['content-type']} ${Buffer.from(body).toString('hex')}`);
    }
  }
});

/** The status in the last frame of gRPC-Web, which holds trailers. */
function webStatus(body: Uint8Array): string | undefined {
  return /grpc-status: (\d+)/.exec(Buffer.from(body).toString('latin1'))?.[1];
}

test('messages have a limit, compressed or not', limit, async () => {
  const handler = echo({ maxReceive: 1_000 });
  const large = JSON.stringify({ text: 'x'.repeat(2_000) });
  for (const request of [post('Say', large), post('Say', gzipSync(large), { 'content-encoding': 'gzip' })]) {
    const response = await handler(request);
    assert.equal(response.status, 429);
    assert.equal((await json(response)).code, 'resource_exhausted');
  }
  const out = await echo({ maxSend: 1_000 })(post('Say', large));
  assert.equal((await json(out)).code, 'resource_exhausted');
});

test(
  'deadlines: in the past, unreadable, too long, and of an implementation that does not heed it',
  limit,
  async () => {
    const say = (headers: Record<string, string>) =>
      echo({ maxDeadline: 1_000 })(post('Hang', '{}', headers));
    assert.equal((await json(await say({ 'connect-timeout-ms': '0' }))).code, 'deadline_exceeded');
    assert.equal((await json(await say({ 'connect-timeout-ms': 'soon' }))).code, 'invalid_argument');
    assert.equal((await json(await say({ 'connect-timeout-ms': '1001' }))).code, 'invalid_argument');
    assert.equal((await json(await say({ 'connect-timeout-ms': '5' }))).code, 'deadline_exceeded');
    const grpc = await echo()(post('Hang', bytes(''), { ...GRPC, 'grpc-timeout': '5m' }));
    assert.equal((await grpcEnd(grpc))[0], '4');
    const zero = await echo()(post('Say', bytes(''), { ...GRPC, 'grpc-timeout': '0n' }));
    assert.equal((await grpcEnd(zero))[0], '4');
    assert.throws(() => echo({ maxDeadline: Infinity }), /"maxDeadline" is up to/);
  },
);

test('a client that goes away ends the call', limit, async () => {
  const state = echoState();
  const gone = new AbortController();
  const answering = rpcHandler(echoRoutes(state))(post('Hang', '{}', {}, gone.signal));
  await stateIs(state, () => state.begun === 1);
  gone.abort();
  assert.equal((await json(await answering)).code, 'canceled');
  assert.equal(state.cancelled, 1);
});

test('an answer that nobody reads on ends the call', limit, async () => {
  const state = echoState();
  const response = await rpcHandler(echoRoutes(state))(post('Chat', never(bytes('a')), GRPC));
  const reader = response.body!.getReader();
  assert.ok((await reader.read()).value!.length > 5);
  await reader.cancel();
  await stateIs(state, () => state.cancelled === 1);
});

test(
  'a request that does not come, and a stream that is silent, end with deadline_exceeded',
  limit,
  async () => {
    const clock = fakeClock();
    const unary = echo({ clock, requestTimeout: 1_000 })(post('Say', never(bytes('a').subarray(0, 4)), GRPC));
    const streamed = echo({ clock, streamIdle: 1_000 })(post('Collect', never(bytes('a')), GRPC));
    await new Promise(setImmediate);
    clock.advance(1_000);
    assert.deepEqual(await grpcEnd(await unary), ['4', 'The request did not come within 1000 ms']);
    assert.deepEqual(await grpcEnd(await streamed), ['4', 'Nothing moved for 1000 ms']);
    assert.equal(clock.pending, 0);
  },
);

test(
  'a server that drains lets calls end, then ends them, and says that it serves no more',
  limit,
  async () => {
    const clock = fakeClock();
    const state = echoState();
    const draining = new AbortController();
    const handler = rpcHandler(echoRoutes(state), { clock, drainGrace: 1_000 });
    const context = surroundings('HTTP/2', draining.signal);
    const hanging = handler(post('Hang', '{}'), context);
    await stateIs(state, () => state.begun === 1);
    assert.equal(handler.health.get(''), 'SERVING');
    draining.abort();
    assert.equal(handler.health.get(''), 'NOT_SERVING');
    assert.equal(state.cancelled, 0);
    clock.advance(1_000);
    const response = await hanging;
    assert.deepEqual(await response.json(), { code: 'unavailable', message: 'The server is shutting down' });
    assert.equal(state.cancelled, 1);
    assert.equal(clock.pending, 0);
  },
);

test('authorize comes before the body, and hands on what it found', limit, async () => {
  const handler = echo({
    authorize: ({ requestHeader }) => {
      if (requestHeader.get('authorization') !== 'Bearer t')
        throw new ConnectError('who?', Code.Unauthenticated);
    },
  });
  const refused = await handler(post('Say', never(new Uint8Array(1))));
  assert.deepEqual(
    [refused.status, await refused.json()],
    [401, { code: 'unauthenticated', message: 'who?' }],
  );
  const grpc = await handler(post('Collect', never(bytes('a')), GRPC));
  assert.deepEqual(await grpcEnd(grpc), ['16', 'who?']);
  const taken = await handler(post('Say', '{}', { authorization: 'Bearer t' }));
  assert.equal(taken.status, 200);
});

test('interceptors go around, and know the peer', limit, async () => {
  const seen: string[] = [];
  const named =
    (name: string): Interceptor =>
    (next) =>
    async (request) => {
      seen.push(`${name} ${request.method.name} ${request.contextValues.get(requestContext)?.remote}`);
      return next(request);
    };
  await echo({ interceptors: [named('a'), named('b')] })(post('Say', '{}'), surroundings('HTTP/1.1'));
  assert.deepEqual(seen, ['a Say memory:peer', 'b Say memory:peer']);
});

test('what an implementation throws by mistake is told to the owner only', limit, async (t) => {
  const events: RpcCallEvent[] = [];
  const listen = (event: unknown): void => void events.push(event as RpcCallEvent);
  subscribe('modnet:rpc:call', listen);
  t.after(() => unsubscribe('modnet:rpc:call', listen));
  const handler = rpcHandler((router) =>
    router.service(Echo, {
      say: () => {
        throw new Error('secret');
      },
    }),
  );
  const connect = await handler(post('Say', '{}'), surroundings('HTTP/1.1'));
  assert.deepEqual(await connect.json(), { code: 'internal', message: 'internal error' });
  await (await handler(post('Say', bytes('a'), GRPC), surroundings('HTTP/2'))).bytes();
  await (await handler(post('Say', bytes('a'), WEB))).bytes();
  await (await handler(post('Say', '{'))).bytes();
  await (await handler(post('Look', '{}', { 'content-type': 'text/xml' }))).bytes();
  assert.deepEqual(
    events.map(({ method, protocol, code, remote, error }) => [
      method,
      protocol,
      code,
      remote,
      String(error),
    ]),
    [
      ['Say', 'connect', 'internal', 'memory:peer', 'Error: secret'],
      ['Say', 'grpc', 'internal', 'memory:peer', 'Error: secret'],
      ['Say', 'grpc-web', 'internal', undefined, 'Error: secret'],
      ['Say', 'connect', 'invalid_argument', undefined, 'undefined'],
      ['Look', '', 'unimplemented', undefined, 'undefined'],
    ],
  );
  assert.deepEqual([events[0]!.received, events[0]!.sent > 0, events[0]!.service], [2, true, ECHO]);
});

test('large answers are compressed when the client can', limit, async () => {
  const text = 'x'.repeat(10_000);
  const asked = { 'accept-encoding': 'br' };
  const response = await echo()(post('Say', JSON.stringify({ text }), asked));
  assert.equal(response.headers.get('content-encoding'), 'br');
  assert.ok((await response.bytes()).length < 200);
});

for (const protocol of ['connect', 'grpc-web'] as const) {
  test(`${protocol}: all four kinds, errors with details, metadata`, limit, async () => {
    const client = createClient(Echo, inside(echo(), { protocol }));
    assert.equal((await client.say({ text: 'a' })).text, 'a');
    const counts: bigint[] = [];
    for await (const { count } of client.repeat({ times: 3 })) counts.push(count);
    assert.deepEqual(counts, [1n, 2n, 3n]);
    async function* words() {
      yield { text: 'a' };
      yield { text: 'b' };
    }
    assert.equal((await client.collect(words())).text, 'a b');
    const texts: string[] = [];
    for await (const { text } of client.chat(words())) texts.push(text);
    assert.deepEqual(texts, ['a', 'b']);
    await assert.rejects(client.fail({ text: 'a' }), (error: ConnectError) => {
      assert.deepEqual([error.code, error.rawMessage, error.details.length], [Code.NotFound, 'no a', 1]);
      assert.equal(error.metadata.get('x-why'), 'because');
      return true;
    });
    let tail: string | null = '';
    await client.say(
      {},
      { headers: { 'x-mine': 'm' }, onTrailer: (trailer) => (tail = trailer.get('x-tail')) },
    );
    assert.equal(tail, 'm');
  });
}
