/** The server of HTTP against clients of others: node:http, curl, and sockets that say what no client would. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  type HttpHandler,
  HttpResponse,
  type HttpServer,
  pathOf,
  serveHttp,
} from '../../src/service/http/index.ts';
import { peer } from './peers.ts';

const run = promisify(execFile);
const limit = { timeout: 20_000 };

async function* counted(): AsyncGenerator<string> {
  for (let number = 1; number <= 1000; number++) yield `${number}\n`;
}

const handler: HttpHandler = async (request) => {
  const path = pathOf(request);
  if (path === '/echo') return new HttpResponse(request.body);
  if (path === '/count') return new HttpResponse(counted());
  if (path === '/refuse') return new HttpResponse('no', { status: 403 });
  if (path === '/form') return HttpResponse.json([...(await request.formData())]);
  if (path === '/shout')
    return HttpResponse.upgrade({}, async (connection) => {
      for await (const chunk of connection)
        await connection.write(Buffer.from(Buffer.from(chunk).toString().toUpperCase()));
    });
  return new HttpResponse(`${request.method} ${path}`);
};

let server: HttpServer;
let port: number;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

before(async () => {
  const options = { signals: false, bodyLimit: 100_000_000, headerTimeout: 300 };
  server = await serveHttp('http://127.0.0.1:0', handler, options);
  port = (server.address as { port: number }).port;
});

after(async () => {
  agent.destroy();
  await server.close();
});

function open(path: string, options: RequestOptions = {}): ClientRequest {
  return request({ host: '127.0.0.1', port, path, agent, ...options });
}

async function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

describe('node:http', limit, () => {
  test('keeps one connection for many requests', async () => {
    const before = server.statistics().accepted;
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const answer = await answerTo(open('/x', { method }).end());
      assert.equal(await text(answer), `${method} /x`);
    }
    const head = await answerTo(open('/x', { method: 'HEAD' }).end());
    assert.equal(await text(head), '');
    assert.equal(head.headers['content-length'], '7');
    assert.equal(server.statistics().accepted, before + 1);
  });

  test('sends and gets chunks', async () => {
    const asked = open('/echo', { method: 'POST' });
    const answer = answerTo(asked);
    for (let part = 0; part < 50; part++) {
      if (!asked.write('x'.repeat(20_000))) await once(asked, 'drain');
    }
    asked.end();
    assert.equal((await answer).headers['transfer-encoding'], 'chunked');
    assert.equal((await text(await answer)).length, 1_000_000);
    const lines = (await text(await answerTo(open('/count').end()))).split('\n');
    assert.equal(lines.length, 1001);
  });

  test('waits for 100 Continue', async () => {
    const asked = open('/echo', { method: 'POST', headers: { expect: '100-continue', 'content-length': 4 } });
    asked.flushHeaders();
    const echoed = answerTo(asked);
    await once(asked, 'continue');
    asked.end('body');
    assert.equal(await text(await echoed), 'body');
    const refused = open('/refuse', {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': 4 },
    });
    refused.on('continue', () => assert.fail('the handler did not read'));
    refused.flushHeaders();
    const answer = await answerTo(refused);
    assert.deepEqual([answer.statusCode, answer.headers.connection], [403, 'close']);
    refused.destroy();
  });

  test('upgrades', async () => {
    const asked = open('/shout', { headers: { connection: 'upgrade', upgrade: 'shout' } }).end();
    const [answer, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket];
    assert.equal(answer.headers.upgrade, 'shout');
    socket.end('quiet');
    assert.equal(await text(socket), 'QUIET');
  });
});

describe('curl', { ...limit, skip: peer('curl').skip }, () => {
  const curl = (...args: string[]): Promise<{ stdout: string }> =>
    run(peer('curl').path, ['--silent', '--show-error', '--max-time', '15', ...args], { maxBuffer: 1e8 });
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;

  test('reads, twice over one connection', async () => {
    const { stdout } = await curl('--write-out', '%{num_connects}\n', url('/a'), url('/b'));
    assert.equal(stdout, 'GET /a1\nGET /b0\n');
  });

  test('speaks HTTP/1.0, and sends HEAD', async () => {
    assert.equal((await curl('--http1.0', url('/a'))).stdout, 'GET /a');
    const counted = (await curl('--http1.0', url('/count'))).stdout;
    assert.equal(counted.split('\n').length, 1001);
    assert.match(
      (await curl('--head', url('/abc'))).stdout,
      /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*content-length: 9\r\n/,
    );
  });

  test('sends a file, which it asks about before, and in chunks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modnet-http-'));
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    writeFileSync(from, Buffer.alloc(2_000_000, 'abcdefg'));
    for (const chunked of [[], ['--header', 'Transfer-Encoding: chunked']]) {
      await curl('--data-binary', `@${from}`, '--output', to, ...chunked, url('/echo'));
      assert.ok(readFileSync(to).equals(readFileSync(from)));
    }
    rmSync(folder, { recursive: true });
  });

  test('gets its answer although nobody reads what it sends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modnet-http-'));
    writeFileSync(join(folder, 'file'), Buffer.alloc(50_000_000));
    const { stdout } = await curl(
      '--data-binary',
      `@${join(folder, 'file')}`,
      '--header',
      'Expect:',
      url('/refuse'),
    );
    assert.equal(stdout, 'no');
    rmSync(folder, { recursive: true });
  });

  test('sends a form of several parts', async () => {
    assert.equal(
      (await curl('--form', 'a=b', '--form', 'c=d', url('/form'))).stdout,
      '[["a","b"],["c","d"]]',
    );
  });
});

describe('a socket', limit, () => {
  const socketTo = async (): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  };

  test('that pipelines and ends its half is answered', async () => {
    const socket = await socketTo();
    socket.end('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await text(socket), /GET \/1HTTP\/1\.1 200 OK\r\n.*GET \/2$/s);
  });

  test('that says a head byte by byte is not waited for', async () => {
    const socket = await socketTo();
    const byte = setInterval(() => socket.write('x'), 20);
    socket.write('GET / HTTP/1.1\r\nX: ');
    assert.match(await text(socket), /^HTTP\/1\.1 408 Request Timeout\r\n/);
    clearInterval(byte);
    socket.destroy();
  });

  test('that says nonsense hears so, and nothing is reset before it has read that', async () => {
    const socket = await socketTo();
    socket.write(`nonsense\r\n\r\n${'x'.repeat(1_000_000)}`);
    assert.match(await text(socket), /^HTTP\/1\.1 400 Bad Request\r\n/);
    socket.destroy();
  });
});
