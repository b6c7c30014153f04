/** Servers that mean no good, and servers that are broken. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { HttpRequestError } from './errors.ts';
import { MAX_INTERIM } from './limits.ts';
import type { HttpClientOptions } from './options.ts';
import { type Peer, type Stage, settle, stage } from './test-stage.ts';

const limited = { timeout: 20_000 };
const URL_ = 'http://a.example/';

/** Sends the text to every request. */
function saying(text: string, options: HttpClientOptions = {}): Stage {
  return stage(async (peer) => {
    await peer.head();
    await peer.write(text);
  }, options);
}

interface Failure {
  readonly code: string;
  readonly step: string;
}

async function fails(scene: Stage, failure: Failure, message: RegExp): Promise<void> {
  const reading = scene.client.request(URL_).then((answer) => answer.text());
  await assert.rejects(reading, (error) => {
    assert.ok(error instanceof HttpRequestError, String(error));
    assert.deepEqual({ code: error.code, step: error.step }, failure);
    assert.match(error.message, message);
    assert.match(error.message, /^GET http:\/\/a\.example\//);
    return true;
  });
  await settle();
  const { active, idle } = scene.client.statistics;
  assert.deepEqual({ active, idle }, { active: 0, idle: 0 });
}

const HEAD = { code: 'protocol', step: 'head' };
const BODY = { code: 'protocol', step: 'body' };

describe('answers that are none', limited, () => {
  const wrong: Readonly<Record<string, readonly [text: string, failure: Failure]>> = {
    garbage: ['\0\x01\x02 not HTTP at all\r\n\r\n', HEAD],
    'another protocol': ['SSH-2.0-OpenSSH_9.9\r\n', HEAD],
    'two lengths': ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', HEAD],
    'a length and chunks': [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      HEAD,
    ],
    'a length that is no number': ['HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n', HEAD],
    'a folded field': ['HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n', HEAD],
    'a field without a colon': ['HTTP/1.1 200 OK\r\nX\r\n\r\n', HEAD],
    'a chunk that is no number': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', BODY],
    'a chunk without its end': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n', BODY],
    '101 that nobody asked for': ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\n\r\n', HEAD],
    'fields without an end': [
      `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(200)}`,
      { code: 'limit', step: 'head' },
    ],
    'a field without an end': [
      `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}`,
      { code: 'limit', step: 'head' },
    ],
    'a status line without an end': [`HTTP/1.1 200 ${'y'.repeat(100_000)}`, { code: 'limit', step: 'head' }],
    'interim answers without an end': [
      'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(MAX_INTERIM + 1),
      { code: 'limit', step: 'head' },
    ],
  };
  for (const [name, [text, failure]] of Object.entries(wrong)) {
    test(name, async () => {
      await using scene = saying(text);
      await fails(scene, failure, /./);
    });
  }
});

describe('answers that break off', limited, () => {
  const cut: Readonly<Record<string, readonly [text: string, failure: Failure]>> = {
    'before their first byte': ['', { code: 'broken', step: 'head' }],
    'within the head': ['HTTP/1.1 200 OK\r\nX', HEAD],
    'behind an interim answer': ['HTTP/1.1 103 Early Hints\r\n\r\n', { code: 'broken', step: 'head' }],
    'within a body of known length': ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', BODY],
    'within a chunk': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nabc', BODY],
    'before the last chunk': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', BODY],
  };
  for (const [name, [text, failure]] of Object.entries(cut)) {
    test(`${name}, in order`, async () => {
      await using scene = stage(async (peer) => {
        await peer.head();
        await peer.write(text);
        await peer.connection.end();
      });
      await fails(scene, failure, /./);
    });

    test(`${name}, by a reset`, async () => {
      await using scene = stage(async (peer) => {
        await peer.head();
        await peer.write(text);
        await settle();
        peer.connection.abort();
      });
      await fails(scene, { code: 'broken', step: failure.step }, /reset by the peer/);
    });
  }
});

test('a server that closes every connection at once is not called again and again', limited, async () => {
  await using scene = stage(async (peer) => peer.connection.abort());
  await assert.rejects(scene.client.request(URL_), { code: 'broken' });
  assert.equal(scene.connected.length, 1);
});

test('what came before a body broke off can be read', limited, async () => {
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    await settle();
    peer.connection.abort();
  });
  const { body } = await scene.client.request(URL_);
  await scene.served();
  await settle();
  assert.equal(Buffer.from((await body.read())!).toString(), 'abc');
  await assert.rejects(body.read(), { code: 'broken', step: 'body' });
});

test('a body that had come before the reset, and waited for its reader, is whole', limited, async () => {
  const data = 'x'.repeat(100_000);
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.write(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${data.length.toString(16)}\r\n${data}\r\n0\r\n\r\n`,
    );
    await settle();
    peer.connection.abort();
  });
  const answer = await scene.client.request(URL_);
  await scene.served();
  await settle();
  assert.equal((await answer.text()).length, data.length);
});

describe('servers that take their time', limited, () => {
  /** Serves by the clock: `write` from within the test. */
  function slow(options: HttpClientOptions = {}) {
    const clock = fakeClock();
    let peer!: Peer;
    const scene = stage(
      async (its) => {
        peer = its;
        await peer.head();
      },
      { clock, headerTimeout: 1000, bodyTimeout: 2000, ...options },
    );
    const pass = async (ms: number): Promise<void> => {
      await settle();
      clock.advance(ms);
      await settle();
    };
    return { scene, clock, pass, write: (text: string) => peer.write(text) };
  }

  test('a head that drips is given up: bytes do not put it off', async () => {
    const { scene, pass, write } = slow();
    const failing = fails(scene, { code: 'timeout', step: 'head' }, /no answer within 1000 ms/);
    for (const letter of 'HTTP/1.1 ') {
      await pass(111);
      await write(letter);
    }
    await pass(1);
    await failing;
    await scene[Symbol.asyncDispose]();
  });

  test('a body that stands still is given up, one that goes on is not', async () => {
    const { scene, clock, pass, write } = slow();
    const reading = scene.client.request(URL_).then((answer) => answer.text());
    const failing = assert.rejects(reading, { code: 'timeout', step: 'body', message: /2000 ms/ });
    await settle();
    await write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
    for (let turn = 0; turn < 5; turn++) {
      await pass(1999);
      await write('x');
    }
    await pass(2000);
    await pass(2000);
    await failing;
    assert.equal(clock.pending, 0);
    await scene[Symbol.asyncDispose]();
  });

  test('a body that drips is ended by the time of the whole request', async () => {
    const { scene, clock, pass, write } = slow({ timeout: 5000 });
    const reading = scene.client.request(URL_).then((answer) => answer.text());
    const failing = assert.rejects(reading, { code: 'timeout', step: 'body', message: /5000 ms in all/ });
    await settle();
    await write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
    for (let turn = 0; turn < 5; turn++) {
      await write('x');
      await pass(1000);
    }
    await failing;
    assert.equal(clock.pending, 0);
    await scene[Symbol.asyncDispose]();
  });

  test('an answer that nobody reads does not hold its connection for ever', async () => {
    const { scene, pass, write } = slow();
    const answering = scene.client.request(URL_);
    await settle();
    await write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
    await answering;
    await write('x'.repeat(200_000));
    assert.equal(scene.client.statistics.active, 1);
    await pass(2000);
    await pass(2000);
    assert.equal(scene.client.statistics.active, 0);
    await scene[Symbol.asyncDispose]();
  });

  test('but a short one gives it back at once, and can be read later', async () => {
    const { scene, pass, write } = slow({ keepAlive: 100_000 });
    const answering = scene.client.request(URL_);
    await settle();
    await write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    const answer = await answering;
    assert.equal(scene.client.statistics.idle, 1);
    await pass(10_000);
    assert.equal(await answer.text(), 'hello');
    await scene[Symbol.asyncDispose]();
  });

  test('a server that takes nothing is given up', async () => {
    const { scene, pass } = slow();
    async function* body(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(10_000);
    }
    const failing = assert.rejects(scene.client.request(URL_, { method: 'POST', body: body() }), {
      code: 'timeout',
      step: 'send',
    });
    await pass(2000);
    await pass(2000);
    await failing;
    await scene[Symbol.asyncDispose]();
  });

  test('connecting has its time, too', async () => {
    const { scene, clock, pass } = slow({ connect: () => new Promise(() => {}), connectTimeout: 500 });
    const failing = assert.rejects(scene.client.request(URL_), {
      code: 'timeout',
      step: 'connect',
      message: /500 ms/,
    });
    await pass(500);
    await failing;
    assert.equal(clock.pending, 0);
  });

  test('0 and what no timer takes are for ever', async () => {
    for (const ms of [0, Number.POSITIVE_INFINITY, 2 ** 40]) {
      const times = { timeout: ms, connectTimeout: ms, headerTimeout: ms, bodyTimeout: ms };
      const { scene, pass, write } = slow(times);
      const reading = scene.client.request(URL_).then((answer) => answer.text());
      await pass(100_000);
      await write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx');
      await pass(100_000);
      await write('y');
      assert.equal(await reading, 'xy');
      await scene[Symbol.asyncDispose]();
    }
  });

  test('a caller that gives up hears its own reason, at each step', async () => {
    const reason = new Error('enough');
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n';
    for (const text of ['', 'HTTP/1.1 2', head, `${head}x`]) {
      const { scene, write } = slow();
      const stop = new AbortController();
      const reading = scene.client.request(URL_, { signal: stop.signal }).then((answer) => answer.bytes());
      await settle();
      await write(text);
      await settle();
      stop.abort(reason);
      await assert.rejects(reading, (error) => error === reason);
      assert.equal(scene.client.statistics.active, 0);
      await scene[Symbol.asyncDispose]();
    }
    await assert.rejects(
      slow().scene.client.request(URL_, { signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
  });
});

describe('bodies that grow', limited, () => {
  const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024)).toString('latin1');
  const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;

  test('a bomb is stopped by its ratio', async () => {
    await using scene = saying(head + bomb, { decompress: true });
    await assert.rejects(
      scene.client.request(URL_).then((answer) => answer.bytes()),
      { code: 'limit', step: 'body', message: /raise maxExpansion/ },
    );
  });

  test('and by its size, where that is given', async () => {
    await using scene = saying(head + bomb, {
      decompress: true,
      maxExpansion: 2000,
      maxBodyBytes: 1_000_000,
    });
    await assert.rejects(
      scene.client.request(URL_).then((answer) => answer.bytes()),
      { code: 'limit', step: 'body', message: /at most 1000000 are taken/ },
    );
  });

  test('an announced length beyond the limit is not even begun', async () => {
    await using scene = saying('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n', { maxBodyBytes: 10 });
    const answer = await scene.client.request(URL_);
    await assert.rejects(answer.text(), { code: 'limit', message: /has 11 bytes/ });
  });

  test('what is not what its coding says is told', async () => {
    await using scene = saying(
      'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello',
      { decompress: true },
    );
    const answer = await scene.client.request(URL_);
    await assert.rejects(answer.text(), { ...BODY, message: /coding "gzip"/ });
  });

  test('what is no JSON is told', async () => {
    await using scene = saying('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    const answer = await scene.client.request(URL_);
    await assert.rejects(answer.json(), { code: 'protocol', fault: 'remote', message: /is no JSON/ });
  });
});
