/** Calls from modnet's client to modnet's server: every protocol over every version of HTTP, TLS, sockets of Unix, load, draining. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HttpClient } from '../../src/service/http/index.ts';
import { Echo } from '../../src/service/rpc/gen/test-echo_pb.ts';
import {
  Code,
  type ConnectError,
  createClient,
  GZIP,
  Health,
  RpcReflection,
  type RpcTransportOptions,
  rpcTransport,
} from '../../src/service/rpc/index.ts';
import { stateIs } from '../../src/service/rpc/test-echo.ts';
import { LocalAuthority } from '../../src/transport/tls/index.ts';
import { ECHO, grpcStage } from './grpc-stage.ts';

const limit = { timeout: 30_000 };

const is = (code: Code) => (error: ConnectError) => {
  assert.equal(Code[error.code], Code[code], error.message);
  return true;
};

function clientOf(t: TestContext, url: string, options: RpcTransportOptions = {}) {
  const transport = rpcTransport(url, { closeGrace: 1, ...options });
  t.after(() => transport.close());
  return createClient(Echo, transport);
}

/** By what carries it: HTTP/2 of ours, HTTP/1.1 of ours, Node's fetch. */
function carriers(t: TestContext): [name: string, options: RpcTransportOptions][] {
  const http = new HttpClient();
  t.after(() => http.abort());
  const ours: RpcTransportOptions['fetch'] = (url, init) => http.fetch(url, init);
  const nodes: RpcTransportOptions['fetch'] = (url, init) => fetch(url, init as RequestInit);
  return [
    ['grpc', { protocol: 'grpc' }],
    ['grpc, gzip', { protocol: 'grpc', compress: GZIP }],
    ['grpc, json', { protocol: 'grpc', json: true }],
    ['grpc-web over HTTP/2', { protocol: 'grpc-web' }],
    ['connect over HTTP/2', { protocol: 'connect' }],
    ['connect, json, gzip over HTTP/2', { protocol: 'connect', json: true, compress: GZIP }],
    ['grpc-web over HTTP/1.1', { protocol: 'grpc-web', fetch: ours }],
    ['connect over HTTP/1.1', { protocol: 'connect', fetch: ours }],
    ['connect, json, gzip over HTTP/1.1', { protocol: 'connect', fetch: ours, json: true, compress: GZIP }],
    ['connect with GET', { protocol: 'connect', fetch: ours, get: true }],
    ['connect by fetch of Node', { protocol: 'connect', fetch: nodes }],
    ['grpc-web by fetch of Node', { protocol: 'grpc-web', fetch: nodes }],
  ];
}

async function* texts(...words: string[]) {
  for (const text of words) yield { text };
}

test('every protocol carries all kinds, errors, metadata and large messages', limit, async (t) => {
  const { url } = await grpcStage(t);
  const data = new Uint8Array(1_000_000).map((_, at) => at % 251);
  for (const [name, options] of carriers(t)) {
    const client = clientOf(t, url, options);
    const said = await client.say({ text: 'a', data });
    assert.ok(said.text === 'a' && Buffer.compare(said.data, data) === 0, name);
    assert.equal((await client.look({ text: 'b' })).text, 'b', name);
    let count = 0n;
    for await (const answer of client.repeat({ text: 'x'.repeat(2_000), times: 50 })) count += answer.count;
    assert.equal(count, 1275n, name);
    assert.equal((await client.collect(texts('c', 'd'))).text, 'c d', name);
    await assert.rejects(client.fail({ text: 'e' }), (error: ConnectError) => {
      assert.deepEqual(
        [error.code, error.rawMessage, error.details.length],
        [Code.NotFound, 'no e', 1],
        name,
      );
      assert.equal(error.metadata.get('x-why'), 'because', name);
      return true;
    });
    await assert.rejects(client.missing({}), is(Code.Unimplemented), name);
    const tails: (string | null)[] = [];
    const headers = { 'x-mine': 'm' };
    const onHeader = (header: Headers) => tails.push(header.get('x-head'));
    const onTrailer = (trailer: Headers) => tails.push(trailer.get('x-tail'));
    await client.say({}, { headers, onHeader, onTrailer });
    assert.deepEqual(tails, ['m', 'm'], name);
  }
});

test('streams both ways go over HTTP/2, and are refused over HTTP/1.1', limit, async (t) => {
  const { url } = await grpcStage(t);
  for (const [name, options] of carriers(t)) {
    const client = clientOf(t, url, options);
    const heard: string[] = [];
    const turn = Promise.withResolvers<void>();
    async function* talk() {
      yield { text: 'first' };
      // Said only when the answer to the first has come.
      await turn.promise;
      yield { text: 'second' };
    }
    const chat = async () => {
      for await (const { text } of client.chat(talk())) {
        heard.push(text);
        turn.resolve();
      }
    };
    if (options.fetch === undefined) {
      await chat();
      assert.deepEqual(heard, ['first', 'second'], name);
    } else {
      await assert.rejects(chat(), is(Code.Unimplemented), name);
    }
    turn.resolve();
  }
});

test('deadlines and cancelling reach the implementation, whatever carries them', limit, async (t) => {
  const { url, state } = await grpcStage(t);
  let calls = 0;
  for (const [name, options] of carriers(t)) {
    const client = clientOf(t, url, options);
    const late = client.hang({}, { timeoutMs: 100 });
    await assert.rejects(late, is(Code.DeadlineExceeded), name);
    const stop = new AbortController();
    const begun = state.begun;
    const cancelled = assert.rejects(client.hang({}, { signal: stop.signal }), is(Code.Canceled), name);
    await stateIs(state, () => state.begun > begun);
    stop.abort();
    await cancelled;
    calls++;
    await stateIs(state, () => state.cancelled >= calls);
  }
});

test('a thousand calls at once, half of them cancelled, leave nothing behind', limit, async (t) => {
  const { url, state, server } = await grpcStage(t);
  const client = clientOf(t, url, { retry: false });
  const stop = new AbortController();
  const hanging = Array.from({ length: 100 }, () =>
    client.hang({}, { signal: stop.signal }).catch((error) => error),
  );
  await stateIs(state, () => state.begun === 100);
  const answered = Promise.all(Array.from({ length: 500 }, () => client.say({ text: 'x' })));
  assert.equal((await answered).filter(({ text }) => text === 'x').length, 500);
  stop.abort();
  for (const error of await Promise.all(hanging)) is(Code.Canceled)(error);
  await stateIs(state, () => state.cancelled === 100);
  assert.equal((await client.say({ text: 'still' })).text, 'still');
  assert.equal(server.statistics().accepted, 1);
});

test('reflection and health answer over HTTP/2', limit, async (t) => {
  const { url, handler } = await grpcStage(t);
  const transport = rpcTransport(url);
  t.after(() => transport.close());
  const reflection = new RpcReflection(transport);
  assert.deepEqual(await reflection.services(), [...handler.services]);
  assert.equal((await reflection.registryOf(ECHO)).getService(ECHO)!.methods.length, 8);
  handler.health.set(ECHO, 'NOT_SERVING');
  const health = createClient(Health, transport);
  assert.equal((await health.check({ service: ECHO })).status, 2);
});

test('over TLS, where HTTP/2 is agreed on, and over a socket of Unix', limit, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-grpc-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = await LocalAuthority.open(join(folder, 'authority'));
  const { cert, key } = await authority.issue({ names: ['localhost'] });
  const secure = await grpcStage(t, {}, { tls: { cert, key } }, 'https://127.0.0.1:0');
  const address = `tcp://127.0.0.1:${secure.port}`;
  const client = clientOf(t, 'https://localhost', { address, tls: { ca: authority.path } });
  assert.equal((await client.say({ text: 'a' })).text, 'a');
  await assert.rejects(clientOf(t, 'https://localhost', { address }).say({}), is(Code.Unavailable));
  const old = await grpcStage(t, {}, { tls: { cert, key }, versions: ['http/1.1'] }, 'https://127.0.0.1:0');
  const tried = clientOf(t, `https://localhost:${old.port}`, {
    tls: { ca: authority.path },
    address: `tcp://127.0.0.1:${old.port}`,
  });
  await assert.rejects(tried.say({}), (error: ConnectError) => {
    assert.equal(error.code, Code.Unavailable);
    return true;
  });
  const path = `unix://${join(folder, 'rpc.sock')}`;
  await grpcStage(t, {}, {}, path);
  assert.equal((await clientOf(t, 'http://localhost', { address: path }).say({ text: 'u' })).text, 'u');
});

test('a server that drains lets calls end, and a client finds the next server', limit, async (t) => {
  const first = await grpcStage(t, { drainGrace: 100 });
  const client = clientOf(t, first.url, { retry: false });
  const turn = Promise.withResolvers<void>();
  async function* talk() {
    yield { text: 'before' };
    await turn.promise;
    yield { text: 'after' };
  }
  const heard: string[] = [];
  const chatting = (async () => {
    for await (const { text } of client.chat(talk())) heard.push(text);
  })();
  const hanging = assert.rejects(client.hang({}), is(Code.Unavailable));
  await stateIs(first.state, () => first.state.begun === 2);
  const drained = first.server.drain();
  turn.resolve();
  await chatting;
  assert.deepEqual(heard, ['before', 'after']);
  await hanging;
  await drained;
  await assert.rejects(client.say({}), is(Code.Unavailable));
});
