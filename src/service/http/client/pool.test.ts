/** Connections that are kept, shared, waited for and given up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bytes } from '../../../core/index.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { DRAIN_BYTES, DRAIN_TIME, KEEP_ALIVE } from './limits.ts';
import { type Peer, settle, stage } from './test-stage.ts';

const limited = { timeout: 20_000 };
const URL_ = 'http://a.example/';

/** Answers every request with the number of its connection. */
async function counting(peer: Peer, index: number): Promise<void> {
  while ((await peer.head()) !== null) await peer.answer(String(index));
  await peer.connection.close();
}

test('a connection is used again, the last one back first', limited, async () => {
  await using scene = stage(counting);
  const text = async (): Promise<string> => (await scene.client.request(URL_)).text();
  assert.deepEqual(await Promise.all([text(), text(), text()]), ['0', '1', '2']);
  assert.equal(scene.client.statistics.idle, 3);
  assert.equal(await text(), '2');
  assert.equal(await text(), '2');
  const { connected, reused, requests } = scene.client.statistics;
  assert.deepEqual({ connected, reused, requests }, { connected: 3, reused: 2, requests: 5 });
});

test('origins do not share', limited, async () => {
  await using scene = stage(counting);
  for (const url of ['http://a.example/', 'http://a.example:81/', 'http://b.example/', 'http://a.example/x'])
    await (await scene.client.request(url)).text();
  assert.deepEqual(scene.connected, ['tcp://a.example:80', 'tcp://a.example:81', 'tcp://b.example:80']);
});

test('beyond the limit of an origin requests wait, the first come is the first served', limited, async () => {
  const heads: string[] = [];
  await using scene = stage(
    async (peer) => {
      for (let head = await peer.head(); head !== null; head = await peer.head()) {
        heads.push(head.split(' ')[1]!);
        await peer.answer('x');
      }
    },
    { maxPerOrigin: 1 },
  );
  const paths = ['/1', '/2', '/3', '/4'];
  const answers = paths.map((path) => scene.client.request(`http://a.example${path}`));
  assert.equal(scene.client.statistics.waiting, 3);
  for (const answer of answers) await (await answer).text();
  assert.deepEqual(heads, paths);
  assert.equal(scene.connected.length, 1);
});

test('the queue is bounded, and whoever waits can be given up', limited, async () => {
  await using scene = stage(async (peer) => void (await peer.head()), { maxPerOrigin: 1, maxWaiting: 1 });
  const stop = new AbortController();
  const first = scene.client.request(URL_);
  first.catch(() => {});
  const second = scene.client.request(URL_, { signal: stop.signal });
  await assert.rejects(scene.client.request(URL_), { code: 'limit', step: 'queue' });
  const reason = new Error('enough');
  stop.abort(reason);
  await assert.rejects(second, (error) => error === reason);
  assert.equal(scene.client.statistics.waiting, 0);
});

test('at the limit of all connections an idle one of another origin gives way', limited, async () => {
  await using scene = stage(counting, { maxConnections: 2 });
  const text = async (host: string): Promise<string> =>
    (await scene.client.request(`http://${host}/`)).text();
  await text('a');
  await text('b');
  assert.equal(await text('c'), '2');
  assert.equal(await text('b'), '1');
  assert.equal(await text('a'), '3');
  assert.equal(scene.client.statistics.idle, 2);
});

test('a connection that could not be made gives its place to who waits', limited, async () => {
  let attempts = 0;
  await using scene = stage(async () => {}, {
    maxPerOrigin: 1,
    connect: () => Promise.reject(new Error(`no ${++attempts}`)),
  });
  const both = [scene.client.request(URL_), scene.client.request(URL_)];
  await assert.rejects(both[0]!, { step: 'connect', message: /no 1/ });
  await assert.rejects(both[1]!, { step: 'connect', message: /no 2/ });
  const { active, connecting, failed } = scene.client.statistics;
  assert.deepEqual({ active, connecting, failed }, { active: 0, connecting: 0, failed: 2 });
});

test('an idle connection is closed in time, sooner when the server says so', limited, async () => {
  const clock = fakeClock();
  await using scene = stage(
    async (peer, index) => {
      await peer.head();
      await peer.answer(
        '',
        index === 0 ? 'HTTP/1.1 200 OK' : 'HTTP/1.1 200 OK\r\nKeep-Alive: max=5, timeout=3',
      );
      assert.equal(await peer.head(), null);
    },
    { clock },
  );
  for (const time of [KEEP_ALIVE, 2000]) {
    await (await scene.client.request(URL_)).text();
    clock.advance(time - 1);
    assert.equal(scene.client.statistics.idle, 1);
    clock.advance(1);
    assert.equal(scene.client.statistics.idle, 0);
  }
  await scene.served();
});

test('connections that either side does not keep are closed', limited, async () => {
  await using scene = stage(async (peer, index) => {
    await peer.head();
    await peer.answer('x', `HTTP/1.1 200 OK${index === 0 ? '\r\nConnection: close' : ''}`);
    assert.equal(await peer.head(), null);
  });
  assert.equal(await (await scene.client.request(URL_)).text(), 'x');
  await (await scene.client.request(URL_, { headers: { connection: 'close' } })).text();
  assert.equal(scene.client.statistics.idle, 0);
  await scene.served();
});

test('a dead connection is noticed while it is idle', limited, async () => {
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.answer('x');
    await peer.connection.close();
  });
  await (await scene.client.request(URL_)).text();
  await settle();
  assert.equal(scene.client.statistics.idle, 0);
});

for (const method of ['GET', 'PUT', 'POST']) {
  test(`${method} on a connection that dies before a byte of the answer came`, limited, async () => {
    await using scene = stage(async (peer, index) => {
      await peer.head();
      await peer.answer('x');
      if (index > 0) return;
      await peer.head();
      peer.connection.abort();
    });
    await (await scene.client.request(URL_)).text();
    const again = scene.client.request(URL_, { method, body: method === 'GET' ? null : 'abc' });
    if (method === 'POST') await assert.rejects(again, { code: 'broken', step: 'head' });
    else assert.equal(await (await again).text(), 'x');
    assert.equal(scene.client.statistics.repeated, method === 'POST' ? 0 : 1);
  });
}

test('it is repeated once only, and never after a byte of the answer', limited, async () => {
  await using scene = stage(async (peer, index) => {
    await peer.head();
    if (index === 0) {
      await peer.answer('x');
      await peer.head();
    } else if (index === 2) {
      await peer.answer('x');
      await peer.head();
      await peer.write('HTTP/1.1 2');
    }
    peer.connection.abort();
  });
  await (await scene.client.request(URL_)).text();
  await assert.rejects(scene.client.request(URL_), { code: 'broken' });
  assert.equal(scene.connected.length, 2);
  await (await scene.client.request(URL_)).text();
  await assert.rejects(scene.client.request(URL_), { code: 'broken', step: 'head' });
  assert.equal(scene.connected.length, 3);
});

test('a stream that was begun cannot be sent again', limited, async () => {
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.answer('x');
    await peer.head();
    peer.connection.abort();
  });
  await (await scene.client.request(URL_)).text();
  const body = new Blob(['abc']).stream();
  await assert.rejects(scene.client.request(URL_, { method: 'PUT', body }), { code: 'broken' });
  assert.equal(scene.connected.length, 1);
});

test('bytes that answer no request close the connection', limited, async () => {
  await using scene = stage(async (peer, index) => {
    await peer.head();
    if (index === 0)
      await peer.answer('x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmuggled'.slice(0, 1));
    if (index === 0) await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    else await peer.answer('good');
  });
  await (await scene.client.request(URL_)).text();
  await settle();
  assert.equal(scene.client.statistics.idle, 0);
  assert.equal(await (await scene.client.request(URL_)).text(), 'good');
});

test('a connection that dies while it is used takes no idle one with it', limited, async () => {
  const { promise: idle, resolve: go } = Promise.withResolvers<void>();
  await using scene = stage(async (peer, index) => {
    if (index === 0) return counting(peer, 0);
    await peer.head();
    await idle;
    peer.connection.abort();
    return undefined;
  });
  const [first, second] = [scene.client.request(URL_), scene.client.request(URL_)];
  assert.equal(await (await first).text(), '0');
  assert.equal(scene.client.statistics.idle, 1);
  go();
  await assert.rejects(second, { code: 'broken' });
  assert.equal(scene.client.statistics.idle, 1);
  assert.equal(await (await scene.client.request(URL_)).text(), '0');
  assert.equal(scene.connected.length, 2);
});

test('and so do bytes that come together with the answer', limited, async () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n';
  await using scene = stage(async (peer, index) => {
    await peer.head();
    await peer.write(index === 0 ? `${answer}good${answer}evil` : `${answer}fine`);
  });
  assert.equal(await (await scene.client.request(URL_)).text(), 'good');
  assert.equal(await (await scene.client.request(URL_)).text(), 'fine');
});

test('a short body that nobody wants is read to its end, and the connection goes on', limited, async () => {
  const half = Buffer.alloc(DRAIN_BYTES / 4);
  const { promise: cancelled, resolve: go } = Promise.withResolvers<void>();
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${half.length * 2}\r\n\r\n`);
    await peer.write(half);
    await cancelled;
    await peer.write(half);
    await counting(peer, 7);
  });
  (await scene.client.request(URL_)).cancel();
  go();
  await settle();
  assert.equal(scene.client.statistics.idle, 1);
  assert.equal(await (await scene.client.request(URL_)).text(), '7');
});

test('a long one closes the connection: announced, endless, or slow', limited, async () => {
  const clock = fakeClock();
  await using scene = stage(
    async (peer, index) => {
      await peer.head();
      if (index === 0) return peer.write(`HTTP/1.1 200 OK\r\nContent-Length: ${DRAIN_BYTES + 1}\r\n\r\nx`);
      await peer.write('HTTP/1.1 200 OK\r\n\r\n');
      while (index === 1) await peer.write(Buffer.alloc(1000));
      return undefined;
    },
    { clock },
  );
  const open = (): number => scene.client.statistics.active;
  (await scene.client.request(URL_)).cancel();
  assert.equal(open(), 0);
  (await scene.client.request(URL_)).cancel();
  await scene.served();
  assert.equal(open(), 0);
  (await scene.client.request(URL_)).cancel();
  assert.equal(open(), 1);
  clock.advance(DRAIN_TIME);
  assert.equal(open(), 0);
});

test('close lets what is under way end, and then nothing is left', limited, async () => {
  const clock = fakeClock();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: go, resolve: answer } = Promise.withResolvers<void>();
  await using scene = stage(
    async (peer) => {
      await peer.head();
      ask();
      await go;
      await peer.answer('late');
      await peer.rest();
      await peer.connection.close();
    },
    { clock },
  );
  const under = scene.client.request(URL_);
  await asked;
  const closing = scene.client.close();
  await assert.rejects(scene.client.request(URL_), { code: 'closed' });
  answer();
  assert.equal(await (await under).text(), 'late');
  await closing;
  const { active, idle, pending } = scene.client.statistics;
  assert.deepEqual({ active, idle, pending }, { active: 0, idle: 0, pending: 0 });
});

test('after its grace, close aborts what is left', limited, async () => {
  const clock = fakeClock();
  await using scene = stage(async (peer) => void (await peer.head()), { clock, closeGrace: 100 });
  const under = scene.client.request(URL_);
  const failing = assert.rejects(under, { code: 'closed', message: 'The client was closed' });
  await settle();
  const closing = scene.client.close();
  clock.advance(100);
  await failing;
  await closing;
  assert.equal(clock.pending, 0);
});

test('what is read slowly holds back the server: the memory is bounded', limited, async () => {
  let sent = 0;
  await using scene = stage(async (peer) => {
    await peer.head();
    await peer.write('HTTP/1.1 200 OK\r\n\r\n');
    for (; sent < 100_000_000; sent += 10_000) await peer.write(Buffer.alloc(10_000));
  });
  const answer = await scene.client.request(URL_);
  await settle();
  // The queue of the body, and what the wire and its sender hold: 64 KiB each, and a chunk over.
  assert.ok(sent <= 3 * 75_000, `${sent} bytes were taken from the server`);
  const before = sent;
  for (let taken = 0; taken < 1_000_000; ) taken += (await answer.body.read())!.length;
  await settle();
  assert.ok(sent > before + 900_000 && sent <= 1_000_000 + 3 * 75_000, `${sent} bytes`);
});

test('a server that takes slowly holds back the source of the body', limited, async () => {
  let given = 0;
  async function* source(): AsyncGenerator<Bytes> {
    for (;;) {
      given += 10_000;
      yield Buffer.alloc(10_000);
    }
  }
  await using scene = stage(async (peer) => void (await peer.head()));
  const sending = scene.client.request(URL_, { method: 'POST', body: source() });
  sending.catch(() => {});
  await settle();
  assert.ok(given > 64_000 && given <= 3 * 75_000, `${given} bytes were taken from the source`);
});
