import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeClock } from '../../testing/fake-clock.ts';
import { bytes, readExactly, rejectsWith } from '../../testing/transport/subject.ts';
import { memory } from '../index.ts';
import { RELOAD_CHECK } from './credentials.ts';
import { adoptAsServer, secure } from './secure.ts';
import { serverSide } from './sides.ts';
import { testAuthority } from './test-certificates.ts';
import { DRIVERS, tls } from './test-drivers.ts';

const limited = { timeout: 20_000 };
const authority = await testAuthority();
const { ca } = authority;
const local = await authority.issue({ names: ['localhost'] });
const other = await authority.issue({ names: ['other.test'] });

async function pair() {
  const listener = await memory.listen('memory:');
  const near = await memory.connect(listener.address);
  const far = (await listener.receive())!;
  await listener.close();
  return [near, far] as const;
}

for (const driver of DRIVERS)
  describe(`secure, ${driver}`, () => {
    test('a connection that spoke plaintext goes on over TLS (STARTTLS)', limited, async () => {
      const [near, far] = await pair();
      await near.write(bytes('STARTTLS\n'));
      assert.equal(String(await readExactly(far, 9)), 'STARTTLS\n');
      await far.write(bytes('go\n'));
      assert.equal(String(await readExactly(near, 3)), 'go\n');
      const [client, server] = await Promise.all([
        secure(near, { role: 'client', driver, ca, serverName: 'localhost' }),
        secure(far, { role: 'server', driver, ...local }),
      ]);
      await client.write(bytes('in secret'));
      assert.equal(String(await readExactly(server, 9)), 'in secret');
      assert.equal(client.tls.authorized, true);
      await Promise.all([client.close(), server.close()]);
    });

    test('what was read ahead is given back first', limited, async () => {
      const [near, far] = await pair();
      const chunks: Uint8Array[] = [];
      far.attach({ onData: (chunk) => void chunks.push(chunk), onEnd() {}, onDrain() {}, onClose() {} });
      const securing = secure(near, { role: 'client', driver, ca, serverName: 'localhost' });
      while (chunks.length === 0) await new Promise((resolve) => setImmediate(resolve));
      far.detach(new Uint8Array(Buffer.concat(chunks)));
      const [client, server] = await Promise.all([
        securing,
        secure(far, { role: 'server', driver, ...local }),
      ]);
      await server.write(bytes('hello'));
      assert.equal(String(await readExactly(client, 5)), 'hello');
      client.abort();
      server.abort();
    });

    test('a connection that is in use is busy, and one that fails is gone', limited, async () => {
      const [near, far] = await pair();
      const reading = near.read();
      await rejectsWith(secure(near, { role: 'client', driver, ca }), 'busy');
      await far.write(bytes('nonsense that is no TLS at all'));
      await reading;
      await far.write(bytes('nonsense that is no TLS at all'));
      const error = await rejectsWith(secure(near, { role: 'client', driver, ca }), 'protocol');
      assert.match(error.message, /does not speak TLS; it began with "nonsense that is"/);
      far.abort();
    });

    test('an adopted connection can be used before its handshake is over', limited, async () => {
      const clock = fakeClock();
      const [near, far] = await pair();
      const side = serverSide({ tls: local, driver, clock, onTrouble: assert.fail });
      const server = adoptAsServer(far, side, { tls: local, clock });
      assert.throws(() => server.tls, { code: 'busy' });
      await server.write(bytes('early'));
      const client = await secure(near, { role: 'client', driver, ca, serverName: 'localhost' });
      await server.secured;
      assert.equal(server.tls.protocol, 'TLSv1.3');
      assert.equal(String(await readExactly(client, 5)), 'early');
      await client.write(bytes('answer'));
      assert.equal(String(await readExactly(server, 6)), 'answer');
      await Promise.all([client.close(), server.close()]);
    });

    test('one adopted connection too many is refused', limited, async () => {
      const clock = fakeClock();
      const settings = { tls: { ...local, maxHandshakes: 1 }, clock };
      const side = serverSide({ tls: settings.tls, driver, clock, onTrouble: assert.fail });
      const [, first] = await pair();
      const [, second] = await pair();
      const held = adoptAsServer(first, side, settings);
      const refused = adoptAsServer(second, side, settings);
      const error = await rejectsWith(refused.read(), 'limit');
      assert.match(error.message, /was refused: 1 others are under way/);
      held.abort();
      await held.closed;
      await refused.closed;
    });

    test(
      'certificates that change are noticed with a later handshake; bad ones are told once',
      limited,
      async () => {
        const clock = fakeClock();
        const file = `watched-${driver}.pem`;
        const path = authority.file(file, local.key + local.cert);
        const troubles: Error[] = [];
        const options = { cert: path };
        const onTrouble = (error: Error): void => void troubles.push(error);
        const side = serverSide({ tls: options, driver, clock, onTrouble });
        const shown = async (): Promise<string | undefined> => {
          const [near, far] = await pair();
          const server = adoptAsServer(far, side, { tls: options, clock });
          const client = await secure(near, { role: 'client', driver, insecure: true, resumption: false });
          const name = client.tls.peerCertificate?.subjectAltName;
          client.abort();
          server.abort();
          return name;
        };
        assert.equal(await shown(), 'DNS:localhost');
        authority.file(file, other.key + other.cert);
        assert.equal(await shown(), 'DNS:localhost', 'it is not looked at with every handshake');
        clock.advance(RELOAD_CHECK);
        assert.equal(await shown(), 'DNS:other.test');
        authority.file(file, 'nonsense');
        for (let time = 0; time < 3; time++) {
          clock.advance(RELOAD_CHECK);
          assert.equal(await shown(), 'DNS:other.test');
        }
        assert.equal(troubles.length, 1);
        assert.ok(troubles[0]!.message.includes(path), troubles[0]!.message);
      },
    );
  });

test('the descriptors of tls are for whoever does not read them', {
  skip: tls.descriptors === undefined,
}, () => {
  assert.equal(tls.descriptors?.isLayered, true);
});
