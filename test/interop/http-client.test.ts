/** The client of HTTP against servers and proxies of others: nginx, HAProxy, node:http, Python's http.server. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient, HttpResponse, serveHttp } from '../../src/service/http/index.ts';
import { Tool } from '../tool.ts';
import { listening, node } from './node-server.ts';
import { peer } from './peers.ts';

const nginx = peer('nginx');
const haproxy = peer('haproxy');
const python = peer('python3');
const limited = { timeout: 30_000 };

const DATA = randomBytes(12 * 1024 * 1024);
const TEXT = 'A line of text that can be compressed very well.\n'.repeat(2000);
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'modnet-client-'));
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'files', 'data.bin'), DATA);
  writeFileSync(join(folder, 'files', 'text.txt'), TEXT);
});

after(() => rmSync(folder, { recursive: true }));

/** Neither proxy takes port 0, so they listen on paths, which say when they are ready. */
async function untilConnected(path: string): Promise<void> {
  for (;;) {
    const socket = connectSocket(path);
    const ready = await new Promise((resolve) =>
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false)),
    );
    socket.destroy();
    if (ready) return;
    await delay(20);
  }
}

describe('nginx', { skip: nginx.skip, timeout: 60_000 }, () => {
  let tool: Tool;
  let client: HttpClient;
  const path = (): string => join(folder, 'nginx.sock');

  before(async () => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 64; }
http {
  access_log off; keepalive_timeout 30s; client_max_body_size 1000;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  gzip on; gzip_types text/plain; gzip_min_length 100;
  types { text/plain txt; } default_type application/octet-stream;
  server {
    listen unix:${path()};
    root ${folder}/files;
    location = /old { return 301 /text.txt; }
    location = /brief { keepalive_timeout 0; try_files /text.txt =404; }
    location = /post { return 200 "taken"; }
  }
}
`,
    );
    tool = new Tool(nginx.path, ['-c', file, '-p', folder, '-e', 'stderr']);
    await untilConnected(path());
    client = new HttpClient({ address: `unix:${path()}` });
  });

  after(async () => {
    await client.close();
    tool.kill();
    await tool.ended;
  });

  test('a large file, and a part of it', async () => {
    const whole = await client.request('http://any/data.bin');
    assert.equal(sha256(await whole.bytes()), sha256(DATA));
    const part = await client.request('http://any/data.bin', { headers: { range: 'bytes=1000-1999' } });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.bytes()), DATA.subarray(1000, 2000));
  });

  test('text, compressed on the way, in chunks', async () => {
    const answer = await client.request('http://any/text.txt');
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    assert.equal(answer.headers.get('transfer-encoding'), 'chunked');
    assert.equal(await answer.text(), TEXT);
  });

  test('HEAD, 304, 404, 405 and a redirect over one connection', async () => {
    const { connected } = client.statistics;
    const head = await client.request('http://any/data.bin', { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), String(DATA.length));
    const headers = { 'if-none-match': head.headers.get('etag')! };
    assert.equal((await client.request('http://any/data.bin', { headers })).status, 304);
    assert.equal((await client.request('http://any/missing')).status, 404);
    assert.equal((await client.request('http://any/text.txt', { method: 'POST', body: 'x' })).status, 405);
    const moved = await client.request('http://any/old');
    assert.equal(await moved.text(), TEXT);
    assert.equal(moved.redirects.length, 1);
    assert.equal(client.statistics.connected, connected);
  });

  test('a body that is too large is refused early, and the next request goes on', async () => {
    const body = Buffer.alloc(10_000_000);
    const refused = await client.request('http://any/post', { method: 'POST', body, expectContinue: true });
    assert.equal(refused.status, 413);
    await refused.text();
    const taken = await client.request('http://any/post', {
      method: 'POST',
      body: 'small',
      expectContinue: true,
    });
    assert.equal(await taken.text(), 'taken');
  });

  test('a connection that it does not keep is not used again', async () => {
    for (let turn = 0; turn < 3; turn++) {
      const answer = await client.request('http://any/brief');
      assert.equal(answer.headers.get('connection'), 'close');
      assert.equal(await answer.text(), TEXT);
    }
  });

  test('many at a time', async () => {
    const texts = Array.from({ length: 50 }, async () =>
      (await client.request('http://any/text.txt')).text(),
    );
    for (const text of await Promise.all(texts)) assert.equal(text, TEXT);
  });
});

test('haproxy in front of a server', { ...limited, skip: haproxy.skip }, async (t) => {
  const backend = createServer(async (request, response) => {
    response.setHeader('trailer', 'x-hash');
    response.write((await buffer(request)).toString().toUpperCase());
    response.addTrailers({ 'x-hash': 'abc' });
    response.end();
  });
  t.after(() => backend.close());
  await listening(backend, join(folder, 'backend.sock'));
  const front = join(folder, 'haproxy.sock');
  const file = join(folder, 'haproxy.conf');
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen front
  bind ${front}
  server back unix@${join(folder, 'backend.sock')}
`,
  );
  const tool = new Tool(haproxy.path, ['-db', '-f', file]);
  try {
    await untilConnected(front);
    await using client = new HttpClient({ address: `unix:${front}` });
    for (let turn = 0; turn < 3; turn++) {
      async function* body(): AsyncGenerator<string> {
        yield 'in ';
        yield 'parts';
      }
      const answer = await client.request('http://any/', { method: 'POST', body: body() });
      assert.equal(await answer.text(), 'IN PARTS');
      assert.equal((await answer.trailers)?.get('x-hash'), 'abc');
    }
    assert.equal(client.statistics.connected, 1);
  } finally {
    tool.kill();
    await tool.ended;
  }
});

for (const protocol of ['HTTP/1.0', 'HTTP/1.1']) {
  test(`python's http.server, which speaks ${protocol}`, { ...limited, skip: python.skip }, async () => {
    const args = [
      '-u',
      '-m',
      'http.server',
      '0',
      '--bind',
      '127.0.0.1',
      '--protocol',
      protocol,
      '-d',
      join(folder, 'files'),
    ];
    using tool = new Tool(python.path, args);
    const [, port] = await tool.seen(/port (\d+)/);
    await using client = new HttpClient();
    const url = `http://127.0.0.1:${port}`;
    assert.match(await (await client.request(url)).text(), /text\.txt/);
    const answer = await client.request(`${url}/data.bin`);
    assert.equal(sha256(await answer.bytes()), sha256(DATA));
    assert.equal((await client.request(`${url}/none`)).status, 404);
    assert.equal(client.statistics.connected, protocol === 'HTTP/1.0' ? 3 : 1);
  });
}

describe('node:http', limited, () => {
  test('megabytes both ways at the same time', async (t) => {
    const { url } = await node(t, (request, response) => void request.pipe(response));
    await using client = new HttpClient();
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < DATA.length; at += 50_000) yield DATA.subarray(at, at + 50_000);
    }
    for (const body of [DATA, pieces(), new Blob([DATA])]) {
      const answer = await client.request(url, { method: 'POST', body });
      assert.equal(sha256(await answer.bytes()), sha256(DATA));
    }
    assert.equal(client.statistics.connected, 1);
  });

  test('interim answers, and 100 before the body', async (t) => {
    const { url, server } = await node(t, (_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('done');
    });
    let continued = 0;
    server.on('checkContinue', async (request, response) => {
      continued++;
      response.writeContinue();
      response.end(await buffer(request));
    });
    await using client = new HttpClient();
    const hints: (string | null)[] = [];
    const onInterim = (_: number, headers: Headers): void => void hints.push(headers.get('link'));
    assert.equal(await (await client.request(url, { onInterim })).text(), 'done');
    assert.deepEqual(hints, ['</a.css>; rel=preload']);
    const sent = await client.request(url, { method: 'PUT', body: 'waited', expectContinue: 0 });
    assert.equal(await sent.text(), 'waited');
    assert.equal(continued, 1);
  });

  test('an upgrade', async (t) => {
    const { url, server } = await node(t, () => {});
    server.on('upgrade', (_, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    await using client = new HttpClient();
    const { upgraded } = await client.request(url, { upgrade: 'echo' });
    await upgraded!.write(Buffer.from('hello'));
    assert.equal(Buffer.from((await upgraded!.read())!).toString(), 'hello');
    await upgraded!.close();
  });

  test('a server that closes idle connections loses no request', async (t) => {
    const { url, server } = await node(t, (_, response) => response.end('x'));
    await using client = new HttpClient();
    for (let turn = 0; turn < 20; turn++) {
      assert.equal(await (await client.request(url)).text(), 'x');
      server.closeIdleConnections();
    }
  });
});

test('our own server', limited, async () => {
  const handler = async (request: Request): Promise<Response> => new HttpResponse(await request.text());
  const server = await serveHttp('http://127.0.0.1:0', handler, { signals: false });
  {
    await using client = new HttpClient();
    const texts = Array.from({ length: 100 }, async (_, number) => {
      const answer = await client.fetch(`${server.address}`, { method: 'POST', body: `request ${number}` });
      assert.equal(await answer.text(), `request ${number}`);
    });
    await Promise.all(texts);
    assert.equal(client.statistics.connected, 10);
  }
  await server.close();
});
