/** Compression between two endpoints (Autobahn sections 12 and 13): what was agreed on, and what it does to messages of all sizes. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import {
  type DeflateParameters,
  prepareMessage,
  WebSocketEndpoint,
  type WebSocketEvent,
} from '../../protocol/websocket/index.ts';
import { deflationOf, type ZlibOptions } from './zlib.ts';

function pair(
  agreed: DeflateParameters,
  options: ZlibOptions = { from: 0 },
): [WebSocketEndpoint, WebSocketEndpoint] {
  return (['client', 'server'] as const).map(
    (role) => new WebSocketEndpoint({ role, deflation: deflationOf(agreed, role, options) }, 0),
  ) as [WebSocketEndpoint, WebSocketEndpoint];
}

function parameters(takesOver: boolean, bits: number): DeflateParameters {
  return {
    serverNoContextTakeover: !takesOver,
    clientNoContextTakeover: !takesOver,
    serverWindowBits: bits,
    clientWindowBits: bits,
  };
}

/** Carries what one has to say to the other; returns the bytes that it took. */
function carry(from: WebSocketEndpoint, to: WebSocketEndpoint): { events: WebSocketEvent[]; length: number } {
  const events: WebSocketEvent[] = [];
  let length = 0;
  for (let piece = from.take(); piece !== null; piece = from.take()) {
    length += piece.length;
    to.receive(new Uint8Array(piece), 0);
    for (let event = to.next(); event !== null; event = to.next()) events.push(event);
  }
  return { events, length };
}

const WORDS = 'the quick brown fox jumps over the lazy dog '.repeat(4000);
const SIZES = [0, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072];

describe('12, 13: messages arrive as they were, whatever was agreed on', () => {
  for (const takesOver of [true, false])
    for (const bits of [8, 9, 12, 15])
      test(`${takesOver ? 'with' : 'without'} context takeover, ${bits} bits`, () => {
        const [client, server] = pair(parameters(takesOver, bits));
        const noise = randomBytes(131072);
        for (let round = 0; round < 3; round++)
          for (const size of SIZES)
            for (const [from, to] of [
              [client, server],
              [server, client],
            ] as const)
              for (const data of [
                WORDS.slice(round, size + round),
                new Uint8Array(noise.subarray(0, size)),
              ]) {
                from.send(data);
                const { events } = carry(from, to);
                const [event] = events;
                assert.ok(event?.type === 'message');
                assert.ok(Buffer.from(event.data as string).equals(Buffer.from(data as string)));
              }
      });
});

test('with context takeover a message may refer to those before it', () => {
  const message = `${randomBytes(300).toString('hex')}`;
  const lengths = (takesOver: boolean): number[] => {
    const [client, server] = pair(parameters(takesOver, 15));
    return [0, 1].map(() => {
      client.send(message);
      return carry(client, server).length;
    });
  };
  const [first, again] = lengths(true) as [number, number];
  assert.ok(again < first / 4, `${first}, then ${again} bytes`);
  const [alone, alike] = lengths(false) as [number, number];
  assert.equal(alike, alone);
});

test('short messages are sent as they are', () => {
  const [client, server] = pair(parameters(true, 15), {});
  client.send('a'.repeat(1023));
  assert.equal(carry(client, server).length, 1023 + 8);
  client.send('a'.repeat(1024));
  assert.ok(carry(client, server).length < 100);
});

test('a prepared message is compressed once for all who forget', () => {
  const [, one] = pair(parameters(false, 15));
  const [client, two] = pair(parameters(false, 15));
  const prepared = prepareMessage(WORDS);
  one.send(prepared);
  two.send(prepared);
  const piece = one.take();
  assert.equal(two.take(), piece);
  client.receive(new Uint8Array(piece!), 0);
  assert.deepEqual(client.next(), { type: 'message', data: WORDS });
  // Who remembers compresses by itself.
  const [other, three] = pair(parameters(true, 15));
  three.send(prepared);
  three.send(prepared);
  assert.deepEqual(carry(three, other).events, Array(2).fill({ type: 'message', data: WORDS }));
});

test('a bomb is refused at the limit, and was not inflated beyond it', () => {
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { finishFlush: 2 });
  const { inflater } = deflationOf(parameters(true, 15), 'server');
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(inflater.inflate(bomb, 1024 * 1024), null);
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024);
});

test('what is no DEFLATE ends the socket with 1007', () => {
  const [client, server] = pair(parameters(false, 15));
  client.receive(Uint8Array.of(0xc1, 3, 0xff, 0xff, 0xff), 0);
  assert.throws(() => client.next(), { closeCode: 1007 });
  carry(client, server);
  assert.equal(server.closeInfo.code, 1007);
});

test('a last block in the middle is no end (RFC 7692 section 7.2.3.4)', () => {
  const [client] = pair(parameters(false, 15));
  client.receive(Uint8Array.of(0xc1, 8, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0), 0);
  assert.deepEqual(client.next(), { type: 'message', data: 'Hello' });
});
