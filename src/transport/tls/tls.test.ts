import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DAY } from './authority/index.ts';
import { isTls } from './options.ts';
import { makeAuthority, testAuthority } from './test-certificates.ts';
import { DRIVERS, stage, tls } from './test-drivers.ts';

const limited = { timeout: 20_000 };
const authority = await testAuthority();
const { ca } = authority;
const local = await authority.issue({ names: ['localhost', '127.0.0.1'] });
const wild = await authority.issue({ names: ['*.wild.test'] });
const exact = await authority.issue({ names: ['exact.wild.test'] });
const client = await authority.issue({ names: [], client: true, commonName: 'somebody' });

for (const driver of DRIVERS)
  describe(`tls, ${driver}`, () => {
    test('both ends tell what was agreed on', limited, async () => {
      await using s = await stage(driver, { ...local, alpn: ['h2', 'http/1.1'] });
      const [near, far] = await s.open({ ca, serverName: 'localhost', alpn: ['http/1.1', 'h2'] });
      assert.ok(isTls(near));
      for (const { tls: details } of [near, far]) {
        assert.equal(details.protocol, 'TLSv1.3');
        assert.match(details.cipher, /^TLS_/);
        assert.equal(details.alpn, 'h2', "the server's order");
        assert.equal(details.serverName, 'localhost');
        assert.equal(details.resumed, false);
      }
      assert.equal(near.tls.authorized, true);
      assert.equal(near.tls.authorizationError, undefined);
      assert.equal(near.tls.peerCertificate?.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
      assert.equal(far.tls.authorized, false);
      assert.equal(far.tls.peerCertificate, undefined);
      assert.equal(near.remote.scheme, 'tls');
      assert.equal(String(near.local), String(far.remote));
    });

    test('the name chooses the certificate: exact, wildcard, default', limited, async () => {
      await using s = await stage(driver, { ...local, identities: [wild, exact] });
      const shown = async (serverName: string): Promise<string | undefined> => {
        const [near, far] = await s.open({ ca, serverName, insecure: true });
        assert.equal(far.tls.serverName, serverName.toLowerCase());
        return near.tls.peerCertificate?.subjectAltName;
      };
      assert.equal(await shown('exact.wild.test'), 'DNS:exact.wild.test');
      assert.equal(await shown('Other.Wild.test'), 'DNS:*.wild.test');
      assert.equal(await shown('nobody.test'), 'DNS:localhost, IP Address:127.0.0.1');
    });

    test('without a protocol in common both hear of it', limited, async () => {
      await using s = await stage(driver, { ...local, alpn: ['h2'] });
      const error = await s.refused({ ca, alpn: ['http/1.1', 'x'] });
      assert.equal(error.code, 'refused');
      assert.match(error.message, /application protocols \(ALPN\); ours are http\/1.1, x/);
      const [near] = await s.open({ ca });
      assert.equal(near.tls.alpn, undefined, 'who asks for none gets none');
    });

    test('a session goes on with the next connection, unless it is switched off', limited, async () => {
      await using s = await stage(driver, local);
      const talk = async (options: object): Promise<boolean> => {
        const [near, far] = await s.open({ ca, ...options });
        await far.write(Uint8Array.of(1));
        assert.equal((await near.read())?.[0], 1);
        await Promise.all([near.close(), far.close()]);
        assert.equal(near.tls.resumed, far.tls.resumed);
        return near.tls.resumed;
      };
      assert.equal(await talk({}), false);
      assert.equal(await talk({}), true);
      assert.equal(await talk({ serverName: 'localhost' }), false, 'another name');
      assert.equal(await talk({ maxVersion: 'TLSv1.2' }), false, 'other options');
      assert.equal(await talk({ maxVersion: 'TLSv1.2' }), true);
      assert.equal(await talk({ resumption: false }), false);
      assert.equal(await talk({ resumption: false }), false);
    });

    test('a client shows who it is', limited, async () => {
      await using s = await stage(driver, { ...local, ca, clientCertificate: 'require' });
      const [near, far] = await s.open({ ca, ...client });
      assert.equal(far.tls.authorized, true);
      assert.equal(far.tls.peerCertificate?.subject, 'CN=somebody');
      await near.write(Uint8Array.of(7));
      assert.equal((await far.read())?.[0], 7);
    });

    test(
      'a client without a certificate, or with one of nobody knows whom, is refused',
      limited,
      async () => {
        const stranger = await (await makeAuthority()).issue({ names: [], client: true, commonName: 'x' });
        await using s = await stage(driver, { ...local, ca, clientCertificate: 'require' });
        for (const [options, words] of [
          [{}, /certificate/],
          // Node looks at it afterwards, and has no alert for that.
          [stranger, driver === 'kernel' ? /does not trust the authority/ : /closed without/],
        ] as const) {
          // Under TLS 1.3 a client has finished before the server looks at its certificate.
          const connection = await tls
            .connect(s.listener.address, { driver, tls: { ca, ...options } })
            .catch((error: Error) => error);
          const error =
            connection instanceof Error ? connection : await connection.read().catch((reason) => reason);
          assert.match(error.message, words);
        }
      },
    );

    test('what is only requested may be missing or wrong', limited, async () => {
      const stranger = await (await makeAuthority()).issue({ names: [], client: true, commonName: 'x' });
      await using s = await stage(driver, { ...local, ca, clientCertificate: 'request' });
      const [, none] = await s.open({ ca });
      assert.equal(none.tls.authorized, false);
      assert.equal(none.tls.peerCertificate, undefined);
      const [, wrong] = await s.open({ ca, ...stranger });
      assert.equal(wrong.tls.authorized, false);
      assert.equal(wrong.tls.peerCertificate?.subject, 'CN=x');
      assert.ok(wrong.tls.authorizationError !== undefined);
      const [, right] = await s.open({ ca, ...client });
      assert.equal(right.tls.authorized, true);
      assert.equal(right.tls.authorizationError, undefined);
    });

    test('versions: 1.3 where both can, 1.2 where one cannot, and no less', limited, async () => {
      await using s = await stage(driver, local);
      assert.equal((await s.open({ ca, maxVersion: 'TLSv1.2' }))[0].tls.protocol, 'TLSv1.2');
      assert.equal((await s.open({ ca }))[0].tls.protocol, 'TLSv1.3');
      await using only13 = await stage(driver, { ...local, minVersion: 'TLSv1.3' });
      const error = await only13.refused({ ca, maxVersion: 'TLSv1.2' });
      assert.match(error.message, /none of our versions of TLS; TLS 1.2 is the oldest/);
      await assert.rejects(s.open({ minVersion: 'TLSv1.1' as 'TLSv1.2' }), /"TLSv1.1" is not a version/);
    });

    test('without a cipher in common both hear of it', limited, async () => {
      await using s = await stage(driver, {
        ...local,
        ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256',
        maxVersion: 'TLSv1.2',
      });
      const error = await s.refused({ ca, ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' });
      assert.match(error.message, /the peer has nothing in common with us: no cipher/);
      await assert.rejects(s.open({ ca, ciphers: 'NOSUCH' }), { code: 'protocol', fault: 'local' });
    });

    test('of a certificate that is refused, it is said why and what to do', limited, async () => {
      const refusal = async (cert: object, options: object): Promise<string> => {
        await using s = await stage(driver, cert);
        const error = await s.refused({ ca, ...options });
        assert.equal(error.code, 'refused');
        assert.ok(error.message.startsWith(`The TLS handshake with tls://127.0.0.1:`), error.message);
        return error.message.replace(/^.*? failed: /, '');
      };
      const old = await authority.issue({ names: ['127.0.0.1'], days: 1 }, -3 * DAY);
      const future = await authority.issue({ names: ['127.0.0.1'] }, 3 * DAY);
      assert.match(await refusal(old, {}), /^the server's certificate expired on .*; it must be renewed/);
      assert.match(
        await refusal(future, {}),
        /is not valid yet: its time begins on .*; is the clock right\?/,
      );
      assert.equal(
        await refusal(local, { serverName: 'other.test' }),
        "the server's certificate is not for other.test; it is for localhost, 127.0.0.1",
      );
      assert.match(
        await refusal(wild, {}),
        /is not for 127.0.0.1; it is for \*.wild.test/,
        'an address, which needs an entry of its own',
      );
      const strangers = await makeAuthority();
      assert.match(
        await refusal(local, { ca: strangers.ca }),
        /comes from an authority that is not trusted.*with the option ca \(--cacert FILE, \?ca=FILE\) or NODE_EXTRA_CA_CERTS/,
      );
    });

    test('insecure goes on, and says what was wrong', limited, async () => {
      await using s = await stage(driver, local);
      const [near] = await s.open({ insecure: true, serverName: 'other.test' });
      assert.equal(near.tls.authorized, false);
      assert.ok(near.tls.authorizationError !== undefined);
    });

    test(
      'a certificate that is exchanged is used from the next handshake on, and a bad one is not',
      limited,
      async () => {
        const file = authority.file(`reload-${driver}.pem`, local.key + local.cert);
        await using s = await stage(driver, { cert: file });
        const shown = async () => {
          const pair = await s.open({ ca, insecure: true, resumption: false });
          return [pair[0].tls.peerCertificate?.subjectAltName, pair] as const;
        };
        const [first, [near, far]] = await shown();
        authority.file(`reload-${driver}.pem`, exact.key + exact.cert);
        await s.listener.reload();
        assert.equal(first, 'DNS:localhost, IP Address:127.0.0.1');
        assert.equal((await shown())[0], 'DNS:exact.wild.test');
        authority.file(`reload-${driver}.pem`, 'nonsense');
        await assert.rejects(s.listener.reload(), (error: Error) => error.message.includes(file));
        assert.equal((await shown())[0], 'DNS:exact.wild.test');
        await near.write(Uint8Array.of(1));
        assert.equal((await far.read())?.[0], 1, 'old connections go on');
      },
    );

    test('the keys are written for whoever asked, readable by the owner only', limited, async () => {
      const keyLog = join(authority.directory, `keys-${driver}.log`);
      await using s = await stage(driver, local);
      await s.open({ ca, keyLog });
      assert.match(readFileSync(keyLog, 'latin1'), /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
      if (process.platform !== 'win32') assert.equal(statSync(keyLog).mode & 0o77, 0);
    });

    test(
      'a server without a certificate, or with options that are wrong, does not listen',
      limited,
      async () => {
        const listen = (options: object) => tls.listen('tls://127.0.0.1:0', { driver, tls: options });
        await assert.rejects(listen({}), /A server over TLS needs a certificate and its key/);
        await assert.rejects(
          listen({ ...local, alpn: [''] }),
          /"" is not the name of an application protocol/,
        );
        await assert.rejects(
          listen({ ...local, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }),
          /No version/,
        );
        await assert.rejects(listen({ cert: local.cert, key: wild.key }), /does not belong/);
        await assert.rejects(tls.listen('tls://127.0.0.1:0/path', { driver, tls: local }), /takes no path/);
        await assert.rejects(tls.connect('tcp://127.0.0.1:1', { driver }), /not an address of tls/);
      },
    );
  });
