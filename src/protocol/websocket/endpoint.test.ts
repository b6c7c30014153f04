import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type EndpointOptions, WebSocketEndpoint } from './endpoint.ts';
import type { WebSocketEvent } from './event.ts';
import { prepareMessage } from './prepared-message.ts';
import { after, TRANSITIONS } from './state.ts';
import { chop, readFrames } from './test-frames.ts';

function pair(options: Partial<EndpointOptions> = {}): [WebSocketEndpoint, WebSocketEndpoint] {
  return [
    new WebSocketEndpoint({ role: 'client', ...options }, 0),
    new WebSocketEndpoint({ role: 'server', ...options }, 0),
  ];
}

function taken(endpoint: WebSocketEndpoint): Buffer {
  const pieces: Uint8Array[] = [];
  for (let piece = endpoint.take(); piece !== null; piece = endpoint.take()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What one says reaches the other, in pieces of `size` bytes. */
function carry(from: WebSocketEndpoint, to: WebSocketEndpoint, now = 0, size = 65536): WebSocketEvent[] {
  const events: WebSocketEvent[] = [];
  for (const piece of chop(taken(from), size)) {
    to.receive(new Uint8Array(piece), now);
    for (let event = to.next(); event !== null; event = to.next()) events.push(event);
  }
  return events;
}

const messageOf = (event: WebSocketEvent | undefined): unknown =>
  event?.type === 'message' ? event.data : event;

describe('messages', () => {
  test('arrive as they were sent, whoever sends them and however they are cut', () => {
    const message = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 40, max: 60 }).map((length) => 'ä'.repeat(length)),
      fc.integer({ min: 65_500, max: 65_600 }).map((length) => new Uint8Array(length).fill(7)),
      fc.integer({ min: 16_000, max: 66_000 }).map((length) => 'x€'.repeat(length / 2)),
    );
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 5000 }),
        (sent, fromClient, size) => {
          const [client, server] = pair();
          const [from, to] = fromClient ? [client, server] : [server, client];
          for (const each of sent) from.send(each);
          const heard = carry(from, to, 0, size).map(messageOf);
          assert.equal(heard.length, sent.length);
          heard.forEach((data, index) => {
            const expected = sent[index]!;
            if (typeof expected === 'string') assert.equal(data, expected);
            else assert.ok(Buffer.from(data as Uint8Array).equals(expected));
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a payload that came whole is a view of its chunk', () => {
    const [client, server] = pair();
    server.send(new Uint8Array(1000).fill(3));
    const chunk = new Uint8Array(taken(server));
    client.receive(chunk, 0);
    const event = client.next();
    assert.ok(event?.type === 'message' && typeof event.data !== 'string');
    assert.equal(event.data.buffer, chunk.buffer);
  });

  test('what is sent is left as it was, and what is large is not copied by a server', () => {
    const [client, server] = pair();
    const data = new Uint8Array(100_000).fill(9);
    client.send(data);
    server.send(data);
    assert.ok(data.every((byte) => byte === 9));
    server.take();
    assert.equal(server.take()?.buffer, data.buffer);
  });

  test('a client masks with a key of its own for each frame, a server with none', () => {
    const [client, server] = pair();
    for (let count = 0; count < 3; count++) {
      client.send('aaaa');
      server.send('aaaa');
    }
    const raw = taken(client);
    assert.deepEqual(
      readFrames(raw).map(({ isMasked, payload }) => [isMasked, String(payload)]),
      Array(3).fill([true, 'aaaa']),
    );
    const keys = [2, 12, 22].map((at) => raw.readUInt32BE(at));
    assert.equal(new Set(keys).size, 3);
    assert.ok(readFrames(taken(server)).every(({ isMasked }) => !isMasked));
  });

  test('text with half a surrogate pair is refused, and nothing of it is sent', () => {
    const [client] = pair();
    for (const text of ['\ud800', 'a\udc00b', `${'x'.repeat(30_000)}\ud800`])
      assert.throws(() => client.send(text), { code: 'protocol', fault: 'local' });
    assert.equal(client.take(), null);
    assert.throws(() => prepareMessage('\ud800'), { code: 'protocol' });
  });

  test('those that were prepared are the same bytes for all servers, in the order of all', () => {
    const [one, two] = [...Array(2)].map(() => new WebSocketEndpoint({ role: 'server' }, 0)) as [
      WebSocketEndpoint,
      WebSocketEndpoint,
    ];
    const [a, b, c] = ['first', 'x'.repeat(300), new Uint8Array([1, 2])].map((data) =>
      prepareMessage(data),
    ) as [
      ReturnType<typeof prepareMessage>,
      ReturnType<typeof prepareMessage>,
      ReturnType<typeof prepareMessage>,
    ];
    for (const each of [a, b]) {
      one.send(each);
      two.send(each);
    }
    const shared = one.take();
    assert.equal(two.take(), shared);
    for (const each of [c, 'own', a]) one.send(each);
    two.send(c);
    two.send(a);
    const texts = (bytes: Uint8Array): string[] =>
      readFrames(Buffer.from(bytes)).map(({ payload }) => payload.toString('latin1'));
    assert.deepEqual(texts(shared!), ['first', 'x'.repeat(300)]);
    assert.deepEqual(texts(taken(one)), ['\x01\x02', 'own', 'first']);
    assert.deepEqual(texts(taken(two)), ['\x01\x02', 'first']);
    const client = new WebSocketEndpoint({ role: 'client' }, 0);
    client.send(a);
    assert.deepEqual(
      readFrames(taken(client)).map(({ isMasked }) => isMasked),
      [true],
    );
  });
});

describe('closing', () => {
  test('one asks, the other answers, and both know how it ended', () => {
    const [client, server] = pair();
    client.close(4001, 'enough', 0);
    assert.throws(() => client.send('late'), { code: 'closed' });
    assert.deepEqual(carry(client, server), [{ type: 'close', code: 4001, reason: 'enough' }]);
    assert.deepEqual(carry(server, client), [{ type: 'close', code: 4001, reason: '' }]);
    assert.deepEqual(server.closeInfo, { code: 4001, reason: 'enough', wasClean: true });
    assert.equal(client.closeInfo.wasClean, true);
  });

  test('both at once', () => {
    const [client, server] = pair();
    client.close(1000, '', 0);
    server.close(1001, '', 0);
    carry(client, server);
    carry(server, client);
    assert.deepEqual([client.state, server.state], ['closed', 'closed']);
    assert.equal(taken(client).length + taken(server).length, 0);
  });

  test('a code or a reason that cannot be sent changes nothing', () => {
    const [client] = pair();
    for (const code of [999, 1005.5, 1004, 1006, 5000])
      assert.throws(() => client.close(code, '', 0), { code: 'protocol' });
    assert.throws(() => client.close(1000, '€'.repeat(42), 0), /126 bytes/);
    assert.equal(client.state, 'open');
  });

  test('a peer that does not answer is given up', () => {
    const [client] = pair({ closeTimeout: 100 });
    client.close(1000, '', 50);
    assert.equal(client.deadline(), 150);
    client.timeout(149);
    assert.throws(() => client.timeout(150), { code: 'timeout' });
    assert.deepEqual(client.closeInfo, { code: 1006, reason: '', wasClean: false });
  });

  test('an end without a Close frame is no clean end', () => {
    const [, server] = pair();
    server.receive(null, 0);
    assert.equal(server.next(), null);
    assert.equal(server.state, 'lost');
    assert.equal(server.closeInfo.code, 1006);
  });

  test('of bytes one half ends, and the other goes on', () => {
    const [client, server] = pair({ mode: 'bytes' });
    client.close(1000, '', 0);
    assert.deepEqual(carry(client, server), [{ type: 'close', code: 1000, reason: '' }]);
    assert.equal(taken(server).length, 0);
    server.send(new Uint8Array([1]));
    assert.equal(carry(server, client).length, 1);
    server.close(1000, '', 0);
    carry(server, client);
    assert.deepEqual([client.state, server.state], ['closed', 'closed']);
  });
});

describe('bytes', () => {
  test('parts come as they arrive, whatever the message is', () => {
    const [client, server] = pair({ mode: 'bytes', limits: { message: 10 } });
    client.send('text too, and longer than a message may be');
    const parts = carry(client, server, 0, 10).map((event) =>
      String(Buffer.from(messageOf(event) as Uint8Array)),
    );
    assert.ok(parts.length > 1);
    assert.equal(parts.join(''), 'text too, and longer than a message may be');
  });

  test('text is UTF-8 here as well', () => {
    const [, server] = pair({ mode: 'bytes' });
    server.receive(Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0xc3), 0);
    assert.equal(server.next()?.type, 'message');
    server.receive(Uint8Array.of(0x28), 0);
    assert.throws(() => server.next(), { closeCode: 1007 });
  });
});

describe('keeping alive', () => {
  test('a silent peer is asked, and one that stays silent is gone', () => {
    const [client, server] = pair({ pingInterval: 100, pongTimeout: 30 });
    assert.equal(client.deadline(), 100);
    client.timeout(100);
    assert.deepEqual(carry(client, server, 100), [{ type: 'ping', data: new Uint8Array(0) }]);
    assert.equal(carry(server, client, 110).length, 1);
    assert.equal(client.deadline(), 130);
    client.timeout(130);
    assert.equal(client.deadline(), 230);
    client.timeout(230);
    assert.ok(client.pending > 0);
    assert.throws(() => client.timeout(260), { code: 'timeout' });
  });

  test('whoever holds back is not told that the peer is silent', () => {
    const [client] = pair({ pingInterval: 100, pongTimeout: 30 });
    for (let now = 100; now < 2000; now = client.deadline()!) {
      client.held();
      client.timeout(now);
    }
    assert.equal(client.pending, 0);
  });

  test('a ping carries up to 125 bytes', () => {
    const [client] = pair();
    assert.throws(() => client.ping(new Uint8Array(126), 0), { code: 'protocol' });
    client.ping(new Uint8Array(125), 0);
    client.close(1000, '', 0);
    client.ping(new Uint8Array(1), 0);
  });
});

test('the table of states leads everywhere, and out of the last ones nowhere', () => {
  const reached = new Set(['open']);
  for (const state of ['open', 'closing', 'answering'] as const)
    for (const next of Object.values(TRANSITIONS[state])) reached.add(next);
  assert.deepEqual([...reached].sort(), Object.keys(TRANSITIONS).sort());
  for (const state of ['closed', 'failed', 'lost'] as const)
    assert.equal(after(state, 'send message'), undefined);
});
