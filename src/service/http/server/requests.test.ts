import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import type { HttpOptions } from './options.ts';
import { Dialogue, GET, okText } from './test-dialogue.ts';

const echo: HttpHandler = async (request) => new HttpResponse(await request.text());
const hello: HttpHandler = () => new HttpResponse('hello');

function post(body: string, ...fields: string[]): string {
  return ['POST / HTTP/1.1', 'Host: a', `Content-Length: ${body.length}`, ...fields, '', body].join('\r\n');
}

const CHUNKED_POST = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('what handlers are asked', () => {
  test('method, URL, fields, context', async () => {
    const seen: unknown[] = [];
    const dialogue = new Dialogue((request, context) => {
      seen.push(request.method, request.url, request.headers.get('x-a'), context.version, context.secure);
      return new HttpResponse(null);
    });
    await dialogue.say('PATCH /a/../b?c=%20d HTTP/1.1\r\nHost: Example.net:80\r\nX-A: 1\r\nx-a: 2\r\n\r\n');
    assert.deepEqual(seen, ['PATCH', 'http://example.net/b?c=%20d', '1, 2', 'HTTP/1.1', false]);
  });

  for (const [target, url] of [
    ['http://other.net/x', 'http://other.net/x'],
    ['/', 'http://a/'],
    ['//b/c', 'http://a//b/c'],
    ['/%2e%2e/x', 'http://a/x'],
    ['/a|b', 'http://a/a|b'],
    ["/?'", 'http://a/?%27'],
  ] as const)
    test(`the URL of ${target}`, async () => {
      const host = target.startsWith('http') ? 'other.net' : 'a';
      const dialogue = new Dialogue((request) => new HttpResponse(request.url));
      assert.equal(await dialogue.say(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`), okText(url));
    });

  test('the URL of a request that names no host that a URL can have', async () => {
    const dialogue = new Dialogue((request) => new HttpResponse(request.url));
    const heard = await dialogue.say(
      `GET /x HTTP/1.1\r\nHost: \r\n\r\nGET /x HTTP/1.1\r\nHost: a%zz\r\n\r\n`,
    );
    assert.equal(heard, okText('http://localhost/x').repeat(2));
  });

  test('any method that is a token', async () => {
    const dialogue = new Dialogue((request) => new HttpResponse(request.method));
    assert.equal(await dialogue.say(GET.replace('GET', 'PURGE')), okText('PURGE'));
  });

  test('TRACE and CONNECT only where they are allowed', async () => {
    const method: HttpHandler = (request) => new HttpResponse(request.method);
    const connect = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n';
    for (const request of [GET.replace('GET', 'TRACE'), connect]) {
      const refused = new Dialogue(method);
      assert.match(await refused.say(request), /^HTTP\/1.1 405 Method Not Allowed\r\n(.*\r\n)*allow: GET/);
      const allowed = new Dialogue(method, { allowTrace: true, allowConnect: true });
      assert.equal(await allowed.say(request), okText(request.split(' ')[0]!));
    }
  });
});

describe('connections', () => {
  test('stay open, and end when they are asked to', async () => {
    const dialogue = new Dialogue(hello);
    assert.equal(await dialogue.say(GET), okText('hello'));
    assert.equal(dialogue.state, 'open');
    await dialogue.say(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    assert.ok(dialogue.heard.endsWith(okText('hello', 'connection: close')));
    assert.equal(dialogue.state, 'ended');
  });

  test('of HTTP/1.0 end, unless they are asked not to', async () => {
    const dialogue = new Dialogue(hello);
    const keep = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    assert.equal(await dialogue.say(keep), okText('hello', 'connection: keep-alive'));
    await dialogue.say('GET / HTTP/1.0\r\n\r\n');
    assert.ok(dialogue.heard.endsWith(okText('hello', 'connection: close')));
    assert.equal(dialogue.state, 'ended');
  });

  test('end when the handler asks', async () => {
    const dialogue = new Dialogue(() => new HttpResponse('', { headers: { connection: 'x, Close' } }));
    assert.match(await dialogue.say(GET), /connection: close/);
    assert.equal(dialogue.state, 'ended');
  });

  test('end at the limit of requests', async () => {
    const dialogue = new Dialogue(hello, { requestsPerConnection: 2 });
    assert.equal(await dialogue.say(GET + GET + GET), okText('hello') + okText('hello', 'connection: close'));
    assert.equal(dialogue.state, 'ended');
  });

  test('answer what came before the client ended its half, also later', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const dialogue = new Dialogue(async () => {
      await promise;
      return new HttpResponse('hello');
    });
    dialogue.wire.push(Buffer.from(GET + GET));
    dialogue.wire.end();
    await dialogue.settle();
    assert.equal(dialogue.heard, '');
    resolve();
    await dialogue.settle();
    assert.equal(dialogue.heard, okText('hello') + okText('hello', 'connection: close'));
    assert.equal(dialogue.state, 'closed');
    assert.equal(await dialogue.outcome, undefined);
  });

  test('that say nothing end without a word', async () => {
    const dialogue = new Dialogue(hello);
    dialogue.wire.end();
    await dialogue.settle();
    assert.deepEqual([dialogue.state, dialogue.heard, await dialogue.outcome], ['closed', '', undefined]);
  });

  test('pipelined requests are answered in order, one handler at a time', async () => {
    let running = 0;
    let most = 0;
    const dialogue = new Dialogue(async (request) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return new HttpResponse(request.url);
    });
    const paths = ['/1', '/2', '/3', '/4'];
    await dialogue.say(paths.map((path) => GET.replace('/', path)).join(''));
    while (dialogue.statuses.length < paths.length) await dialogue.settle();
    assert.equal(dialogue.heard, paths.map((path) => okText(`http://a${path}`)).join(''));
    assert.equal(most, 1);
  });
});

describe('bodies of requests', () => {
  test('of a length, in chunks, empty', async () => {
    const dialogue = new Dialogue(echo);
    await dialogue.say(
      `${post('abc')}${CHUNKED_POST}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n${post('')}`,
    );
    assert.equal(dialogue.heard, okText('abc') + okText('abcde') + okText(''));
  });

  test('as JSON, as a form, as bytes, as a stream', async () => {
    const read: HttpHandler = async (request) => {
      const type = request.headers.get('x-as');
      if (type === 'json') return HttpResponse.json(await request.json());
      if (type === 'form') return HttpResponse.json([...(await request.formData())]);
      if (type === 'bytes') return HttpResponse.json([...(await request.bytes())]);
      return new HttpResponse(request.body);
    };
    const dialogue = new Dialogue(read);
    const form = 'Content-Type: application/x-www-form-urlencoded';
    await dialogue.say(
      post('{"a":1}', 'X-As: json') + post('a=b', 'X-As: form', form) + post('ab', 'X-As: bytes'),
    );
    const bodies = dialogue.heard.split(/HTTP.*?\r\n\r\n/s).slice(1);
    assert.deepEqual(bodies, ['{"a":1}', '[["a","b"]]', '[97,98]']);
    await dialogue.say(post('streamed'));
    assert.ok(dialogue.heard.endsWith('\r\n\r\nstreamed'));
  });

  test('cannot be read twice', async () => {
    const dialogue = new Dialogue(async (request) => {
      const copy = request.clone();
      await request.text();
      await assert.rejects(request.text(), TypeError);
      return new HttpResponse(`${request.bodyUsed} ${await copy.text()}`);
    });
    assert.equal(await dialogue.say(post('abc')), okText('true abc'));
  });

  test('that nobody reads are dropped up to a limit, and the next request is answered', async () => {
    const dialogue = new Dialogue(hello, { discardLimit: 10 });
    assert.equal(await dialogue.say(post('0123456789') + GET), okText('hello').repeat(2));
    const chunked = new Dialogue(hello, { discardLimit: 10 });
    await chunked.say(`${CHUNKED_POST}a\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n${GET}`);
    assert.equal(chunked.heard, okText('hello'));
    assert.equal(chunked.state, 'ended');
    const large = new Dialogue(hello, { discardLimit: 10 });
    assert.equal(await large.say(post('0123456789x') + GET), okText('hello', 'connection: close'));
    assert.equal(large.state, 'ended');
  });

  test('that nobody reads do not cost the client its answer', async () => {
    const dialogue = new Dialogue(hello, { discardLimit: 10, bodyLimit: 1e9 });
    await dialogue.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    for (let sent = 0; sent < 10; sent++) await dialogue.say('x'.repeat(100_000));
    assert.equal(dialogue.heard, okText('hello', 'connection: close'));
    assert.equal(dialogue.state, 'ended');
    assert.equal(dialogue.pending, 0);
    dialogue.wire.end();
    await dialogue.settle();
    assert.equal(dialogue.state, 'closed');
  });

  test('beyond the limit are refused', async () => {
    const options: HttpOptions = { bodyLimit: 3 };
    const sized = new Dialogue(echo, options);
    assert.match(await sized.say(post('abcd')), /^HTTP\/1.1 413 Content Too Large\r\n.*connection: close/s);
    const chunked = new Dialogue(echo, options);
    assert.match(await chunked.say(`${CHUNKED_POST}4\r\nabcd\r\n`), /^HTTP\/1.1 413 Content Too Large/);
    assert.equal(chunked.state, 'ended');
    assert.equal(await new Dialogue(echo, options).say(post('abc')), okText('abc'));
  });

  test('that break off reject, and are answered with 400', async () => {
    const seen: unknown[] = [];
    const dialogue = new Dialogue(async (request) => {
      seen.push(await request.text().catch((error) => error.code));
      return new HttpResponse('unheard');
    });
    await dialogue.say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
    dialogue.wire.end();
    await dialogue.settle();
    assert.match(dialogue.heard, /^HTTP\/1.1 400 Bad Request/);
    assert.deepEqual(seen, ['protocol']);
  });
});

describe('Expect: 100-continue', () => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';
  const go = 'HTTP/1.1 100 Continue\r\n\r\n';

  test('is answered when the handler begins to read', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const dialogue = new Dialogue(async (request) => {
      await promise;
      return new HttpResponse(await request.text());
    });
    assert.equal(await dialogue.say(head), '');
    resolve();
    assert.equal(await dialogue.say(''), go);
    assert.equal(await dialogue.say('abc'), go + okText('abc'));
    assert.equal(dialogue.state, 'open');
  });

  test('is not answered when the body comes all the same', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const dialogue = new Dialogue(async (request) => {
      await promise;
      return new HttpResponse(await request.text());
    });
    await dialogue.say(`${head}abc`);
    resolve();
    assert.equal(await dialogue.say(''), okText('abc'));
  });

  test('ends the connection when the handler does not read, for nobody knows whether the body comes', async () => {
    const dialogue = new Dialogue(hello);
    assert.equal(await dialogue.say(head), okText('hello', 'connection: close'));
    assert.equal(dialogue.state, 'ended');
  });

  test('of a body that is too large is answered with 413', async () => {
    assert.match(await new Dialogue(echo, { bodyLimit: 2 }).say(head), /^HTTP\/1.1 413 /);
  });
});

describe('what is no HTTP', () => {
  for (const [name, request, status] of [
    ['no request', 'hello\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['another version', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a long line', `GET /${'x'.repeat(10_000)} HTTP/1.1\r\n`, 414],
    ['a header line of 1 MiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1024 * 1024)}`, 431],
    ['a bad chunk', `${CHUNKED_POST}xyz\r\n`, 400],
  ] as const)
    test(`${name}: ${status}, and the end`, async () => {
      const dialogue = new Dialogue(echo);
      const heard = await dialogue.say(request);
      assert.match(heard, new RegExp(`^HTTP/1.1 ${status} .*\\r\\nconnection: close\\r\\n`, 's'));
      assert.equal(dialogue.statuses.length, 1);
      assert.equal(dialogue.state, 'ended');
      // What still comes is read and dropped.
      await dialogue.say('x'.repeat(1_000_000));
      assert.equal(dialogue.pending, 0);
    });

  test('what came before it is answered', async () => {
    const dialogue = new Dialogue(hello);
    await dialogue.say(`${GET}nonsense\r\n\r\n`);
    assert.deepEqual(dialogue.statuses, [200, 400]);
  });
});

test('the same is answered wherever the bytes are split', async () => {
  const requests = [
    GET,
    post('abc'),
    `${CHUNKED_POST}3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n`,
    'HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    post('last', 'Connection: close'),
  ].join('');
  const whole = new Dialogue(echo);
  await whole.say(requests);
  assert.equal(whole.state, 'ended');
  assert.equal(whole.statuses.length, 6);
  for (let at = 1; at < requests.length; at++) {
    const dialogue = new Dialogue(echo);
    dialogue.wire.push(Buffer.from(requests.slice(0, at)));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await dialogue.say(requests.slice(at)), whole.heard, `split at ${at}`);
  }
  const bytewise = new Dialogue(echo);
  for (const byte of requests) {
    bytewise.wire.push(Buffer.from(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await bytewise.settle();
  assert.equal(bytewise.heard, whole.heard);
});
