import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { serveHttp } from '../src/service/http/index.ts';
import { file_test_echo } from '../src/service/rpc/gen/test-echo_pb.ts';
import { RPC_SERVER, type RpcOptions, rpcHandler } from '../src/service/rpc/index.ts';
import { type EchoState, echoRoutes, echoState, stateIs } from '../src/service/rpc/test-echo.ts';
import { LocalAuthority } from '../src/transport/tls/index.ts';
import { modnet } from './tool.ts';

const ECHO = 'modnet.test.v1.Echo';

async function server(t: TestContext, options: RpcOptions = {}, state?: EchoState): Promise<string> {
  const running = await serveHttp('http://127.0.0.1:0', rpcHandler(echoRoutes(state), options), {
    ...RPC_SERVER,
    signals: false,
  });
  t.after(() => running.abort());
  return String(running.address);
}

/** A file with the descriptors of the service. */
function descriptors(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-call-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'echo.binpb');
  const set = create(FileDescriptorSetSchema, { file: [file_test_echo.proto] });
  writeFileSync(file, toBinary(FileDescriptorSetSchema, set));
  return file;
}

async function call(args: readonly string[], input = '') {
  const { code, stdout, stderr } = await modnet('call', ...args).end(input).ended;
  return { code, stdout: stdout.toString(), stderr };
}

const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('without a symbol the services are listed', async (t) => {
  const url = await server(t);
  const { code, stdout, stderr } = await call([url]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.deepEqual(stdout.split('\n'), [
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
    'grpc.reflection.v1alpha.ServerReflection',
    ECHO,
    '',
  ]);
  const json = await call([url.replace('http://', ''), '--json']);
  assert.deepEqual(lines(json.stdout).at(-1), { service: ECHO });
});

test('a service, a method, a message and an enum are described', async (t) => {
  const url = await server(t);
  const service = await call([url, ECHO]);
  assert.equal(service.code, 0);
  assert.match(
    service.stdout,
    /^service modnet\.test\.v1\.Echo \{\n {2}rpc Say \(modnet\.test\.v1\.EchoRequest\) returns/,
  );
  assert.match(
    service.stdout,
    /rpc Chat \(stream modnet\.test\.v1\.EchoRequest\) returns \(stream modnet\.test\.v1\.EchoResponse\);/,
  );
  assert.match(
    service.stdout,
    /message modnet\.test\.v1\.EchoRequest \{\n {2}string text = 1;\n {2}modnet\.test\.v1\.Case case = 2;/,
  );
  const method = await call([url, `${ECHO}.Repeat`]);
  assert.match(method.stdout, /^\/\/ modnet\.test\.v1\.Echo\/Repeat\nrpc Repeat \(.*\) returns \(stream /);
  const enumeration = await call([url, 'modnet.test.v1.Case']);
  assert.equal(
    enumeration.stdout,
    'enum modnet.test.v1.Case {\n  CASE_UNSPECIFIED = 0;\n  CASE_UPPER = 1;\n}\n',
  );
  const map = await call([url, 'grpc.health.v1.HealthListResponse']);
  assert.match(map.stdout, /map<string, grpc\.health\.v1\.HealthCheckResponse> statuses = 1;/);
  const oneof = await call([url, 'grpc.reflection.v1.ServerReflectionRequest']);
  assert.match(oneof.stdout, / {2}oneof message_request \{\n {4}string file_by_filename = 3;/);
});

for (const protocol of ['grpc', 'grpc-web', 'connect']) {
  test(`${protocol}: methods of all four kinds are called`, { timeout: 60_000 }, async (t) => {
    const url = await server(t);
    const to = (method: string): string[] => [url, `${ECHO}/${method}`, '--protocol', protocol];
    const unary = await call([...to('Say'), '{"text":"a","case":"CASE_UPPER"}']);
    assert.deepEqual(unary, { code: 0, stdout: '{"text":"A","count":"1"}\n', stderr: '' });
    const given = await call([...to('Repeat'), '{"text":"b","times":2}']);
    assert.deepEqual(lines(given.stdout), [
      { text: 'b', count: '1' },
      { text: 'b', count: '2' },
    ]);
    const taken = await call([...to('Collect'), '{"text":"c"}', '{"text":"d"}']);
    assert.deepEqual(lines(taken.stdout), [{ text: 'c d', count: '2' }]);
    const both = await call([...to('Chat'), '-'], '{"text":"e"}\n\n{"text":"f"}\n');
    assert.deepEqual(lines(both.stdout), [
      { text: 'e', count: '1' },
      { text: 'f', count: '2' },
    ]);
  });
}

test('an answer on a stream is printed before the next line is typed', async (t) => {
  const url = await server(t);
  using tool = modnet('call', url, `${ECHO}/Chat`, '-');
  tool.child.stdin.write('{"text":"first"}\n');
  await tool.seen(/"text":"first"/);
  tool.child.stdin.write('{"text":"second"}\n');
  await tool.seen(/"text":"second"/);
  tool.end();
  assert.equal((await tool.ended).code, 0);
});

test('a call that fails ends with 64 and its code, and tells the details', async (t) => {
  const url = await server(t);
  for (const protocol of ['grpc', 'grpc-web', 'connect']) {
    const { code, stdout, stderr } = await call([
      url,
      `${ECHO}/Fail`,
      '{"text":"x"}',
      '--protocol',
      protocol,
    ]);
    assert.deepEqual({ code, stdout }, { code: 69, stdout: '' });
    assert.equal(
      stderr,
      'modnet: not_found: no x\n  {"@type":"google.rpc.ErrorInfo","reason":"TEST","domain":"modnet","metadata":{"text":"x"}}\n',
    );
  }
  const json = await call([url, `${ECHO}/Fail`, '--json']);
  const [told] = lines(json.stdout) as [
    { status: string; code: number; details: unknown[]; trailers: string[][] },
  ];
  assert.deepEqual([told.status, told.code, told.details.length], ['not_found', 5, 1]);
  assert.ok(told.trailers.some(([name, value]) => name === 'x-why' && value === 'because'));
  assert.equal((await call([url, `${ECHO}/Missing`])).code, 76);
});

test('heads and trailers are shown, and sent as told', async (t) => {
  const url = await server(t);
  const { stdout, stderr } = await call([url, `${ECHO}/Say`, '{}', '-v', '-H', 'X-Mine: yes', '--defaults']);
  assert.deepEqual(lines(stdout), [{ text: '', count: '1', data: '' }]);
  assert.match(stderr, /^> modnet\.test\.v1\.Echo\/Say\n> x-mine: yes\n(< .*\n)+$/);
  assert.match(stderr, /^< x-head: yes$/m);
  assert.match(stderr, /^< x-tail: yes$/m);
  const json = await call([url, `${ECHO}/Say`, '{}', '--json', '-H', 'X-Mine: yes']);
  const [message, end] = lines(json.stdout) as [
    unknown,
    { status: string; trailers: string[][]; ms: number },
  ];
  assert.deepEqual(message, { message: { count: '1' } });
  assert.equal(end.status, 'ok');
  assert.ok(end.trailers.some(([name, value]) => name === 'x-tail' && value === 'yes'));
  assert.equal(typeof end.ms, 'number');
});

test('a deadline ends the call here and there', async (t) => {
  const state = echoState();
  const url = await server(t, {}, state);
  const { code, stderr } = await call([url, `${ECHO}/Hang`, '--deadline', '300ms']);
  assert.equal(code, 68);
  assert.match(stderr, /^modnet: deadline_exceeded: /);
  await stateIs(state, () => state.cancelled === 1);
});

test('an interrupt cancels the call', { timeout: 20_000 }, async (t) => {
  const state = echoState();
  const url = await server(t, {}, state);
  const tool = modnet('call', url, `${ECHO}/Hang`);
  await stateIs(state, () => state.begun === 1);
  tool.kill('SIGINT');
  assert.equal((await tool.ended).code, 130);
  await stateIs(state, () => state.cancelled === 1);
});

test('a server that does not tell its services is called by a file of descriptors', async (t) => {
  const url = await server(t, { reflection: false });
  const untold = await call([url, `${ECHO}/Say`]);
  assert.equal(untold.code, 1);
  assert.match(untold.stderr, /does not tell its services \(reflection\); give them with --descriptors FILE/);
  const file = descriptors(t);
  const told = await call([url, `${ECHO}/Say`, '{"text":"x"}', '--descriptors', file]);
  assert.deepEqual(told, { code: 0, stdout: '{"text":"x","count":"1"}\n', stderr: '' });
  writeFileSync(file, 'no descriptors');
  assert.match((await call([url, ECHO, '--descriptors', file])).stderr, /is no set of descriptors/);
  assert.match((await call([url, ECHO, '--descriptors', `${file}x`])).stderr, /no such file/);
});

test('a server of HTTP/1.1 alone is called by descriptors and Connect', async (t) => {
  const http = { ...RPC_SERVER, versions: ['http/1.1'], signals: false } as const;
  const running = await serveHttp('http://127.0.0.1:0', rpcHandler(echoRoutes()), http);
  t.after(() => running.abort());
  const url = String(running.address);
  const asked = await call([url]);
  assert.equal(asked.code, 1);
  assert.match(asked.stderr, /does not speak HTTP\/2, .* give them with --descriptors FILE, and call with/);
  const args = [url, `${ECHO}/Say`, '{"text":"x"}', '--descriptors', descriptors(t), '--protocol', 'connect'];
  assert.deepEqual(await call(args), { code: 0, stdout: '{"text":"x","count":"1"}\n', stderr: '' });
});

test('over TLS, and to another address', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-call-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = await LocalAuthority.open(join(folder, 'authority'));
  const { cert, key } = await authority.issue({ names: ['localhost'] });
  const alice = await authority.issue({ names: [], commonName: 'alice', client: true });
  writeFileSync(join(folder, 'alice.pem'), `${alice.cert}${alice.key}`);
  const tls = { cert, key, ca: authority.path, clientCertificate: 'require' } as const;
  const running = await serveHttp('https://127.0.0.1:0', rpcHandler(echoRoutes()), {
    ...RPC_SERVER,
    tls,
    signals: false,
  });
  t.after(() => running.abort());
  const { port } = new URL(String(running.address));
  const trust = ['--cacert', authority.path, '--cert', join(folder, 'alice.pem')];
  trust.push('--address', `tcp://127.0.0.1:${port}`);
  for (const protocol of ['grpc', 'connect']) {
    const { code, stdout } = await call([
      'https://localhost',
      `${ECHO}/Say`,
      '{"text":"s"}',
      ...trust,
      '--protocol',
      protocol,
    ]);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '{"text":"s","count":"1"}\n' });
  }
  const untrusted = await call([`https://127.0.0.1:${port}`, ECHO]);
  assert.equal(untrusted.code, 1);
  assert.match(untrusted.stderr, /certificate/);
});

test('what cannot be is said', async (t) => {
  const url = await server(t);
  const cases: [string[], number, RegExp][] = [
    [['ftp://x'], 2, /is not spoken here/],
    [[url, `${ECHO}/Nothing`], 1, /has no method Nothing; it has Say, Look/],
    [[url, 'no.Service/Method'], 1, /There is no no\.Service here/],
    [[url, 'no.such.Message'], 1, /There is no no\.such\.Message here/],
    [[url, `${ECHO}/Say`, '{"text":1}'], 1, /the message is no modnet\.test\.v1\.EchoRequest: .*text/],
    [[url, `${ECHO}/Say`, '{'], 1, /the message is no modnet\.test\.v1\.EchoRequest: /],
    [[url, `${ECHO}/Say`, '{}', '{}'], 2, /Say takes one message, and 2 are given/],
    [[url, `${ECHO}/Chat`, '{}', '-'], 2, /not both/],
    [['http://127.0.0.1:1', ECHO], 1, /connection refused/],
    [[url, ECHO, '--protocol', 'soap'], 2, /Allowed choices are grpc, grpc-web, connect/],
  ];
  for (const [args, code, words] of cases) {
    const ended = await call(args);
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
    assert.match(ended.stderr, words);
  }
});
