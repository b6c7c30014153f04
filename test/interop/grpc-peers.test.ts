/** Calls to and from others: @grpc/grpc-js, @connectrpc/connect-node, grpcio of Python, curl. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import { Echo, EchoRequestSchema, EchoResponseSchema } from '../../src/service/rpc/gen/test-echo_pb.ts';
import {
  BROTLI,
  Code,
  type ConnectError,
  createClient,
  GZIP,
  rpcTransport,
} from '../../src/service/rpc/index.ts';
import { stateIs } from '../../src/service/rpc/test-echo.ts';
import { findProgram } from '../../tools/find-program.ts';
import { ECHO, grpcStage } from './grpc-stage.ts';
import { peer } from './peers.ts';

const run = promisify(execFile);
const limit = { timeout: 30_000 };
const curl = peer('curl');

/** The service as grpc-js describes one. */
const METHODS = Object.fromEntries(
  Echo.methods.map((method) => [
    method.name,
    {
      path: `/${ECHO}/${method.name}`,
      requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
      responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
      requestSerialize: (value: Partial<{ text: string }>) =>
        Buffer.from(toBinary(EchoRequestSchema, create(EchoRequestSchema, value))),
      requestDeserialize: (bytes: Buffer) => fromBinary(EchoRequestSchema, bytes),
      responseSerialize: (value: Partial<{ text: string }>) =>
        Buffer.from(toBinary(EchoResponseSchema, create(EchoResponseSchema, value))),
      responseDeserialize: (bytes: Buffer) => fromBinary(EchoResponseSchema, bytes),
    },
  ]),
) as grpc.ServiceDefinition;

const EchoClient = grpc.makeGenericClientConstructor(METHODS, 'Echo');

type Say = { text: string; count: bigint };

function grpcJs(t: TestContext, port: number, options: grpc.ClientOptions = {}) {
  const client = new EchoClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), options);
  t.after(() => client.close());
  const method = (name: string) =>
    (client as unknown as Record<string, CallableFunction>)[name]!.bind(client);
  const unary = (
    name: string,
    value: object,
    metadata = new grpc.Metadata(),
    more: object = {},
  ): Promise<Say> =>
    new Promise((resolve, reject) =>
      method(name)(value, metadata, more, (error: Error | null, answer: Say) =>
        error === null ? resolve(answer) : reject(error),
      ),
    );
  return { client, method, unary };
}

test('grpc-js calls all kinds', limit, async (t) => {
  const { port } = await grpcStage(t);
  const { method, unary } = grpcJs(t, port);
  assert.deepEqual((await unary('Say', { text: 'a' })).text, 'a');
  const counts: bigint[] = [];
  for await (const { count } of method('Repeat')({ text: 'x', times: 100 }) as AsyncIterable<Say>)
    counts.push(count);
  assert.equal(counts.length, 100);
  const collected = await new Promise<Say>((resolve, reject) => {
    const call = method('Collect')((error: Error | null, answer: Say) =>
      error ? reject(error) : resolve(answer),
    );
    call.write({ text: 'c' });
    call.write({ text: 'd' });
    call.end();
  });
  assert.equal(collected.text, 'c d');
  const chat = method('Chat')() as grpc.ClientDuplexStream<object, Say>;
  const heard: string[] = [];
  chat.write({ text: 'first' });
  for await (const { text } of chat as AsyncIterable<Say>) {
    heard.push(text);
    if (heard.length === 1) chat.write({ text: 'second' });
    else chat.end();
  }
  assert.deepEqual(heard, ['first', 'second']);
});

test('grpc-js sees codes, metadata, details, deadlines, and is compressed for', limit, async (t) => {
  const { port, state } = await grpcStage(t, { maxReceive: 100_000 });
  const { unary } = grpcJs(t, port, {
    'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
  });
  assert.equal((await unary('Say', { text: 'x'.repeat(50_000) })).text.length, 50_000);
  const codeOf = async (calling: Promise<unknown>): Promise<grpc.ServiceError> => {
    await assert.rejects(calling);
    return calling.catch((error) => error) as Promise<grpc.ServiceError>;
  };
  const failed = await codeOf(unary('Fail', { text: 'x' }));
  assert.deepEqual([failed.code, failed.details, failed.metadata.get('x-why')], [5, 'no x', ['because']]);
  assert.equal(failed.metadata.get('grpc-status-details-bin').length, 1);
  assert.equal((await codeOf(unary('Missing', {}))).code, grpc.status.UNIMPLEMENTED);
  const late = await codeOf(unary('Hang', {}, new grpc.Metadata(), { deadline: Date.now() + 200 }));
  assert.equal(late.code, grpc.status.DEADLINE_EXCEEDED);
  await stateIs(state, () => state.cancelled === 1);
  assert.equal(
    (await codeOf(unary('Say', { text: 'x'.repeat(150_000) }))).code,
    grpc.status.RESOURCE_EXHAUSTED,
  );
});

test('calls that grpc-js cancels end in the server, also many at once', limit, async (t) => {
  const { port, state } = await grpcStage(t);
  const { method, unary } = grpcJs(t, port);
  const calls = Array.from({ length: 200 }, () => method('Hang')({}, () => {}) as grpc.ClientUnaryCall);
  // The server takes 128 streams of a connection at a time.
  await stateIs(state, () => state.begun >= 100);
  for (const call of calls) call.cancel();
  await stateIs(state, () => state.cancelled === state.begun);
  assert.equal((await unary('Say', { text: 'still' })).text, 'still');
});

test('a server of grpc-js is called', limit, async (t) => {
  const server = new grpc.Server();
  t.after(() => server.forceShutdown());
  type Answer = (error: object | null, value?: object, trailer?: grpc.Metadata) => void;
  server.addService(METHODS, {
    Say: ({ request, metadata }: grpc.ServerUnaryCall<Say, Say>, done: Answer) => {
      const trailer = new grpc.Metadata();
      trailer.set('x-tail', String(metadata.get('x-mine')[0]));
      done(null, { text: request.text, count: 1n }, trailer);
    },
    Fail: (_: unknown, done: Answer) => done({ code: grpc.status.OUT_OF_RANGE, details: 'so far' }),
    Hang: () => {},
    Repeat: (call: grpc.ServerWritableStream<{ times: number }, object>) => {
      for (let count = 1; count <= call.request.times; count++) call.write({ count: BigInt(count) });
      call.end();
    },
    Collect: (call: grpc.ServerReadableStream<Say, object>, done: Answer) => {
      const texts: string[] = [];
      call.on('data', ({ text }: Say) => texts.push(text));
      call.on('end', () => done(null, { text: texts.join(' ') }));
    },
    Chat: (call: grpc.ServerDuplexStream<Say, object>) => {
      call.on('data', ({ text }: Say) => call.write({ text }));
      call.on('end', () => call.end());
    },
  } as unknown as grpc.UntypedServiceImplementation);
  const port = await promisify(server.bindAsync.bind(server))(
    '127.0.0.1:0',
    grpc.ServerCredentials.createInsecure(),
  );
  const transport = rpcTransport(`http://127.0.0.1:${port}`, { compress: GZIP, closeGrace: 1 });
  t.after(() => transport.close());
  const client = createClient(Echo, transport);
  let tail: string | null = null;
  const text = 'x'.repeat(5_000);
  const headers = { 'x-mine': 'm' };
  const said = await client.say(
    { text },
    { headers, onTrailer: (trailer) => (tail = trailer.get('x-tail')) },
  );
  assert.deepEqual([said.text.length, tail], [5_000, 'm']);
  let sum = 0n;
  for await (const { count } of client.repeat({ times: 100 })) sum += count;
  assert.equal(sum, 5050n);
  async function* texts() {
    yield { text: 'a' };
    yield { text: 'b' };
  }
  assert.equal((await client.collect(texts())).text, 'a b');
  const heard: string[] = [];
  for await (const answer of client.chat(texts())) heard.push(answer.text);
  assert.deepEqual(heard, ['a', 'b']);
  await assert.rejects(
    client.fail({}),
    (error: ConnectError) => error.code === Code.OutOfRange && error.rawMessage === 'so far',
  );
  await assert.rejects(client.missing({}), (error: ConnectError) => error.code === Code.Unimplemented);
  await assert.rejects(
    client.hang({}, { timeoutMs: 100 }),
    (error: ConnectError) => error.code === Code.DeadlineExceeded,
  );
});

test('clients of connect-node call by each protocol', limit, async (t) => {
  const { url: baseUrl } = await grpcStage(t);
  const transports = [
    createGrpcTransport({ baseUrl }),
    createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }),
    createGrpcWebTransport({ baseUrl, httpVersion: '2' }),
    createConnectTransport({ baseUrl, httpVersion: '1.1' }),
    createConnectTransport({ baseUrl, httpVersion: '2', useBinaryFormat: false, useHttpGet: true }),
  ];
  for (const transport of transports) {
    const client = createClient(Echo, transport);
    assert.equal((await client.say({ text: 'x'.repeat(3_000) })).text.length, 3_000);
    assert.equal((await client.look({ text: 'b' })).text, 'b');
    const counts: bigint[] = [];
    for await (const { count } of client.repeat({ times: 3 })) counts.push(count);
    assert.deepEqual(counts, [1n, 2n, 3n]);
    await assert.rejects(
      client.fail({}),
      (error: ConnectError) => error.code === Code.NotFound && error.details.length === 1,
    );
  }
});

test('curl calls by JSON, over HTTP/1.1 and HTTP/2', { ...limit, skip: curl.skip }, async (t) => {
  const { url } = await grpcStage(t);
  for (const version of ['--http1.1', '--http2-prior-knowledge']) {
    const args = ['-sS', version, '-H', 'Content-Type: application/json', '-w', ' %{http_code}', '-d'];
    const said = await run(curl.path, [...args, '{"text":"a"}', `${url}/${ECHO}/Say`]);
    assert.equal(said.stdout, '{"text":"a","count":"1"} 200');
    const failed = await run(curl.path, [...args, '{"text":"a"}', `${url}/${ECHO}/Fail`]);
    assert.match(failed.stdout, /^\{"code":"not_found","message":"no a","details":\[.*\]\} 404$/);
    const get = `${url}/${ECHO}/Look?encoding=json&message=%7B%22text%22%3A%22g%22%7D`;
    assert.equal((await run(curl.path, ['-sS', version, get])).stdout, '{"text":"g","count":"1"}');
    const coded = [
      '--compressed',
      '-d',
      `{"text":"${'x'.repeat(3_000)}"}`,
      '-H',
      'Content-Type: application/json',
    ];
    const large = await run(curl.path, ['-sS', version, ...coded, `${url}/${ECHO}/Say`]);
    assert.equal(JSON.parse(large.stdout).text.length, 3_000);
  }
});

const SNAKE = `
import sys, grpc
def field(text):
    data = text.encode()
    return bytes([10, len(data)]) + data
raw = lambda data: data
channel = grpc.insecure_channel('127.0.0.1:' + sys.argv[1], options=[('grpc.default_compression_algorithm', 2)])
path = '/${ECHO}/'
say = channel.unary_unary(path + 'Say', raw, raw)
answer, call = say.with_call(field('hi'), metadata=[('x-mine', 'm')], timeout=10)
print('say', answer[2:4].decode(), dict(call.trailing_metadata()).get('x-tail'))
print('large', len(say(bytes([34, 0xa0, 0x8d, 0x06]) + b'z' * 100000, timeout=10)) > 100000)
repeat = channel.unary_stream(path + 'Repeat', raw, raw)
print('repeat', len(list(repeat(field('x') + bytes([24, 50]), timeout=10))))
print('collect', channel.stream_unary(path + 'Collect', raw, raw)(iter([field('a'), field('b')]), timeout=10)[2:5].decode())
print('chat', [part[2:3].decode() for part in channel.stream_stream(path + 'Chat', raw, raw)(iter([field('c'), field('d')]), timeout=10)])
for name in ['Fail', 'Missing', 'Nothing', 'Hang']:
    try:
        channel.unary_unary(path + name, raw, raw)(field('x'), timeout=0.3 if name == 'Hang' else 10)
    except grpc.RpcError as error:
        print(name, error.code().name, error.details() if name != 'Hang' else '')
`;

const python = findProgram('python3', ['/usr/bin']) ?? 'python3';
const withoutGrpc: string | false = await run(python, ['-c', 'import grpc']).then(
  () => false,
  () => 'python3 has no grpc; tools/peers installs it',
);
if (withoutGrpc !== false && process.env.MODNET_REQUIRE_PEERS === '1') throw new Error(withoutGrpc);

test('grpcio of Python calls all kinds', { ...limit, skip: withoutGrpc }, async (t) => {
  const { port } = await grpcStage(t);
  const { stdout } = await run(python, ['-c', SNAKE, String(port)]);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'say hi m',
    'large True',
    'repeat 50',
    'collect a b',
    "chat ['c', 'd']",
    'Fail NOT_FOUND no x',
    `Missing UNIMPLEMENTED ${ECHO}.Missing is not implemented`,
    `Nothing UNIMPLEMENTED There is no ${ECHO}/Nothing here`,
    'Hang DEADLINE_EXCEEDED',
  ]);
});

test('gRPC-Web as a browser frames it, by hand', limit, async (t) => {
  const { url } = await grpcStage(t);
  const message = toBinary(EchoRequestSchema, create(EchoRequestSchema, { text: 'web' }));
  const body = Uint8Array.of(0, 0, 0, 0, message.length, ...message);
  const headers = { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' };
  const response = await fetch(`${url}/${ECHO}/Say`, { method: 'POST', headers, body });
  assert.equal(response.headers.get('content-type'), 'application/grpc-web+proto');
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = bytes.readUInt32BE(1);
  assert.equal(fromBinary(EchoResponseSchema, bytes.subarray(5, 5 + length)).text, 'web');
  assert.equal(bytes[5 + length], 0x80);
  assert.equal(bytes.subarray(10 + length).toString(), 'grpc-status: 0\r\n');
});

test('Brotli is agreed on, too', limit, async (t) => {
  const { url } = await grpcStage(t);
  const transport = rpcTransport(url, { compress: BROTLI, compression: [BROTLI], closeGrace: 1 });
  t.after(() => transport.close());
  let encoding: string | null = null;
  const onHeader = (header: Headers) => {
    encoding = header.get('grpc-encoding');
  };
  const { text } = await createClient(Echo, transport).say({ text: 'x'.repeat(5_000) }, { onHeader });
  assert.deepEqual([text.length, encoding], [5_000, 'br']);
});
