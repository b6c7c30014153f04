/** Clients that no library is: streams of HTTP/2 that say what they should not, or stop in the middle. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { type TestContext, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { EchoRequestSchema } from '../../src/service/rpc/gen/test-echo_pb.ts';
import { stateIs } from '../../src/service/rpc/test-echo.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { ECHO, type GrpcStage, grpcStage } from './grpc-stage.ts';

const limit = { timeout: 30_000 };
const TYPE = { 'content-type': 'application/grpc', te: 'trailers' };

interface End {
  readonly status: number;
  /** In the head or behind the body. */
  readonly grpc: string | undefined;
  readonly message: string;
  readonly body: string;
}

function session(t: TestContext, { url }: GrpcStage) {
  const opened = connect(url);
  opened.on('error', () => {});
  t.after(() => opened.destroy());
  const open = (method: string, headers: Record<string, string> = TYPE): ClientHttp2Stream => {
    const stream = opened.request({ ':method': 'POST', ':path': `/${ECHO}/${method}`, ...headers });
    stream.on('error', () => {});
    return stream;
  };
  return { opened, open };
}

async function endOf(stream: ClientHttp2Stream): Promise<End> {
  let trailers: IncomingHttpHeaders = {};
  let body = '';
  stream.on('trailers', (fields) => {
    trailers = fields;
  });
  stream.on('data', (chunk) => {
    body += chunk;
  });
  const ended = once(stream, 'end');
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  await ended;
  const told = { ...head, ...trailers };
  const message = decodeURIComponent(String(told['grpc-message'] ?? ''));
  return { status: Number(head[':status']), grpc: told['grpc-status'] as string | undefined, message, body };
}

function bytes(text: string): Buffer {
  const data = toBinary(EchoRequestSchema, create(EchoRequestSchema, { text }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(data.length, 1);
  return Buffer.concat([head, data]);
}

test('a message that says it has 4 GiB is refused before it comes', limit, async (t) => {
  const stage = await grpcStage(t);
  const { open } = session(t, stage);
  const stream = open('Say');
  stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
  const { status, grpc } = await endOf(stream);
  assert.deepEqual([status, grpc], [200, '8']);
});

test('a stream that ends within a message, and one that says nothing, are answered', limit, async (t) => {
  const stage = await grpcStage(t);
  const { open } = session(t, stage);
  const cut = open('Say');
  cut.end(bytes('abc').subarray(0, 7));
  assert.equal((await endOf(cut)).grpc, '3');
  const empty = open('Say');
  empty.end();
  assert.equal((await endOf(empty)).grpc, '12');
  const noise = open('Say');
  noise.end(Buffer.alloc(2_000, 0xee));
  assert.ok(Number((await endOf(noise)).grpc) > 0);
});

test('other types, methods and paths are refused, and the connection goes on', limit, async (t) => {
  const stage = await grpcStage(t);
  const { opened, open } = session(t, stage);
  const page = open('Say', { 'content-type': 'text/html' });
  page.end('<p>');
  assert.equal((await endOf(page)).status, 415);
  const get = opened.request({ ':method': 'GET', ':path': `/${ECHO}/Say`, ...TYPE });
  get.end();
  assert.equal((await endOf(get)).status, 405);
  const lost = open('../Say');
  lost.end(bytes('a'));
  assert.equal((await endOf(lost)).grpc, '12');
  const good = open('Say');
  good.end(bytes('a'));
  assert.equal((await endOf(good)).grpc, '0');
});

test('metadata that is no text and deadlines that are none end a call with a code', limit, async (t) => {
  const stage = await grpcStage(t);
  const { open } = session(t, stage);
  for (const timeout of ['-1m', '5', '999999999S', '0n', 'now']) {
    const stream = open('Hang', { ...TYPE, 'grpc-timeout': timeout });
    stream.end(bytes('a'));
    const { grpc } = await endOf(stream);
    assert.equal(grpc, timeout === '0n' ? '4' : '3', timeout);
  }
  const long = open('Say', { ...TYPE, 'grpc-timeout': '99999999H' });
  long.end(bytes('a'));
  assert.equal((await endOf(long)).grpc, '0');
});

test(
  'streams that stop in the middle end at their deadline, and those that are reset at once',
  limit,
  async (t) => {
    const clock = fakeClock();
    const stage = await grpcStage(t, { clock, streamIdle: 1_000, requestTimeout: 1_000 });
    const { open } = session(t, stage);
    const half = open('Say');
    half.write(bytes('abc').subarray(0, 6));
    const silent = open('Chat');
    silent.write(bytes('a'));
    await once(silent, 'data');
    const ends = Promise.all([endOf(half), once(silent, 'trailers')]);
    let isOver = false;
    const over = ends.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      clock.advance(1_000);
      await new Promise(setImmediate);
    }
    const [{ grpc, message }, [trailers]] = await over;
    assert.deepEqual([grpc, message], ['4', 'The request did not come within 1000 ms']);
    assert.equal((trailers as IncomingHttpHeaders)['grpc-status'], '4');
    const reset = open('Chat');
    reset.write(bytes('a'));
    await once(reset, 'data');
    reset.close(constants.NGHTTP2_CANCEL);
    await stateIs(stage.state, () => stage.state.cancelled === stage.state.begun);
    assert.equal(clock.pending, 0);
  },
);

test('a connection that is lost ends all calls on it', limit, async (t) => {
  const stage = await grpcStage(t);
  const { opened, open } = session(t, stage);
  for (let at = 0; at < 50; at++) open('Hang').end(bytes('a'));
  await stateIs(stage.state, () => stage.state.begun === 50);
  opened.destroy();
  await stateIs(stage.state, () => stage.state.cancelled === 50);
  const again = session(t, stage).open('Say');
  again.end(bytes('a'));
  assert.equal((await endOf(again)).grpc, '0');
});

test('calls that are begun and reset over and over leave nothing running', limit, async (t) => {
  const stage = await grpcStage(t);
  const { open } = session(t, stage);
  // Fewer than the server takes for a flood.
  for (let at = 0; at < 300; at++) {
    const stream = open('Hang');
    stream.end(bytes('a'));
    setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
    if (at % 50 === 49) await new Promise(setImmediate);
  }
  const good = open('Say');
  good.end(bytes('a'));
  assert.equal((await endOf(good)).grpc, '0');
  await stateIs(stage.state, () => stage.state.cancelled === stage.state.begun);
});
