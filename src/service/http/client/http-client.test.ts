/** Redirects, proxies, addresses, Fetch: what lies between the caller and one exchange. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type HalfCloseable, parseAddress } from '../../../core/index.ts';
import { linkedPair } from '../../../testing/linked-pair.ts';
import { memory, tcp, unix } from '../../../transport/index.ts';
import { type RequestDone, requestDone } from './diagnostics.ts';
import { HttpRequestError } from './errors.ts';
import { HttpClient } from './http-client.ts';
import type { RequestOptions } from './options.ts';
import { request } from './request.ts';
import { Peer, stage } from './test-stage.ts';

const limited = { timeout: 20_000 };

test(
  'redirects are followed over connections that go on, and what was sent is sent again',
  limited,
  async () => {
    const heads: string[] = [];
    await using scene = stage(async (peer) => {
      for (let head = await peer.head(); head !== null; head = await peer.head()) {
        heads.push(head.split(' HTTP')[0]!);
        if (/Content-Length: 3/.test(head)) await peer.bytes(3);
        if (head.includes(' /end ')) await peer.answer('there');
        else
          await peer.answer(
            'moved',
            `HTTP/1.1 ${head.includes('/307') ? 307 : 302} Moved\r\nLocation: ${head.includes('/307') ? '/302' : 'http://b.example/end'}`,
          );
      }
    });
    const answer = await scene.client.request('http://a.example/307#f', { method: 'POST', body: 'abc' });
    assert.equal(await answer.text(), 'there');
    assert.equal(answer.method, 'GET');
    assert.equal(answer.url, 'http://b.example/end');
    assert.deepEqual(answer.redirects, ['http://a.example/307', 'http://a.example/302']);
    assert.deepEqual(heads, ['POST /307', 'POST /302', 'GET /end']);
    assert.deepEqual(scene.connected, ['tcp://a.example:80', 'tcp://b.example:80']);
    assert.ok(answer.timing.redirect >= 0);
  },
);

test(
  'credentials do not follow to another origin; those of the URL are sent, and never shown',
  limited,
  async () => {
    await using scene = stage(async (peer, index) => {
      const head = (await peer.head())!;
      assert.equal(/Authorization: Basic bWU6cEBzcw==/.test(head), index === 0);
      assert.equal(/cookie/.test(head), index === 0);
      if (index === 0) await peer.answer('', 'HTTP/1.1 302 Found\r\nLocation: http://b.example/');
      else peer.connection.abort();
    });
    const going = scene.client.request('http://me:p%40ss@a.example/', { headers: { cookie: 'a=b' } });
    await assert.rejects(going, { code: 'broken', url: 'http://b.example/' });
    await scene.served();
    const wrong = scene.client.request('http://me:secret@a.example/', { headers: { x: '\n' } });
    await assert.rejects(wrong, (error: Error) => !error.message.includes('secret'));
  },
);

test('redirects end: after so many, in a circle, where a stream would be sent again', limited, async () => {
  await using scene = stage(async (peer) => {
    for (let head = await peer.head(); head !== null; head = await peer.head()) {
      if (head.startsWith('PUT')) await peer.until('0\r\n\r\n');
      await peer.answer('', 'HTTP/1.1 307 Again\r\nLocation: /');
    }
  });
  const { client } = scene;
  const url = 'http://a.example/';
  const circle =
    /20 redirects were followed, and the next leads to http:\/\/a\.example\/, where it has been before/;
  await assert.rejects(client.request(url), { code: 'limit', step: 'redirect', message: circle });
  await assert.rejects(client.request(url, { maxRedirects: 0 }), { code: 'limit' });
  await assert.rejects(client.request(url, { redirect: 'error' }), {
    code: 'limit',
    message: /none is to be followed/,
  });
  assert.equal((await client.request(url, { redirect: 'manual' })).status, 307);
  const body = new Blob(['abc']).stream();
  await assert.rejects(client.request(url, { method: 'PUT', body }), {
    code: 'unsupported',
    step: 'redirect',
  });
  assert.equal(scene.connected.length, 1);
});

test('the body of a redirect that is not followed holds no connection', limited, async () => {
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.write('HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 1000000\r\n\r\n');
    assert.equal(await peer.head(), null);
  });
  await assert.rejects(scene.client.request('http://a.example/', { redirect: 'error' }), {
    step: 'redirect',
  });
  assert.equal(scene.client.statistics.active, 0);
});

test(
  'a connection that gets no further is closed: TLS that fails, and what comes too late',
  limited,
  async () => {
    const lost = new Error('no handshake');
    const seen: (string | null | undefined)[] = [];
    const late = Promise.withResolvers<HalfCloseable>();
    await using scene = stage(async (peer) => seen.push(await peer.head().catch((error) => error.errno)), {
      secure: () => Promise.reject(lost),
    });
    await assert.rejects(scene.client.request('https://a.example/'), (error: HttpRequestError) => {
      assert.equal(error.step, 'tls');
      assert.equal((error.cause as Error).cause, lost);
      return true;
    });
    await scene.served();
    assert.deepEqual(seen, ['ECONNRESET']);
    const stop = new AbortController();
    await using client = new HttpClient({ connect: () => late.promise });
    const asking = client.request('http://a.example/', { signal: stop.signal });
    stop.abort(lost);
    await assert.rejects(asking, lost);
    const [near, far] = linkedPair();
    late.resolve(near);
    assert.ok((await far.closed) instanceof Error);
  },
);

test('a proxy gets the whole URL, and one connection to it serves many origins', limited, async () => {
  const heads: string[] = [];
  await using scene = stage(async (peer) => {
    for (let head = await peer.head(); head !== null; head = await peer.head()) {
      heads.push(head.split('\r\nAccept')[0]!);
      await peer.answer();
    }
  });
  const options: RequestOptions = { proxy: 'http://me:pw@p.example:3128' };
  for (const url of ['http://a.example/x?y#z', 'http://u:v@b.example:8080/'])
    await (await scene.client.request(url, options)).text();
  assert.deepEqual(scene.connected, ['tcp://p.example:3128']);
  assert.deepEqual(heads, [
    'GET http://a.example/x?y HTTP/1.1\r\nHost: a.example',
    'GET http://b.example:8080/ HTTP/1.1\r\nHost: b.example:8080',
  ]);
});

test('a tunnel through a proxy, for https and where it is asked for', limited, async () => {
  const secured: unknown[] = [];
  await using scene = stage(
    async (peer) => {
      const head = (await peer.head())!;
      assert.match(
        head,
        /^CONNECT (b\.example:443|\[::1\]:80) HTTP\/1\.1\r\nHost: \S+\r\nProxy-Authorization: Basic bWU6cHc=$/,
      );
      await peer.write('HTTP/1.1 200 Connection established\r\n\r\n');
      assert.doesNotMatch((await peer.head())!, /Proxy-Authorization/);
      await peer.answer('inside');
    },
    {
      proxy: 'http://me:pw@p.example:3128',
      secure: async (connection, { serverName }) => {
        secured.push(serverName);
        return connection;
      },
    },
  );
  const answer = await scene.client.request('https://b.example/');
  assert.equal(await answer.text(), 'inside');
  assert.ok(answer.timing.proxy !== undefined && answer.timing.tls !== undefined);
  assert.equal(await (await scene.client.request('http://[::1]/', { tunnel: true })).text(), 'inside');
  assert.deepEqual(secured, ['b.example']);
  await scene.served();
});

test('what a proxy answers instead is told', limited, async () => {
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.write('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 1000\r\n\r\n');
    await assert.rejects(peer.head(), { errno: 'ECONNRESET' });
  });
  await assert.rejects(scene.client.request('https://b.example/', { proxy: 'p.example' }), {
    code: 'refused',
    step: 'proxy',
    message:
      /http:\/\/p\.example:1080 answered 407 Proxy Authentication Required to CONNECT b\.example:443; give user/,
  });
  assert.equal(scene.client.statistics.active, 0);
  await scene.served();
});

test('a proxy that never answers has the time for connecting', limited, async () => {
  await using scene = stage(async (peer) => void (await peer.head()), { connectTimeout: 50 });
  const asking = scene.client.request('https://b.example/', { proxy: 'p.example' });
  await assert.rejects(asking, { code: 'timeout', step: 'proxy' });
});

test('a URL, an address and a scheme that are none', limited, async () => {
  await using client = new HttpClient();
  await assert.rejects(client.request('/path'), { code: 'protocol', message: /Bad URL/ });
  await assert.rejects(client.request('ftp://a/'), { code: 'unsupported', step: 'request' });
  await assert.rejects(client.request('http://a/', { address: 'nowhere' }), { code: 'protocol' });
  await assert.rejects(client.request('http://a/', { proxy: 'socks5://p' }), { code: 'unsupported' });
  const { failed, pending } = client.statistics;
  assert.deepEqual({ failed, pending }, { failed: 3, pending: 0 });
});

/** Serves one connection of a listener. */
async function once(accepting: Promise<HalfCloseable | null>): Promise<void> {
  const peer = new Peer((await accepting)!);
  for (let head = await peer.head(); head !== null; head = await peer.head())
    await peer.answer(/Host: (\S+)/.exec(head)![1]);
  await peer.connection.close();
}

for (const transport of [tcp, unix, memory]) {
  test(`over ${transport.scheme}, by address`, limited, async () => {
    const at = { tcp: 'tcp://127.0.0.1:0', unix: `unix:@modnet-client-${process.pid}`, memory: 'memory:' };
    await using listener = await transport.listen(at[transport.scheme as 'tcp']);
    const serving = once(listener.receive());
    {
      await using client = new HttpClient({ address: String(listener.address) });
      const answer = await client.request('http://any.example/');
      assert.equal(await answer.text(), 'any.example');
      assert.equal(answer.remote.kind, parseAddress(String(listener.address)).kind);
      const { connect, sent, firstByte, total } = answer.timing;
      const order = [0, connect!, sent!, firstByte!, total!];
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      );
      await (await client.request('http://any.example/again')).text();
      assert.equal(client.statistics.connected, 1);
    }
    await serving;
  });
}

test("without a client of one's own", limited, async () => {
  await using listener = await tcp.listen('tcp://127.0.0.1:0');
  const serving = listener.receive().then(async (connection) => {
    const peer = new Peer(connection!);
    await peer.head();
    await peer.answer('shared', 'HTTP/1.1 200 OK\r\nConnection: close');
    await connection!.close();
  });
  const answer = await request(String(listener.address).replace('tcp:', 'http:'));
  assert.equal(await answer.text(), 'shared');
  await serving;
});

test('the name is resolved in a step of its own', limited, async () => {
  await using client = new HttpClient({
    transport: { resolve: () => Promise.reject(new Error('no name server')) },
  });
  await assert.rejects(client.request('http://a.example/'), (error) => {
    assert.ok(error instanceof HttpRequestError);
    assert.equal(error.step, 'name');
    assert.equal(error.message, 'GET http://a.example/: the name was not resolved: no name server');
    return true;
  });
});

test('as fetch: a Response, of a URL or a Request', limited, async () => {
  await using scene = stage(
    async (peer) => {
      assert.match((await peer.head())!, /^GET \/ (.|\r\n)*Accept-Encoding: gzip, deflate, br, zstd/);
      const body = gzipSync('coded').toString('latin1');
      await peer.answer(
        body,
        'HTTP/1.1 200 Fine\r\nContent-Encoding: gzip\r\nSet-Cookie: a\r\nSet-Cookie: b',
      );
      assert.match((await peer.head())!, /^PUT \/r (.|\r\n)*x: y/);
      await peer.until('abc\r\n0\r\n\r\n');
      await peer.answer('', 'HTTP/1.1 201 Made');
      await peer.head();
      await peer.write('HTTP/1.1 204 None\r\n\r\n');
      await peer.head();
      await peer.answer('x', 'HTTP/1.1 999 Odd');
    },
    { decompress: true },
  );
  const { client } = scene;
  const answer = await client.fetch('http://a.example/');
  assert.ok(answer instanceof Response);
  assert.deepEqual([answer.url, answer.statusText, answer.redirected], ['http://a.example/', 'Fine', false]);
  assert.deepEqual(answer.headers.getSetCookie(), ['a', 'b']);
  assert.equal(await answer.text(), 'coded');
  const asked = new Request('http://a.example/r', { method: 'PUT', headers: { x: 'y' }, body: 'abc' });
  assert.equal((await client.fetch(asked)).status, 201);
  assert.equal((await client.fetch('http://a.example/')).body, null);
  await assert.rejects(client.fetch('http://a.example/'), { code: 'protocol', message: /999/ });
});

test('defaults of the client give way to what the request says', limited, async () => {
  await using scene = stage(
    async (peer) => {
      assert.match((await peer.head())!, /\r\nX: 2\r\nAccept: text\/html\r\nY: 1\r\nUser-Agent: mine$/);
      await peer.answer();
    },
    { headers: { X: '1', Y: '1' }, userAgent: 'mine' },
  );
  await (
    await scene.client.request('http://a.example/', { headers: { X: '2', Accept: 'text/html' } })
  ).text();
  await scene.served();
});

test('whoever subscribes hears of every request', limited, async () => {
  const heard: RequestDone[] = [];
  const listen = (message: unknown): void => void heard.push(message as RequestDone);
  requestDone.subscribe(listen);
  try {
    await using scene = stage(async (peer, index) => {
      await peer.head();
      if (index === 0) await peer.answer('abc');
      peer.connection.abort();
    });
    await (await scene.client.request('http://a.example/one')).text();
    await assert.rejects(scene.client.request('http://b.example/two'));
  } finally {
    requestDone.unsubscribe(listen);
  }
  const [one, two] = heard;
  assert.deepEqual([one?.url, one?.error], ['http://a.example/one', undefined]);
  assert.ok(one?.timing.total !== undefined);
  assert.ok(two?.error instanceof HttpRequestError);
});
