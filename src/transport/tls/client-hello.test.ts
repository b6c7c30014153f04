import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { NetError } from '../../core/error.ts';
import { type ClientHello, HelloReader, MAX_CLIENT_HELLO } from './client-hello.ts';

/** What node:tls says first. */
async function helloOf(options: object): Promise<Uint8Array> {
  const stream = new PassThrough();
  const written = Promise.withResolvers<Buffer>();
  stream.write = ((chunk: Buffer) => {
    written.resolve(chunk);
    return true;
  }) as never;
  const socket = connect({ socket: stream, ...options });
  socket.on('error', () => {});
  const bytes = await written.promise;
  socket.destroy();
  return new Uint8Array(bytes);
}

const HELLO = await helloOf({ servername: 'Example.NET', ALPNProtocols: ['h2', 'http/1.1'] });

function readIn(parts: readonly Uint8Array[]): ClientHello | null {
  const reader = new HelloReader();
  let hello: ClientHello | null = null;
  for (const part of parts) hello ??= reader.receive(part);
  return hello;
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

test('the name and the protocols are read, whatever the chunks', () => {
  for (const size of [1, 2, 3, 5, 7, 64, HELLO.length]) {
    const hello = readIn(cut(HELLO, size))!;
    assert.equal(hello.serverName, 'example.net');
    assert.deepEqual(hello.alpn, ['h2', 'http/1.1']);
    assert.deepEqual(hello.bytes, HELLO);
  }
});

test('a message in several records is put together', () => {
  const body = HELLO.subarray(5);
  const records = cut(body, 50).map((part) => Uint8Array.of(22, 3, 1, 0, part.length, ...part));
  assert.equal(readIn(records)!.serverName, 'example.net');
  assert.equal(readIn([Buffer.concat(records)])!.serverName, 'example.net');
});

test('a client that names nothing has no name', async () => {
  const hello = readIn([await helloOf({ host: '127.0.0.1' })])!;
  assert.equal(hello.serverName, undefined);
  assert.deepEqual(hello.alpn, []);
});

test('every beginning that is too short waits', () => {
  for (let length = 0; length < HELLO.length; length++)
    assert.equal(new HelloReader().receive(HELLO.subarray(0, length)), null, `${length} bytes`);
});

test('a peer that speaks something else is recognised, byte by byte', () => {
  const says = (text: string): string => {
    const reader = new HelloReader();
    const bytes = new TextEncoder().encode(text);
    try {
      for (const part of cut(bytes, 1)) assert.equal(reader.receive(part), null);
    } catch (error) {
      assert.ok(error instanceof NetError);
      assert.equal(error.code, 'protocol');
      return error.message;
    }
    return '';
  };
  assert.match(says('GET / HTTP/1.1\r\n'), /^the peer speaks HTTP, not TLS/);
  assert.match(says('SSH-2.0-OpenSSH_9.2\r\n'), /speaks SSH/);
  assert.match(says('hello\n'), /it began with "hello\\n"/);
  assert.match(says('0123456789abcdef'), /it began with "0123456789abcdef"/);
});

test('a message without an end stops at the limit', () => {
  const reader = new HelloReader();
  const record = new Uint8Array(5 + 16384);
  record.set([22, 3, 1, 0x40, 0]);
  const first = record.slice();
  first.set([1, 0xff, 0xff, 0xff], 5);
  assert.throws(
    () => {
      for (let bytes = 0; bytes <= 2 * MAX_CLIENT_HELLO; bytes += record.length)
        assert.equal(reader.receive(bytes === 0 ? first : record), null);
    },
    { code: 'limit' },
  );
});

test('whatever comes, it is read, awaited or refused with a NetError', () => {
  const damaged = fc.tuple(fc.nat(HELLO.length - 1), fc.nat(255)).map(([at, byte]) => {
    const copy = HELLO.slice();
    copy[at] = byte;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), damaged), (bytes) => {
      try {
        readIn([bytes]);
      } catch (error) {
        assert.ok(error instanceof NetError, String(error));
      }
    }),
  );
});
