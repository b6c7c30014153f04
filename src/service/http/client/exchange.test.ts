/** Requests and answers, byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, NetError } from '../../../core/index.ts';
import { HttpRequestError } from './errors.ts';
import { settle, stage } from './test-stage.ts';

const limited = { timeout: 20_000 };
const URL_ = 'http://a.example/path?q=1#part';

test('a request and its answer', limited, async () => {
  await using scene = stage(async (peer) => {
    assert.equal(await peer.head(), 'GET /path?q=1 HTTP/1.1\r\nHost: a.example\r\nX-One: 1\r\nAccept: */*');
    await peer.write('HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nX: a\r\nX: b\r\n\r\nhello');
  });
  const answer = await scene.client.request(URL_, { headers: { 'X-One': '1' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.reason, 'Fine');
  assert.equal(answer.ok, true);
  assert.equal(answer.headers.get('x'), 'a, b');
  assert.equal(answer.url, 'http://a.example/path?q=1');
  assert.equal(await answer.text(), 'hello');
  assert.equal(await answer.trailers, undefined);
  assert.deepEqual(scene.connected, ['tcp://a.example:80']);
  await scene.served();
});

test('an answer may come in pieces of one byte', limited, async () => {
  const text =
    'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n';
  await using scene = stage(async (peer) => {
    while ((await peer.head()) !== null) {
      for (const letter of text) {
        await peer.write(letter);
        await settle();
      }
    }
  });
  const hints: string[] = [];
  for (let turn = 0; turn < 2; turn++) {
    const answer = await scene.client.request(URL_, {
      onInterim: (status, headers) => hints.push(`${status} ${headers.get('link')}`),
    });
    assert.equal(await answer.text(), 'abcde');
    assert.equal((await answer.trailers)?.get('x'), 'y');
  }
  assert.deepEqual(hints, ['103 </a.css>', '103 </a.css>']);
  assert.equal(scene.connected.length, 1);
});

test('answers without a body: HEAD, 204, 304', limited, async () => {
  await using scene = stage(async (peer) => {
    assert.match((await peer.head())!, /^HEAD /);
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n');
    await peer.head();
    await peer.write('HTTP/1.1 204 No Content\r\n\r\n');
    await peer.head();
    await peer.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n');
  });
  const answer = await scene.client.request(URL_, { method: 'HEAD' });
  assert.equal(answer.headers.get('content-length'), '500');
  assert.equal(await answer.text(), '');
  assert.equal(await (await scene.client.request(URL_)).text(), '');
  assert.equal((await scene.client.request(URL_)).status, 304);
  assert.equal(scene.connected.length, 1);
});

test('a body until the connection closes, of an old server', limited, async () => {
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.write('HTTP/1.0 200 OK\r\n\r\nto the ');
    await peer.write('end');
    await peer.connection.close();
  });
  const answer = await scene.client.request(URL_);
  assert.equal(answer.version, '1.0');
  assert.equal(await answer.text(), 'to the end');
});

test('bodies in all the shapes that they are given', limited, async () => {
  async function* letters(): AsyncGenerator<Bytes | string> {
    yield 'ab';
    yield Buffer.from('c');
  }
  const stream = new Blob(['abc']).stream();
  const shapes = [
    'abc',
    Buffer.from('abc'),
    new Uint8Array([97, 98, 99]).buffer,
    new DataView(new Uint8Array([97, 98, 99]).buffer),
    new Blob(['abc']),
  ];
  await using scene = stage(async (peer) => {
    for (const _ of shapes) {
      assert.match((await peer.head())!, /^POST (.|\r\n)*\r\nContent-Length: 3$/);
      await peer.answer(await peer.bytes(3));
    }
    for (let turn = 0; turn < 2; turn++) {
      assert.match((await peer.head())!, /\r\nTransfer-Encoding: chunked$/);
      await peer.answer((await peer.until('0\r\n\r\n'))!);
    }
  });
  for (const body of shapes)
    assert.equal(await (await scene.client.request(URL_, { method: 'POST', body })).text(), 'abc');
  const chunked = async (body: AsyncIterable<Bytes | string>): Promise<string> =>
    (await scene.client.request(URL_, { method: 'POST', body })).text();
  assert.equal(await chunked(letters()), '2\r\nab\r\n1\r\nc\r\n0\r\n\r\n');
  assert.equal(await chunked(stream), '3\r\nabc\r\n0\r\n\r\n');
  await scene.served();
});

test('forms say what they are', limited, async () => {
  await using scene = stage(async (peer) => {
    assert.match((await peer.head())!, /Content-Type: application\/x-www-form-urlencoded/);
    assert.equal(await peer.bytes(7), 'a=b&c=d');
    await peer.answer();
    const head = (await peer.head())!;
    const [, boundary] = /boundary=(\S+)/.exec(head)!;
    const [, length] = /Content-Length: (\d+)/.exec(head)!;
    await peer.answer((await peer.bytes(Number(length))).replaceAll(boundary!, 'B'));
  });
  await scene.client.request(URL_, { method: 'POST', body: new URLSearchParams({ a: 'b', c: 'd' }) });
  const form = new FormData();
  form.set('na"me', 'two\nlines');
  form.set('file', new File(['text'], 'x.txt', { type: 'text/plain' }));
  const answer = await scene.client.request(URL_, { method: 'POST', body: form });
  const parts = [
    '--B\r\nContent-Disposition: form-data; name="na%22me"\r\n\r\ntwo\r\nlines\r\n',
    '--B\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\ntext\r\n--B--\r\n',
  ];
  assert.equal(await answer.text(), parts.join(''));
  await scene.served();
});

test('a length that is announced is kept, and trailers are sent', limited, async () => {
  async function* two(): AsyncGenerator<string> {
    yield 'ab';
    yield 'c';
  }
  await using scene = stage(async (peer) => {
    assert.match((await peer.head())!, /\r\nContent-Length: 3$/);
    await peer.answer(await peer.bytes(3));
    await peer.head();
    await peer.answer((await peer.until('X: y\r\n\r\n'))!);
    assert.match((await peer.head())!, /Content-Length: 2$/);
    assert.equal(await peer.rest(), 'ab');
  });
  const { client } = scene;
  const headers = { 'content-length': '3' };
  assert.equal(await (await client.request(URL_, { method: 'PUT', body: two(), headers })).text(), 'abc');
  const trailed = await client.request(URL_, { method: 'PUT', body: 'abc', trailers: () => ({ X: 'y' }) });
  assert.equal(await trailed.text(), '3\r\nabc\r\n0\r\nX: y\r\n\r\n');
  const more = client.request(URL_, { method: 'PUT', body: two(), headers: { 'content-length': '2' } });
  await assert.rejects(more, { code: 'protocol', fault: 'local', step: 'send' });
});

test('what would let a request pass for two is refused before anything is connected', limited, async () => {
  await using scene = stage(async () => {});
  const refused = async (options: object, message: RegExp): Promise<void> => {
    await assert.rejects(scene.client.request(URL_, options), (error) => {
      assert.ok(error instanceof HttpRequestError);
      assert.match(error.message, message);
      return true;
    });
  };
  await refused({ headers: { x: 'a\r\nEvil: 1' } }, /field x/);
  await refused({ headers: { 'a b': 'c' } }, /field name/);
  await refused({ method: 'GET /\r\n' }, /method/);
  await refused({ headers: { 'content-length': '5' } }, /no body/);
  await refused({ body: 'abc', headers: { 'content-length': '5' } }, /has 3/);
  await refused({ body: 'abc', headers: { 'content-length': '+3' } }, /no number/);
  await refused({ body: 'abc', headers: { 'transfer-encoding': 'gzip' } }, /chunked/);
  await refused(
    { body: 'abc', headers: { 'transfer-encoding': 'chunked', 'content-length': '3' } },
    /chunked/,
  );
  await refused({ method: 'CONNECT' }, /CONNECT/);
  await refused({ body: 5 }, /neither text/);
  assert.deepEqual(scene.connected, []);
});

test('Expect: the body waits for 100, and is not sent when something else comes', limited, async () => {
  await using scene = stage(async (peer, index) => {
    assert.match((await peer.head())!, /Expect: 100-continue/);
    if (index === 0) {
      await peer.write('HTTP/1.1 100 Continue\r\n\r\n');
      await peer.answer(await peer.bytes(3));
      assert.match((await peer.head())!, /Expect/);
      await peer.answer('', 'HTTP/1.1 413 Content Too Large');
    }
    assert.equal(await peer.rest(), '');
  });
  const options = { method: 'PUT', body: 'abc', expectContinue: 0 };
  assert.equal(await (await scene.client.request(URL_, options)).text(), 'abc');
  const refused = await scene.client.request(URL_, options);
  assert.equal(refused.status, 413);
  // What was promised was not sent, so the connection cannot go on.
  assert.equal(scene.client.statistics.idle, 0);
  await scene.served();
});

test('Expect: 417 repeats the request without it', limited, async () => {
  await using scene = stage(async (peer, index) => {
    const head = (await peer.head())!;
    assert.equal(/Expect/.test(head), index === 0);
    if (index === 0) await peer.answer('', 'HTTP/1.1 417 Expectation Failed');
    else await peer.answer(await peer.bytes(3));
  });
  const answer = await scene.client.request(URL_, { method: 'PUT', body: 'abc', expectContinue: true });
  assert.equal(await answer.text(), 'abc');
});

test('an answer that comes before the body was sent ends the sending', limited, async () => {
  let ended = false;
  async function* endless(): AsyncGenerator<Bytes> {
    try {
      for (;;) yield Buffer.alloc(1000);
    } finally {
      ended = true;
    }
  }
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.answer('enough', 'HTTP/1.1 413 Content Too Large');
  });
  const answer = await scene.client.request(URL_, { method: 'POST', body: endless() });
  assert.equal(await answer.text(), 'enough');
  await settle();
  assert.equal(ended, true);
  assert.equal(scene.client.statistics.idle, 0);
});

test('both directions at the same time', limited, async () => {
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
  async function* conversation(): AsyncGenerator<string> {
    yield 'one';
    await heard;
    yield 'two';
  }
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.until('one\r\n');
    await peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nONE\r\n');
    await peer.until('two\r\n0\r\n\r\n');
    await peer.write('3\r\nTWO\r\n0\r\n\r\n');
  });
  const { body } = await scene.client.request(URL_, { method: 'POST', body: conversation() });
  assert.equal(Buffer.from((await body.read())!).toString(), 'ONE');
  hear();
  assert.equal(Buffer.from((await body.read())!).toString(), 'TWO');
  assert.equal(await body.read(), null);
  await settle();
  assert.equal(scene.client.statistics.idle, 1);
});

test(
  'the source of a body that fails fails the request, with its own error as the cause',
  limited,
  async () => {
    const lost = new NetError('broken', 'the disk is gone');
    async function* source(): AsyncGenerator<string> {
      yield 'ab';
      throw lost;
    }
    await using scene = stage(async (peer) => {
      await peer.head();
      await peer.rest();
    });
    await assert.rejects(scene.client.request(URL_, { method: 'POST', body: source() }), (error) => {
      assert.ok(error instanceof HttpRequestError);
      assert.equal(error.step, 'send');
      assert.equal(error.cause, lost);
      assert.equal(error.message, 'POST http://a.example/path?q=1: sending failed: the disk is gone');
      return true;
    });
  },
);

test(
  'a protocol that was asked for gets the connection, with what came behind the head',
  limited,
  async () => {
    await using scene = stage(async (peer) => {
      assert.match((await peer.head())!, /\r\nConnection: Upgrade\r\nUpgrade: echo\r\n/);
      await peer.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nat once',
      );
      await peer.write(await peer.bytes(4));
      await peer.connection.close();
    });
    const { status, upgraded } = await scene.client.request(URL_, { upgrade: 'echo' });
    assert.equal(status, 101);
    assert.ok(upgraded);
    assert.equal(Buffer.from((await upgraded.read())!).toString(), 'at once');
    await upgraded.write(Buffer.from('back'));
    assert.equal(Buffer.from((await upgraded.read())!).toString(), 'back');
    assert.equal(scene.client.statistics.active, 0);
    await upgraded.close();
  },
);
