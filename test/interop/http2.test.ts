/** HTTP/2 with clients of others: curl, nghttp, h2load and Python's h2. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  earlyHints,
  type HttpHandler,
  HttpResponse,
  type HttpServer,
  pathOf,
  serveHttp,
} from '../../src/service/http/index.ts';
import { testAuthority } from '../../src/transport/tls/test-certificates.ts';
import { peer } from './peers.ts';

const run = promisify(execFile);
const limit = { timeout: 30_000 };
const folder = mkdtempSync(join(tmpdir(), 'modnet-http2-'));

async function* counted(): AsyncGenerator<string> {
  for (let number = 1; number <= 1000; number++) yield `${number}\n`;
}

const handler: HttpHandler = (request, { version }) => {
  const path = pathOf(request);
  if (path === '/echo') return new HttpResponse(request.body);
  if (path === '/count') return new HttpResponse(counted());
  if (path === '/large') return new HttpResponse(Buffer.alloc(10_000_000, 'x'));
  if (path === '/refuse') return new HttpResponse('no', { status: 403 });
  if (path === '/trailers') return new HttpResponse('body', { trailers: () => ({ 'x-sum': '7' }) });
  if (path === '/hints') earlyHints(request, { link: '</a.css>; rel=preload' });
  return new HttpResponse(`${request.method} ${path} ${version}`);
};

let clear: HttpServer;
let secure: HttpServer;
let ca: string;

before(async () => {
  const authority = await testAuthority();
  ca = authority.file('ca.pem', authority.ca);
  const tls = await authority.issue({ names: ['localhost', '127.0.0.1'] });
  clear = await serveHttp('http://127.0.0.1:0', handler, { signals: false, bodyLimit: 100_000_000 });
  secure = await serveHttp('https://127.0.0.1:0', handler, { signals: false, bodyLimit: 100_000_000, tls });
});

after(async () => {
  await Promise.all([clear.close(), secure.close()]);
  rmSync(folder, { recursive: true });
});

describe('curl', { ...limit, skip: peer('curl').skip }, () => {
  const curl = async (...args: string[]): Promise<string> => {
    const common = ['--silent', '--show-error', '--max-time', '20', '--cacert', ca];
    return (await run(peer('curl').path, [...common, ...args], { maxBuffer: 1e8 })).stdout;
  };
  const PRIOR = '--http2-prior-knowledge';

  test('with prior knowledge', limit, async () => {
    assert.equal(await curl(PRIOR, `${clear.address}/a`), 'GET /a HTTP/2.0');
  });

  // Over a clear port curl 7.88 does this wrong, whoever the server is.
  test('several requests over one connection', limit, async () => {
    const urls = [`${secure.address}/a`, `${secure.address}/b`];
    const told = await curl('--http2', '--write-out', ' %{num_connects}\n', ...urls);
    assert.equal(told, 'GET /a HTTP/2.0 1\nGET /b HTTP/2.0 0\n');
  });

  test('over TLS, by ALPN, either version', limit, async () => {
    assert.equal(await curl('--http2', `${secure.address}/a`), 'GET /a HTTP/2.0');
    assert.equal(await curl('--http1.1', `${secure.address}/a`), 'GET /a HTTP/1.1');
    assert.equal(await curl('--no-alpn', `${secure.address}/a`), 'GET /a HTTP/1.1');
  });

  test('that asks for an upgrade to h2c is answered over HTTP/1.1', limit, async () => {
    assert.equal(await curl('--http2', `${clear.address}/a`), 'GET /a HTTP/1.1');
  });

  test('heads, hints, streams', limit, async () => {
    assert.match(
      await curl(PRIOR, '--head', `${clear.address}/a`),
      /^HTTP\/2 200 \r\n(.*\r\n)*content-length: 16\r\n/,
    );
    assert.match(
      await curl(PRIOR, '--include', `${clear.address}/hints`),
      /^HTTP\/2 103 \r\nlink: .*HTTP\/2 200 /s,
    );
    assert.equal((await curl(PRIOR, `${clear.address}/count`)).split('\n').length, 1001);
    assert.equal((await curl(PRIOR, `${secure.address}/large`)).length, 10_000_000);
  });

  test('sends a file, and gets it back', limit, async () => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    writeFileSync(from, Buffer.alloc(5_000_000, 'abcdefg'));
    for (const [flag, server] of [
      [PRIOR, clear],
      ['--http2', secure],
    ] as const) {
      await curl(flag, '--data-binary', `@${from}`, '--output', to, `${server.address}/echo`);
      assert.ok(readFileSync(to).equals(readFileSync(from)));
    }
  });

  test('gets its answer although nobody reads what it sends', limit, async () => {
    // Told to stop in the middle of more than is dropped, curl 7.88 now and then forgets the answer, whoever the server is.
    writeFileSync(join(folder, 'unread'), Buffer.alloc(200_000));
    const told = await curl(PRIOR, '--data-binary', `@${join(folder, 'unread')}`, `${clear.address}/refuse`);
    assert.equal(told, 'no');
  });
});

describe('nghttp', { ...limit, skip: peer('nghttp').skip }, () => {
  test('sees what is said, frame by frame', limit, async () => {
    const { stdout } = await run(peer('nghttp').path, ['--verbose', '--no-dep', `${clear.address}/trailers`]);
    assert.match(stdout, /recv SETTINGS frame/);
    assert.match(stdout, /SETTINGS_MAX_CONCURRENT_STREAMS\(0x03\):128/);
    assert.match(stdout, /:status: 200/);
    assert.match(stdout, /x-sum: 7/);
    assert.doesNotMatch(stdout, /RST_STREAM|error_code=(?!NO_ERROR)/);
  });

  test('asks with the priorities of RFC 7540, and sends padded frames', limit, async () => {
    const urls = [`${clear.address}/a`, `${clear.address}/b`, `${clear.address}/count`];
    const { stdout } = await run(peer('nghttp').path, ['--stat', '--null-out', '--padding', '20', ...urls]);
    assert.equal(stdout.match(/ 200 /g)?.length, 3);
  });
});

describe('h2load', { ...limit, skip: peer('h2load').skip }, () => {
  for (const [name, of] of [
    ['clear', () => clear],
    ['TLS', () => secure],
  ] as const)
    test(`many streams on many connections, ${name}`, limit, async () => {
      const load = [
        '--requests',
        '4000',
        '--clients',
        '20',
        '--max-concurrent-streams',
        '32',
        `${of().address}/a`,
      ];
      const { stdout } = await run(peer('h2load').path, load);
      assert.match(stdout, /4000 succeeded, 0 failed, 0 errored, 0 timeout/);
    });
});

const PYTHON = `
import socket, sys, h2.connection, h2.events
sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
conn = h2.connection.H2Connection()
conn.initiate_connection()
body = b'x' * 200000
conn.send_headers(1, [(':method', 'POST'), (':scheme', 'http'), (':authority', 'a'), (':path', '/echo')])
sock.sendall(conn.data_to_send())
got, ended = b'', False
while not ended:
    while body and conn.local_flow_control_window(1) > 0:
        size = min(conn.local_flow_control_window(1), conn.max_outbound_frame_size, len(body))
        conn.send_data(1, body[:size], end_stream=size == len(body))
        body = body[size:]
    sock.sendall(conn.data_to_send())
    for event in conn.receive_data(sock.recv(65536)):
        if isinstance(event, h2.events.DataReceived):
            got += event.data
            conn.acknowledge_received_data(event.flow_controlled_length, 1)
        ended = ended or isinstance(event, h2.events.StreamEnded)
    sock.sendall(conn.data_to_send())
print(len(got))
`;

const python = peer('python3');
const hasH2 = await run('/usr/bin/python3', ['-c', 'import h2']).then(
  () => true,
  () => false,
);

describe('h2 of Python', {
  ...limit,
  skip: python.skip || (!hasH2 && 'python3-h2 is not installed; tools/peers installs it'),
}, () => {
  test('which keeps to every rule, gets back what it sends', limit, async () => {
    const { port } = clear.address as { port: number };
    assert.equal((await run('/usr/bin/python3', ['-c', PYTHON, String(port)])).stdout, '200000\n');
  });
});
