/** The client of HTTP through proxies, and with TLS of others. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { HttpClient } from '../../src/service/http/index.ts';
import { LocalAuthority } from '../../src/transport/tls/index.ts';
import { listening, node } from './node-server.ts';

const limited = { timeout: 30_000 };
const DATA = randomBytes(4 * 1024 * 1024);
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** A proxy on node:http, with CONNECT, which asks for a password. */
async function proxy(t: TestContext): Promise<{ origin: string; asked: string[] }> {
  const asked: string[] = [];
  const isAllowed = (header: string | undefined): boolean =>
    header === `Basic ${Buffer.from('me:pw').toString('base64')}`;
  const { url, server } = await node(t, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!isAllowed(request.headers['proxy-authorization'])) response.writeHead(407).end();
    else response.end(`by proxy: ${request.url}`);
  });
  server.on('connect', (request, socket: Socket, head: Buffer) => {
    asked.push(`CONNECT ${request.url}`);
    if (!isAllowed(request.headers['proxy-authorization'])) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [host, port] = request.url!.split(':');
    const onward = connectSocket(Number(port), host!, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    t.after(() => onward.destroy());
  });
  return { origin: url, asked };
}

describe('a proxy', limited, () => {
  test('gets the URL, or makes a tunnel', async (t) => {
    const { origin, asked } = await proxy(t);
    const { url } = await node(t, (request, response) => response.end(`there: ${request.url}`));
    await using client = new HttpClient({ proxy: origin.replace('//', '//me:pw@') });
    assert.equal(await (await client.request(`${url}/x`)).text(), `by proxy: ${url}/x`);
    assert.equal(await (await client.request(`${url}/x`, { tunnel: true })).text(), 'there: /x');
    assert.equal(await (await client.request(`${url}/y`, { tunnel: true })).text(), 'there: /y');
    assert.deepEqual(asked, [`GET ${url}/x`, `CONNECT ${new URL(url).host}`]);
  });

  test('that asks for a password is told', async (t) => {
    const { origin } = await proxy(t);
    await using client = new HttpClient({ proxy: origin });
    assert.equal((await client.request('http://a.example/')).status, 407);
    await assert.rejects(client.request('https://a.example/'), {
      code: 'refused',
      step: 'proxy',
      message: /407/,
    });
  });
});

describe('TLS', limited, () => {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-client-'));
  let authority: LocalAuthority;

  before(async () => {
    authority = await LocalAuthority.open(folder);
  });

  after(() => rmSync(folder, { recursive: true }));

  async function secureServer(t: TestContext): Promise<string> {
    const { cert, key } = await authority.issue({ names: ['127.0.0.1'] });
    const server = createServer({ cert, key }, (request, response) => void request.pipe(response));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return `https://${await listening(server)}`;
  }

  test('a certificate that is trusted, directly and through a proxy', async (t) => {
    const url = await secureServer(t);
    const { origin, asked } = await proxy(t);
    await using client = new HttpClient({ tls: { ca: authority.path } });
    for (const through of [false, origin.replace('//', '//me:pw@')] as const) {
      const answer = await client.request(url, { method: 'POST', body: DATA, proxy: through });
      assert.equal(sha256(await answer.bytes()), sha256(DATA));
      const { connect, tls, sent } = answer.timing;
      assert.ok(connect! <= tls! && tls! <= sent!);
    }
    assert.deepEqual(asked, [`CONNECT ${new URL(url).host}`]);
  });

  test('one that is not is told, unless nobody is to look', async (t) => {
    const url = await secureServer(t);
    await using client = new HttpClient();
    await assert.rejects(client.request(url), { name: 'NetError', step: 'tls' });
    await using careless = new HttpClient({ tls: { insecure: true } });
    assert.equal(await (await careless.request(url, { method: 'POST', body: 'x' })).text(), 'x');
  });
});
