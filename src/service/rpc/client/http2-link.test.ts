/** The transport over HTTP/2 against a server of Node that does what it is told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  constants,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, type ConnectError, createClient } from '@connectrpc/connect';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { Echo, EchoResponseSchema } from '../gen/test-echo_pb.ts';
import { type RpcTransportOptions, rpcTransport } from '../index.ts';
import { frame } from '../test-request.ts';

const limit = { timeout: 20_000 };
const HEAD = { ':status': 200, 'content-type': 'application/grpc+proto' };

type Serve = (stream: ServerHttp2Stream, session: number) => void;

interface Stage {
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[];
  readonly url: string;
}

async function stage(t: TestContext, serve: Serve): Promise<Stage> {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer();
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    serve(stream, sessions.indexOf(stream.session as ServerHttp2Session));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { server, sessions, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function client(t: TestContext, { url }: Stage, options: RpcTransportOptions = {}) {
  const transport = rpcTransport(url, { retry: { backoff: 1 }, closeGrace: 1, ...options });
  t.after(() => transport.close());
  return createClient(Echo, transport);
}

function answer(stream: ServerHttp2Stream, text = 'a', status = '0'): void {
  stream.respond(HEAD, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }));
  stream.end(frame(toBinary(EchoResponseSchema, create(EchoResponseSchema, { text }))));
}

const failsWith = (code: Code, words: RegExp) => (error: ConnectError) => {
  assert.equal(Code[error.code], Code[code], error.rawMessage);
  assert.match(error.rawMessage, words);
  return true;
};

test('calls share a connection, and one that the server ends is opened anew', limit, async (t) => {
  const there = await stage(t, (stream) => answer(stream));
  const echo = client(t, there);
  await Promise.all([echo.say({}), echo.say({}), echo.say({})]);
  assert.equal(there.sessions.length, 1);
  const closed = once(there.sessions[0]!, 'close');
  there.sessions[0]!.close();
  await closed;
  await echo.say({});
  assert.equal(there.sessions.length, 2);
});

test('a stream that was refused is sent again, whatever the method', limit, async (t) => {
  let refusals = 1;
  const there = await stage(t, (stream) => {
    if (refusals-- > 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else answer(stream);
  });
  assert.equal((await client(t, there).say({})).text, 'a');
});

test('how the server ends a stream is a code', limit, async (t) => {
  const resets: [number, Code, RegExp][] = [
    [constants.NGHTTP2_CANCEL, Code.Canceled, /reset the call with CANCEL/],
    [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted, /ENHANCE_YOUR_CALM/],
    [constants.NGHTTP2_INTERNAL_ERROR, Code.Internal, /INTERNAL_ERROR/],
  ];
  for (const [reset, code, words] of resets) {
    const there = await stage(t, (stream) => stream.close(reset));
    await assert.rejects(client(t, there).say({}), failsWith(code, words));
  }
});

test('a connection that is lost within a call is unavailable', limit, async (t) => {
  const there = await stage(t, (stream) => {
    stream.respond(HEAD);
    stream.write(new Uint8Array(3), () => stream.session!.destroy());
  });
  const calling = client(t, there).say({});
  await assert.rejects(calling, (error: ConnectError) =>
    [Code.Unavailable, Code.Canceled, Code.Internal].includes(error.code),
  );
});

test('an answer without a status, or that is no gRPC, is an error', limit, async (t) => {
  const bare = await stage(t, (stream) => {
    stream.respond(HEAD);
    stream.end();
  });
  await assert.rejects(client(t, bare).say({}), failsWith(Code.Internal, /./));
  const page = await stage(t, (stream) => {
    stream.respond({ ':status': 503, 'content-type': 'text/html' });
    stream.end('<p>');
  });
  await assert.rejects(client(t, page, { retry: false }).say({}), failsWith(Code.Unavailable, /HTTP 503/));
});

test('a call that is cancelled resets its stream and leaves the others', limit, async (t) => {
  const codes: number[] = [];
  const began = Promise.withResolvers<void>();
  const reset = Promise.withResolvers<void>();
  let streams = 0;
  const there = await stage(t, (stream) => {
    if (++streams > 1) return answer(stream);
    stream.on('close', () => {
      codes.push(stream.rstCode);
      reset.resolve();
    });
    began.resolve();
  });
  const echo = client(t, there);
  const stop = new AbortController();
  const calling = echo.say({}, { signal: stop.signal });
  await began.promise;
  stop.abort();
  await assert.rejects(calling, failsWith(Code.Canceled, /./));
  await reset.promise;
  assert.deepEqual(codes, [constants.NGHTTP2_CANCEL]);
  await echo.say({});
  assert.equal(there.sessions.length, 1);
});

test('a server that answers no PING is given up', limit, async (t) => {
  // Sends empty SETTINGS and then nothing, whatever comes.
  const began = Promise.withResolvers<void>();
  const mute = createNetServer((socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.on('data', () => began.resolve());
    socket.write(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0));
  });
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.after(() => mute.close());
  const clock = fakeClock();
  const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
  const options = { clock, keepaliveAfter: 1_000, keepaliveTimeout: 100, idle: 0, retry: false } as const;
  const echo = createClient(Echo, rpcTransport(url, options));
  const calling = echo.say({});
  const failing = assert.rejects(
    calling,
    failsWith(Code.DeadlineExceeded, /did not answer a PING within 100 ms/),
  );
  await began.promise;
  let isOver = false;
  const over = failing.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    clock.advance(500);
    await new Promise(setImmediate);
  }
  await over;
});

test('a connection that nobody needs is closed', limit, async (t) => {
  const there = await stage(t, (stream) => answer(stream));
  const clock = fakeClock();
  const echo = client(t, there, { clock, keepaliveAfter: 0, idle: 1_000 });
  await echo.say({});
  const closed = once(there.sessions[0]!, 'close');
  await new Promise(setImmediate);
  clock.advance(2_000);
  clock.advance(2_000);
  await closed;
  await echo.say({});
  assert.equal(there.sessions.length, 2);
});

test('large bodies pass in both directions, and wait for who reads them', limit, async (t) => {
  const there = await stage(t, (stream) => {
    stream.respond(HEAD, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  const data = new Uint8Array(300_000).fill(7);
  const echo = client(t, there);
  async function* many() {
    for (let at = 0; at < 20; at++) yield { data };
  }
  let sum = 0;
  for await (const message of echo.chat(many())) {
    const unknown = message.$unknown?.reduce((length, { data: field }) => length + field.length, 0) ?? 0;
    sum += unknown > 300_000 ? 1 : 0;
  }
  assert.equal(sum, 20);
});

test('closed, it takes no calls', limit, async (t) => {
  const there = await stage(t, (stream) => answer(stream));
  const transport = rpcTransport(there.url, { retry: false });
  const echo = createClient(Echo, transport);
  await echo.say({});
  await transport.close();
  await assert.rejects(echo.say({}), failsWith(Code.Unavailable, /is closed/));
});

test('what cannot be is said at once', () => {
  assert.throws(() => rpcTransport('ftp://a'), /is no URL of a server/);
  const fetch: RpcTransportOptions['fetch'] = async () => new Response();
  assert.throws(() => rpcTransport('http://a', { fetch, protocol: 'grpc' }), /gRPC needs trailers/);
});
