import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  OpensslEngine,
  opensslAvailable,
  READ_ENDED,
  READ_FAILED,
  READ_WANTS,
} from '../../kernel/openssl.ts';
import { openssl } from '../../kernel/openssl-library.ts';
import { LocalAuthority } from './authority/index.ts';
import { pump, room, shakeHands, testContexts } from './test-engines.ts';

const directory = mkdtempSync(join(tmpdir(), 'modnet-openssl-'));
after(() => rmSync(directory, { recursive: true }));
const authority = await LocalAuthority.open(directory);
const issued = await authority.issue({ names: ['localhost'] });
const pem = { ca: authority.cert, cert: issued.cert, key: issued.key };

describe('OpenSSL as TLS without I/O', { skip: !opensslAvailable() && 'cannot be called here' }, () => {
  test('two engines agree, talk and end', () => {
    const lines: string[] = [];
    const contexts = testContexts(pem, lines);
    const { client, server } = shakeHands(contexts.client, contexts.server);
    assert.equal(client.handshake(), true);
    assert.equal(server.handshake(), true);
    assert.deepEqual([client.alpn, server.alpn], ['http/1.1', 'http/1.1']);
    assert.match(client.cipher, /^TLS_AES/);
    assert.equal(client.verifyError, 0);
    assert.ok(client.peerCertificate !== undefined);
    assert.equal(server.peerCertificate, undefined);
    assert.ok(lines.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 ')));

    assert.ok(client.write(Buffer.from('hello')));
    pump(client, server);
    assert.equal(server.read(room.address, room.bytes.length), 5);
    assert.equal(Buffer.from(room.bytes.subarray(0, 5)).toString(), 'hello');
    assert.equal(server.read(room.address, room.bytes.length), READ_WANTS);
    client.shutdown();
    pump(client, server);
    assert.equal(server.read(room.address, room.bytes.length), READ_ENDED);
    assert.ok(server.write(Buffer.from('still')));
    pump(server, client);
    assert.equal(client.read(room.address, room.bytes.length), 5, 'the other half goes on');
    client.free();
    server.free();
  });

  test('a session goes on', () => {
    const contexts = testContexts(pem);
    const first = shakeHands(contexts.client, contexts.server);
    assert.equal(first.client.read(room.address, room.bytes.length), READ_WANTS, 'which takes the tickets');
    const session = first.client.session();
    assert.ok(session !== undefined);
    first.client.free();
    first.server.free();
    const options = { serverName: 'localhost', checksName: true, session };
    const second = shakeHands(contexts.client, contexts.server, options);
    assert.equal(second.client.isResumed, true);
    assert.equal(second.server.isResumed, true);
    second.client.free();
    second.server.free();
    const third = shakeHands(contexts.client, contexts.server, {
      ...options,
      session: Buffer.from('nonsense'),
    });
    assert.equal(third.client.isResumed, false);
    third.client.free();
    third.server.free();
  });

  test('a failure says why, and leaves nothing behind for others', () => {
    const contexts = testContexts(pem);
    const { client, server } = shakeHands(contexts.client, contexts.server, {
      serverName: 'other.test',
      checksName: true,
    });
    assert.equal(openssl().ERR_peek_error(), 0);
    assert.equal(client.handshake(), null);
    assert.equal(client.failure().reason, 'UNKNOWN', 'it was told once, in the handshake');
    assert.equal(client.verifyError, 62);
    assert.match(client.verifyText, /hostname mismatch/i);
    assert.ok(client.peerCertificate !== undefined, 'also of a certificate that was refused');
    client.free();
    server.free();
  });

  test('an error that somebody else left is not taken for ours', () => {
    const contexts = testContexts(pem);
    const { client, server } = shakeHands(contexts.client, contexts.server);
    leaveError();
    assert.equal(client.read(room.address, room.bytes.length), READ_WANTS);
    leaveError();
    assert.equal(server.read(room.address, room.bytes.length), READ_WANTS);
    server.give(Buffer.from('\x17\x03\x03\x00\x20not what it should be at all....', 'latin1'));
    assert.equal(server.read(room.address, room.bytes.length), READ_FAILED);
    assert.equal(server.failure().reason, 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC');
    client.free();
    server.free();
  });

  test('what is freed does nothing', () => {
    const engine = new OpensslEngine(testContexts(pem).server);
    engine.free();
    engine.free();
    engine.give(Buffer.from('x'));
    engine.shutdown();
    assert.equal(engine.isFreed, true);
    assert.equal(engine.handshake(), null);
    assert.equal(engine.read(room.address, room.bytes.length), READ_FAILED);
    assert.equal(engine.write(Buffer.from('x')), false);
    assert.equal(engine.take(room.address, room.bytes.length), 0);
    assert.equal(engine.session(), undefined);
    assert.equal(engine.peerCertificate, undefined);
    assert.equal(engine.alpn, undefined);
  });

  test('a context that nobody holds stays for its connections', () => {
    const { client, server } = (() => {
      const contexts = testContexts(pem);
      return shakeHands(contexts.client, contexts.server);
    })();
    globalThis.gc?.();
    assert.ok(server.write(Buffer.from('here')));
    pump(server, client);
    assert.equal(client.read(room.address, room.bytes.length), 4);
    client.free();
    server.free();
  });

  test('a thread may be terminated in the middle of what OpenSSL calls back', {
    timeout: 30_000,
  }, async () => {
    for (let time = 0; time < 8; time++) {
      const worker = new Worker(new URL('./openssl-engine.test.child.ts', import.meta.url), {
        workerData: pem,
      });
      await once(worker, 'message');
      assert.equal(await worker.terminate(), 1);
    }
  });
});

/** As a library does that is less tidy. */
function leaveError(): void {
  openssl().d2i_X509(0, 0, 0);
  const before = openssl().ERR_peek_error();
  assert.notEqual(before, 0);
}
