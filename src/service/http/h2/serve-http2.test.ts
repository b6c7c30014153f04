import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import { describe, test } from 'node:test';
import { kernelAvailable } from '../../../kernel/index.ts';
import { ARCHITECTURES } from '../../../server/index.ts';
import type { Driver } from '../../../transport/index.ts';
import { testAuthority } from '../../../transport/tls/test-certificates.ts';
import type { HttpHandler } from '../contract.ts';
import { pathOf } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { serveHttp } from '../server/serve-http.ts';

const DRIVERS: readonly Driver[] = kernelAvailable() ? ['kernel', 'node'] : ['node'];
const limit = { timeout: 30_000 };
const MEGABYTE = 1_000_000;

const handler: HttpHandler = (request, { secure, version, remote }) => {
  const path = pathOf(request);
  if (path === '/echo') return new HttpResponse(request.body);
  if (path === '/large') return new HttpResponse(Buffer.alloc(20 * MEGABYTE, 'x'));
  return HttpResponse.json([secure, version, remote.scheme, request.url.split(':')[0]]);
};

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** What a session of Node's gets. */
export async function ask(session: ClientHttp2Session, path: string, body?: Buffer): Promise<Told> {
  const method = body === undefined ? 'GET' : 'POST';
  const asked = session.request({ ':method': method, ':path': path }, { endStream: body === undefined });
  const chunks: Buffer[] = [];
  let headers: Record<string, unknown> = {};
  asked.on('response', ({ ...fields }) => {
    headers = fields;
  });
  asked.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (body !== undefined) asked.end(body);
  await once(asked, 'close');
  return { status: headers[':status'] as number, headers, body: Buffer.concat(chunks) };
}

function sessionWith(url: string, options: SecureClientSessionOptions = {}): ClientHttp2Session {
  const session = connect(url, options);
  session.on('error', () => {});
  return session;
}

for (const driver of DRIVERS)
  describe(`over the driver ${driver}`, limit, () => {
    test('on a clear port, beside HTTP/1.1', limit, async () => {
      await using server = await serveHttp('http://127.0.0.1:0', handler, { driver, signals: false });
      const base = String(server.address);
      const session = sessionWith(base);
      assert.deepEqual(JSON.parse(String((await ask(session, '/')).body)), [
        false,
        'HTTP/2.0',
        'tcp',
        'http',
      ]);
      const body = Buffer.alloc(900_000, 'y');
      assert.ok((await ask(session, '/echo', body)).body.equals(body));
      assert.deepEqual(await (await fetch(base)).json(), [false, 'HTTP/1.1', 'tcp', 'http']);
      session.close();
    });

    test('streams take turns, and large answers arrive whole', limit, async () => {
      await using server = await serveHttp('http://127.0.0.1:0', handler, { driver, signals: false });
      const session = sessionWith(String(server.address));
      const large = ask(session, '/large');
      const small = await Promise.all(Array.from({ length: 50 }, () => ask(session, '/')));
      assert.ok(small.every(({ status }) => status === 200));
      assert.equal((await large).body.length, 20 * MEGABYTE);
      session.close();
    });

    test('over TLS, as both agree', limit, async () => {
      const authority = await testAuthority();
      const certificate = await authority.issue({ names: ['localhost', '127.0.0.1'] });
      await using server = await serveHttp('https://127.0.0.1:0', handler, {
        driver,
        signals: false,
        tls: certificate,
      });
      const session = sessionWith(String(server.address), { ca: authority.ca });
      assert.deepEqual(JSON.parse(String((await ask(session, '/')).body)), [
        true,
        'HTTP/2.0',
        'tls',
        'https',
      ]);
      assert.equal(session.alpnProtocol, 'h2');
      const body = Buffer.alloc(900_000, 'y');
      assert.ok((await ask(session, '/echo', body)).body.equals(body));
      session.close();
    });

    test('a drain lets what runs end', limit, async () => {
      const { promise, resolve } = Promise.withResolvers<HttpResponse>();
      const asked = Promise.withResolvers<void>();
      const slow: HttpHandler = () => {
        asked.resolve();
        return promise;
      };
      const server = await serveHttp('http://127.0.0.1:0', slow, { driver, signals: false });
      const [idle, busy] = [sessionWith(String(server.address)), sessionWith(String(server.address))];
      await Promise.all([once(idle, 'remoteSettings'), once(busy, 'remoteSettings')]);
      const answer = ask(busy, '/');
      await asked.promise;
      const draining = server.drain();
      await once(idle, 'close');
      resolve(new HttpResponse('slow'));
      assert.equal(String((await answer).body), 'slow');
      assert.deepEqual(await draining, { finished: 2, aborted: 0 });
      assert.equal(server.statistics().failed, 0);
    });

    test('clients that leave in the middle take nobody with them', limit, async () => {
      await using server = await serveHttp('http://127.0.0.1:0', handler, { driver, signals: false });
      const url = String(server.address);
      for (let round = 0; round < 40; round++) {
        const session = sessionWith(url);
        const asked = Array.from({ length: 5 }, (_, at) =>
          ask(session, at % 2 === 0 ? '/large' : '/echo', at % 2 === 0 ? undefined : Buffer.alloc(300_000)),
        );
        const left = Promise.allSettled(asked);
        if (round % 4 === 0) await once(session, 'connect');
        else await once(session, 'remoteSettings');
        if (round % 3 === 0) session.destroy();
        else if (round % 3 === 1) session.socket.destroy();
        else session.destroy(new Error('gone'));
        await left;
      }
      const session = sessionWith(url);
      assert.equal((await ask(session, '/')).status, 200);
      session.close();
    });
  });

describe('architectures', { ...limit, skip: !kernelAvailable() && 'needs Linux' }, () => {
  const module = new URL('../server/test-handlers/hello.ts', import.meta.url);

  for (const architecture of ARCHITECTURES)
    test(architecture, limit, async () => {
      const workers = architecture === 'serial' || architecture === 'reactor' ? undefined : 2;
      await using server = await serveHttp('http://127.0.0.1:0', module, {
        architecture,
        workers,
        signals: false,
      });
      const session = sessionWith(String(server.address));
      const body = Buffer.alloc(200_000, 'x');
      const [hello, echoed] = await Promise.all([ask(session, '/'), ask(session, '/', body)]);
      assert.equal(String(hello.body), 'hello');
      assert.ok(echoed.body.equals(body));
      const here = `${process.pid}/0`;
      assert.equal(hello.headers['x-worker'] === here, workers === undefined);
      session.close();
    });
});
