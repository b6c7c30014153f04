import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as ask, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { kernelAvailable } from '../../../kernel/index.ts';
import { ARCHITECTURES, type Architecture } from '../../../server/index.ts';
import { connect, type Driver } from '../../../transport/index.ts';
import { testAuthority } from '../../../transport/tls/test-certificates.ts';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { type HttpServeOptions, type HttpServer, serveHttp } from './serve-http.ts';
import { GET, okText } from './test-dialogue.ts';

const DRIVERS: readonly Driver[] = kernelAvailable() ? ['kernel', 'node'] : ['node'];
const limit = { timeout: 20_000 };

const handler: HttpHandler = async (request, { secure, remote, draining }) => {
  const { pathname } = new URL(request.url);
  if (pathname === '/echo') return new HttpResponse(request.body);
  if (pathname === '/context') return HttpResponse.json([secure, remote.scheme, draining.aborted]);
  return new HttpResponse('hello');
};

function open(options: HttpServeOptions = {}, address = 'http://127.0.0.1:0'): Promise<HttpServer> {
  return serveHttp(address, handler, { signals: false, ...options });
}

/** All that the peer says until it ends, but for dates, and for its being the last, which it may or may not know. */
async function all(client: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of client) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString('latin1')
    .replaceAll(/(date: [^\r]*|connection: close)\r\n/g, '');
}

for (const driver of DRIVERS)
  describe(`over the driver ${driver}`, limit, () => {
    test('fetch and its body', async () => {
      await using server = await open({ driver });
      assert.match(String(server.address), /^http:\/\/127\.0\.0\.1:\d+$/);
      const base = String(server.address);
      assert.equal(await (await fetch(base)).text(), 'hello');
      const body = 'x'.repeat(700_000);
      const echoed = await fetch(`${base}/echo`, { method: 'POST', body });
      assert.equal(await echoed.text(), body);
      assert.deepEqual(await (await fetch(`${base}/context`)).json(), [false, 'tcp', false]);
      const { http, accepted } = server.statistics();
      assert.equal(http?.requests, 3);
      assert.ok(accepted >= 1);
    });

    test('requests of one connection, pipelined', async () => {
      await using server = await open({ driver });
      const client = await connect(String(server.address).replace('http', 'tcp'), { driver });
      await client.write(Buffer.from(GET.repeat(100)));
      await client.end();
      assert.ok((await all(client)) === okText('hello').repeat(100));
    });

    test('a file', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'modnet-http-'));
      writeFileSync(join(folder, 'file'), 'x'.repeat(3_000_000));
      const serveFile: HttpHandler = () => {
        const fd = openSync(join(folder, 'file'), 'r');
        const { size } = fstatSync(fd);
        return HttpResponse.file({ fd, offset: 0, length: size, onDone: () => closeSync(fd) });
      };
      await using server = await serveHttp('http://127.0.0.1:0', serveFile, { driver, signals: false });
      for (let round = 0; round < 3; round++) {
        const answer = await fetch(String(server.address));
        assert.equal((await answer.text()).length, 3_000_000);
      }
      rmSync(folder, { recursive: true });
    });

    test('a drain lets what runs end, and idle connections go without a reset', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      const slow: HttpHandler = async () => {
        asked.resolve();
        await promise;
        return new HttpResponse('slow');
      };
      const server = await serveHttp('http://127.0.0.1:0', slow, { driver, signals: false });
      const address = String(server.address).replace('http', 'tcp');
      const idle = await connect(address, { driver });
      const busy = await connect(address, { driver });
      await busy.write(Buffer.from(GET));
      await asked.promise;
      const draining = server.drain();
      assert.equal(await all(idle), '');
      await idle.close();
      resolve();
      assert.equal(await all(busy), okText('slow'));
      await busy.close();
      assert.deepEqual(await draining, { finished: 2, aborted: 0 });
      assert.equal(server.statistics().failed, 0);
    });

    test('a client that is gone in the middle', async () => {
      const aborted = Promise.withResolvers<unknown>();
      const asked = Promise.withResolvers<void>();
      const wait: HttpHandler = (request) => {
        request.signal.addEventListener('abort', () => aborted.resolve(request.signal.reason));
        asked.resolve();
        return new Promise(() => {});
      };
      await using server = await serveHttp('http://127.0.0.1:0', wait, { driver, signals: false });
      const client = await connect(String(server.address).replace('http', 'tcp'), { driver });
      await client.write(Buffer.from(GET));
      await asked.promise;
      client.abort();
      assert.equal(((await aborted.promise) as { code: string }).code, 'broken');
    });
  });

describe('https', limit, async () => {
  const authority = await testAuthority();
  const certificate = await authority.issue({ names: ['127.0.0.1'] });

  for (const driver of DRIVERS)
    test(`over the driver ${driver}`, async () => {
      await using server = await open({ driver, tls: certificate }, 'https://127.0.0.1:0');
      assert.match(String(server.address), /^https:\/\/127\.0\.0\.1:\d+$/);
      const agent = new SecureAgent({ ca: authority.ca, keepAlive: true, ALPNProtocols: ['http/1.1'] });
      const ask = async (path: string, body?: string): Promise<string> => {
        const asked = secureRequest(`${server.address}${path}`, {
          agent,
          method: body === undefined ? 'GET' : 'POST',
        });
        const [answer] = (await once(asked.end(body), 'response')) as [IncomingMessage];
        return text(answer);
      };
      assert.equal(await ask('/context'), '[true,"tls",false]');
      const body = 'x'.repeat(300_000);
      assert.ok((await ask('/echo', body)) === body);
      agent.destroy();
    });
});

describe('other addresses', limit, () => {
  test('unix', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modnet-http-'));
    const socketPath = join(folder, 'socket');
    await using server = await open({}, `unix://${socketPath}`);
    assert.equal(server.address.scheme, 'unix');
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    ask({ socketPath, path: '/context', agent: new Agent() }, resolve).on('error', reject).end();
    assert.equal(await text(await promise), '[false,"unix",false]');
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test('memory', async () => {
    await using server = await open({}, 'memory:');
    const client = await connect(server.address);
    await client.write(Buffer.from(GET));
    await client.end();
    assert.equal(await all(client), okText('hello'));
  });

  test('with a path are refused', async () => {
    await assert.rejects(open({}, 'http://127.0.0.1:0/x'), { code: 'unsupported' });
  });
});

describe('architectures', { ...limit, skip: !kernelAvailable() && 'needs Linux' }, () => {
  const module = new URL('./test-handlers/hello.ts', import.meta.url);

  for (const architecture of ARCHITECTURES)
    test(architecture, limit, async () => {
      const workers = architecture === 'serial' || architecture === 'reactor' ? undefined : 2;
      await using server = await serveHttp('http://127.0.0.1:0', module, {
        architecture,
        workers,
        signals: false,
      });
      const answers = [await fetch(String(server.address), { headers: { connection: 'close' } })];
      const body = 'x'.repeat(200_000);
      answers.push(
        await fetch(String(server.address), { method: 'POST', body, headers: { connection: 'close' } }),
      );
      assert.deepEqual(await Promise.all(answers.map((answer) => answer.text())), ['hello', body]);
      const here = `${process.pid}/0`;
      const isHere = answers.every((answer) => answer.headers.get('x-worker') === here);
      assert.equal(isHere, workers === undefined);
      assert.equal(server.statistics().http, undefined);
    });

  test('a function cannot run elsewhere', async () => {
    const architecture: Architecture = 'hybrid';
    await assert.rejects(open({ architecture }), { code: 'unsupported' });
  });
});

test('options that are none are refused', async () => {
  await assert.rejects(open({ headerTimeout: -1 }), { code: 'limit', message: /headerTimeout/ });
  await assert.rejects(open({ bodyLimit: 1.5 }), { code: 'limit', message: /bodyLimit/ });
});
