/** Channels of messages over TCP: backpressure, endings, and what the levels promise. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeClock } from '../../testing/fake-clock.ts';
import { rejectsWith, turns } from '../../testing/transport/subject.ts';
import { connect, tcp, ws } from '../index.ts';
import {
  prepareMessage,
  type WebSocketChannel,
  type WebSocketConnectOptions,
  type WebSocketListenOptions,
} from './index.ts';

const limit = { timeout: 20_000 };

interface Opened extends AsyncDisposable {
  readonly client: WebSocketChannel;
  readonly server: WebSocketChannel;
}

async function open(
  listen: WebSocketListenOptions = {},
  dial: WebSocketConnectOptions = {},
): Promise<Opened> {
  await using listener = await ws.messages.listen('ws://127.0.0.1:0/chat', listen);
  const client = await ws.messages.connect(listener.address, dial);
  const server = (await listener.receive())!;
  const dispose = async (): Promise<void> => {
    for (const end of [client, server]) end.abort();
    await Promise.all([client.closed, server.closed]);
  };
  return { client, server, [Symbol.asyncDispose]: dispose };
}

describe('a channel', limit, () => {
  test('keeps the borders of messages, and tells text from bytes', async () => {
    await using both = await open();
    const messages = ['text', new Uint8Array([1, 2, 3]), '', new Uint8Array(0), 'ünï'.repeat(30_000)];
    for (const message of messages) await both.client.send(message);
    for (const message of messages) {
      const got = await both.server.receive();
      assert.equal(typeof got, typeof message);
      assert.deepEqual(Buffer.from(got as string), Buffer.from(message as string));
    }
  });

  test('knows what was agreed on and where it leads', async () => {
    await using both = await open(
      { protocols: ['b'], compression: true },
      { protocols: ['a', 'b'], compression: { windowBits: 10 } },
    );
    for (const end of [both.client, both.server]) {
      assert.equal(end.about.protocol, 'b');
      assert.equal(end.about.isCompressed, true);
    }
    assert.equal(String(both.client.about.local), String(both.server.about.remote));
    assert.match(String(both.client.about.remote), /^ws:\/\/127\.0\.0\.1:\d+\/chat$/);
    await both.client.send('x'.repeat(50_000));
    assert.equal(await both.server.receive(), 'x'.repeat(50_000));
  });

  test('closes with a code and a reason, which both sides know', async () => {
    await using both = await open();
    await both.client.send('last');
    const closing = both.client.close({ code: 4000, reason: 'enough' });
    assert.equal(await both.server.receive(), 'last');
    assert.equal(await both.server.receive(), null);
    await closing;
    assert.deepEqual(both.server.closeInfo, { code: 4000, reason: 'enough', wasClean: true });
    assert.equal(both.client.closeInfo?.wasClean, true);
    assert.equal(await both.client.closed, undefined);
    await rejectsWith(both.client.send('late'), 'closed');
    await rejectsWith(both.server.send('late'), 'closed');
    await rejectsWith(both.client.receive(), 'closed');
    assert.equal(await both.server.receive(), null);
  });

  test('cannot be closed with a code that nobody may send', async () => {
    await using both = await open();
    await rejectsWith(both.client.close({ code: 1006 }), 'protocol');
    await both.client.send('still open');
    assert.equal(await both.server.receive(), 'still open');
  });

  test('a reset is no end', async () => {
    await using both = await open();
    const receiving = rejectsWith(both.server.receive(), 'broken');
    both.client.abort();
    await receiving;
    assert.deepEqual(both.server.closeInfo, { code: 1006, reason: '', wasClean: false });
  });

  test('closing what is gone already leaves no timer behind', async () => {
    const clock = fakeClock();
    await using both = await open({ clock });
    both.client.abort();
    await both.server.closed;
    assert.equal(clock.pending, 0);
    await rejectsWith(both.server.close(), 'broken');
    assert.equal(clock.pending, 0);
  });

  test('a peer that is silent is asked, and is gone when it stays silent', async () => {
    const clock = fakeClock();
    await using both = await open({ clock, pingInterval: 1000, pongTimeout: 500 });
    const asked = Promise.withResolvers<Uint8Array>();
    const answered = Promise.withResolvers<Uint8Array>();
    const wire = both.client.attach({ onMessage() {}, onPing: asked.resolve, onClose() {} });
    both.server.attach({ onMessage() {}, onPong: answered.resolve, onClose() {} });
    clock.advance(1000);
    assert.equal((await asked.promise).length, 0);
    wire.pause();
    await answered.promise;
    // The pong has come: it takes another silence and another ping until the peer is gone.
    clock.advance(500);
    clock.advance(1000);
    assert.equal(both.server.closeInfo, undefined);
    clock.advance(500);
    assert.equal(((await both.server.closed) as { code?: string }).code, 'timeout');
  });

  test('an abort gives its reason to what waits', async () => {
    await using both = await open();
    const reason = new Error('changed my mind');
    const receiving = both.client.receive();
    both.client.abort(reason);
    await assert.rejects(receiving, reason);
    assert.equal(await both.client.closed, reason);
  });

  test('one receive at a time, which a signal may end', async () => {
    await using both = await open();
    const stop = new AbortController();
    const waiting = both.client.receive({ signal: stop.signal });
    await rejectsWith(both.client.receive(), 'busy');
    const reason = new Error('enough');
    stop.abort(reason);
    await assert.rejects(waiting, reason);
    await both.server.send('not lost');
    assert.equal(await both.client.receive(), 'not lost');
  });

  test('a sender waits for a receiver who does not receive, and all of it arrives', async () => {
    await using both = await open();
    const message = 'x'.repeat(64 * 1024);
    const state = { sent: 0, isOver: false };
    const sending = (async () => {
      for (; state.sent < 1000; state.sent++) await both.client.send(message);
      state.isOver = true;
    })();
    for (let quiet = 0, seen = -1; quiet < 50; seen = state.sent) {
      await turns(1);
      quiet = state.sent === seen ? quiet + 1 : 0;
    }
    assert.ok(!state.isOver && state.sent < 400, `${state.sent} messages are held`);
    for (let count = 0; count < 1000; count++)
      assert.equal((await both.server.receive())?.length, message.length);
    await sending;
  });

  test('of messages that a peer was sent and did not receive, as many wait as may', async () => {
    await using both = await open();
    for (let count = 0; count < 5000; count++) await both.client.send('');
    await both.client.send('end');
    let count = 0;
    for await (const message of both.server) {
      if (message === 'end') break;
      count++;
    }
    assert.equal(count, 5000);
  });
});

describe('the push level', limit, () => {
  test('is given what came before, and then the rest', async () => {
    await using both = await open();
    await both.client.send('one');
    await turns(20);
    const heard: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    both.server.attach({
      onMessage(message) {
        heard.push(message);
        if (message === 'three') resolve();
      },
      onClose() {},
    });
    await rejectsWith(both.server.receive(), 'busy');
    await rejectsWith(both.server.send('x'), 'busy');
    for (const message of ['two', 'three']) await both.client.send(message);
    await promise;
    assert.deepEqual(heard, ['one', 'two', 'three']);
  });

  test('hears the close once and last, and `closed` of the channel settles', async () => {
    await using both = await open();
    const heard: string[] = [];
    both.server.attach({
      onMessage: (message) => void heard.push(`message ${message}`),
      onPeerClose: (code, reason) => void heard.push(`peer ${code} ${reason}`),
      onClose: ({ code, wasClean }, error) => void heard.push(`close ${code} ${wasClean} ${error}`),
    });
    await both.client.send('x');
    await both.client.close({ code: 3000, reason: 'r' });
    assert.equal(await both.server.closed, undefined);
    assert.deepEqual(heard, ['message x', 'peer 3000 r', 'close 3000 true undefined']);
  });

  test('a receiver that throws closes its socket with 1011', async () => {
    await using both = await open();
    const fault = new Error('a fault in the receiver');
    both.server.attach({
      onMessage() {
        throw fault;
      },
      onClose() {},
    });
    await both.client.send('x');
    assert.equal(await both.client.receive(), null);
    assert.equal(both.client.closeInfo?.code, 1011);
    assert.equal(((await both.server.closed) as Error).cause, fault);
  });

  test('pauses within a message, and goes on', async () => {
    await using both = await open();
    const heard: unknown[] = [];
    const wire = both.server.attach({
      onMessage(message) {
        heard.push(message);
        wire.pause();
      },
      onClose() {},
    });
    for (const message of ['a', 'b', 'c']) await both.client.send(message);
    for (let count = 1; count <= 3; count++) {
      while (heard.length < count) await turns(1);
      await turns(5);
      assert.equal(heard.length, count);
      wire.resume();
    }
  });

  test('a broadcast reaches many, in order, also beside what is their own', async () => {
    await using listener = await ws.messages.listen('ws://127.0.0.1:0');
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => ws.messages.connect(listener.address)),
    );
    const wires = await Promise.all(
      clients.map(async () => (await listener.receive())!.attach({ onMessage() {}, onClose() {} })),
    );
    const prepared = ['one', 'two', 'three'].map((text) => prepareMessage(text));
    for (const [index, wire] of wires.entries()) {
      for (const message of prepared) assert.ok(wire.push(message));
      wire.push(`own ${index % 2}`);
    }
    for (const client of clients) {
      for (const text of ['one', 'two', 'three']) assert.equal(await client.receive(), text);
      assert.match((await client.receive()) as string, /^own [01]$/);
    }
    await Promise.all(clients.map((client) => client.close()));
  });

  test('who pushes without waiting is cut off at the limit', async () => {
    await using both = await open();
    const wire = both.server.attach({ onMessage() {}, onClose() {} });
    const chunk = new Uint8Array(4 * 1024 * 1024);
    for (let count = 0; count < 40 && wire.canSend; count++) wire.push(chunk);
    assert.equal(wire.canSend, false);
    assert.equal(((await both.server.closed) as { code?: string }).code, 'limit');
  });
});

describe('beneath', limit, () => {
  test('a message of 16 MiB in small pieces', async () => {
    await using both = await open();
    const message = new Uint8Array(16 * 1024 * 1024).fill(1);
    const sending = both.client.send(message);
    const got = await both.server.receive();
    assert.equal(got?.length, message.length);
    await sending;
    await both.client.send(new Uint8Array(16 * 1024 * 1024 + 1));
    assert.equal(await both.client.receive(), null);
    assert.equal(both.client.closeInfo?.code, 1009);
    assert.equal(((await both.server.closed) as { code?: string }).code, 'limit');
  });

  test('a stream of bytes reads messages of any size, and text', async () => {
    await using listener = await ws.listen('ws://127.0.0.1:0');
    const client = await ws.messages.connect(listener.address);
    const server = (await listener.receive())!;
    await client.send('text ');
    const sending = client.send(new Uint8Array(17 * 1024 * 1024).fill(0x61));
    const closing = client.close();
    let length = 0;
    for await (const chunk of server) length += chunk.length;
    assert.equal(length, 5 + 17 * 1024 * 1024);
    await sending;
    await server.close();
    await closing;
  });

  test('a stream that its peer closes because of trouble has no end', async () => {
    await using listener = await ws.listen('ws://127.0.0.1:0');
    const client = await ws.messages.connect(listener.address);
    const server = (await listener.receive())!;
    await client.send('x');
    await client.close({ code: 1011, reason: 'out of memory' });
    assert.equal((await server.read())?.length, 1);
    const error = await rejectsWith(server.read(), 'broken');
    assert.match(error.message, /1011 out of memory/);
  });

  test('what comes with the handshake is not lost', async () => {
    await using listener = await ws.messages.listen('ws://127.0.0.1:0');
    const raw = await connect(String(listener.address).replace('ws:', 'tcp:'));
    const head =
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    await raw.write(Buffer.concat([Buffer.from(head), Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])]));
    const server = (await listener.receive())!;
    assert.equal(await server.receive(), 'hi');
    raw.abort();
    await server.closed;
  });

  test('and neither is what a server says with its answer', async () => {
    await using listener = await tcp.listen('tcp://127.0.0.1:0');
    const connecting = ws.messages.connect(String(listener.address).replace('tcp:', 'ws:'));
    const raw = (await listener.receive())!;
    const request = Buffer.from((await raw.read())!).toString();
    const { acceptOf } = await import('../../protocol/websocket/index.ts');
    const { sha1 } = await import('./sha1.ts');
    const accept = acceptOf(/sec-websocket-key: (\S+)/i.exec(request)![1]!, sha1);
    const answer = `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    await raw.write(Buffer.concat([Buffer.from(answer), Buffer.from([0x81, 2, 0x68, 0x69])]));
    const client = await connecting;
    assert.equal(await client.receive(), 'hi');
    raw.abort();
    await client.closed;
  });
});
