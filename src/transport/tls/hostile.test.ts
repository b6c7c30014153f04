import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import { listenerTrouble } from '../../core/diagnostics.ts';
import type { NetError } from '../../core/error.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { rejectsWith, turns } from '../../testing/transport/subject.ts';
import { HANDSHAKE_TIMEOUT, type TlsListener } from './options.ts';
import { testAuthority } from './test-certificates.ts';
import { DRIVERS, stage, tls } from './test-drivers.ts';

const limited = { timeout: 20_000 };
const authority = await testAuthority();
const { ca } = authority;
const local = await authority.issue({ names: ['localhost', '127.0.0.1'] });

const portOf = (listener: TlsListener): number =>
  listener.address.kind === 'inet' ? listener.address.port : assert.fail();

/** What the listener says of the next connection that it has no use for. */
function trouble(listener: TlsListener): Promise<NetError> {
  return new Promise((resolve) => {
    const onTrouble = (event: unknown): void => {
      const { listener: of, error } = event as { listener: unknown; error: NetError };
      if (of !== listener) return;
      listenerTrouble.unsubscribe(onTrouble);
      resolve(error);
    };
    listenerTrouble.subscribe(onTrouble);
  });
}

async function plain(port: number): Promise<Socket> {
  const socket = connectPlain({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

/** Its types leave it out. */
const HALF_OPEN: object = { allowHalfOpen: true };

/** A server that is none. */
async function server(onSocket: (socket: Socket) => void): Promise<Server & AsyncDisposable> {
  const listening = createServer(onSocket).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

for (const driver of DRIVERS)
  describe(`tls and peers who mean harm, ${driver}`, () => {
    const connect = (port: number, options: object = {}) =>
      tls.connect(`tls://127.0.0.1:${port}`, { driver, tls: { ca, ...options } });

    test('a client that speaks HTTP is told so, and so are we', limited, async () => {
      await using s = await stage(driver, local);
      const told = trouble(s.listener);
      const socket = await plain(portOf(s.listener));
      socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.match(await textOf(socket), /^HTTP\/1.1 400 Bad Request\r\n.*\r\n\r\nThis port speaks TLS/s);
      const error = await told;
      assert.equal(error.code, 'protocol');
      assert.equal(error.fault, 'remote');
      assert.match(error.message, /tls:\/\/127.0.0.1:\d+ failed: the peer speaks HTTP, not TLS/);
    });

    test('a server that speaks HTTP is recognised', limited, async () => {
      await using http = await server((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      });
      const { port } = http.address() as AddressInfo;
      const error = await rejectsWith(connect(port), 'protocol');
      assert.match(error.message, /the peer speaks HTTP, not TLS; use http:\/\//);
    });

    test('garbage fails the handshake and nothing else', limited, async () => {
      await using s = await stage(driver, local);
      for (const garbage of [
        '\0\0\0\0',
        '\x16\x03\x01\x00\x05hello',
        '\x16\x03\x01\xff\xff',
        'hello\n',
        '\x80\x2e\x01\x03\x01',
      ]) {
        const told = trouble(s.listener);
        const socket = await plain(portOf(s.listener));
        socket.end(Buffer.from(garbage, 'latin1'));
        assert.ok(['protocol', 'broken', 'refused'].includes((await told).code), JSON.stringify(garbage));
        socket.destroy();
      }
      await s.open({ ca });
    });

    test('a hello that comes byte by byte is a hello', limited, async () => {
      await using s = await stage(driver, local);
      const slow = await server((from) => {
        const to = connectPlain({ port: portOf(s.listener), host: '127.0.0.1' }).setNoDelay(true);
        from.on('error', () => {});
        to.on('error', () => {});
        from.on('data', (chunk: Buffer) => {
          for (const byte of chunk) to.write(Buffer.of(byte));
        });
        to.on('data', (chunk: Buffer) => {
          for (const byte of chunk) from.write(Buffer.of(byte));
        });
        from.on('close', () => to.destroy());
      });
      await using _ = slow;
      const [near, far] = await Promise.all([
        connect((slow.address() as AddressInfo).port),
        s.listener.receive(),
      ]);
      await near.write(Uint8Array.from({ length: 500 }, (_value, index) => index));
      let length = 0;
      while (length < 500) length += (await far!.read())!.length;
      near.abort();
      far!.abort();
    });

    test('a peer that closes without close_notify may have cut something off', limited, async () => {
      await using s = await stage(driver, local);
      const raw = connectPlain({ port: portOf(s.listener), host: '127.0.0.1' });
      const socket = connectTls({ socket: raw, ca, servername: 'localhost' });
      socket.on('error', () => {});
      const [far] = await Promise.all([s.listener.receive(), once(socket, 'secureConnect')]);
      socket.write('half a sentence');
      assert.equal(Buffer.from((await far!.read())!).toString(), 'half a sentence');
      raw.end();
      const error = await rejectsWith(far!.read(), 'broken');
      assert.match(error.message, /closed without the close_notify of TLS/);
      assert.equal(await far!.closed, error);
      socket.destroy();
    });

    test('close does not mind a peer that only closes in return', limited, async () => {
      await using s = await stage(driver, local);
      const raw = await plain(portOf(s.listener));
      const socket = connectTls({ socket: raw, ca, servername: 'localhost', ...HALF_OPEN });
      const [far] = await Promise.all([s.listener.receive(), once(socket, 'secureConnect')]);
      socket.on('end', () => raw.end()).resume();
      await far!.close();
      assert.equal(await far!.closed, undefined);
      socket.destroy();
    });

    test('who stalls is let go at the deadline, on either side', limited, async () => {
      const clock = fakeClock();
      const listener = await tls.listen('tls://127.0.0.1:0', { driver, clock, tls: local });
      const told = trouble(listener);
      const socket = await plain(portOf(listener));
      socket.write(Buffer.from([22, 3, 1]));
      while (clock.pending === 0) await turns(1);
      clock.advance(HANDSHAKE_TIMEOUT);
      const error = await told;
      assert.equal(error.code, 'timeout');
      assert.match(error.message, /did not finish it within 10000 ms/);
      socket.destroy();
      await listener.close();

      await using silent = await server((peer) => void peer.on('error', () => {}).resume());
      const { port } = silent.address() as AddressInfo;
      await assert.rejects(connect(port, { handshakeTimeout: 50 }), { code: 'timeout' });
    });

    test('a handshake can be given up', limited, async () => {
      const sockets: Socket[] = [];
      await using silent = await server((peer) => void sockets.push(peer.on('error', () => {})));
      const { port } = silent.address() as AddressInfo;
      const stop = new AbortController();
      const connecting = tls.connect(`tls://127.0.0.1:${port}`, { driver, signal: stop.signal, tls: { ca } });
      while (sockets.length === 0) await turns(1);
      await once(sockets[0]!, 'data');
      const reason = new Error('enough');
      stop.abort(reason);
      await assert.rejects(connecting, (error) => error === reason);
    });

    test(
      'a thousand that begin and never finish keep no one more out than the limit says',
      limited,
      async () => {
        const max = 50;
        await using s = await stage(driver, { ...local, maxHandshakes: max });
        const idle = await Promise.all(Array.from({ length: max }, () => plain(portOf(s.listener))));
        const late = s.open({ ca });
        let isOpen = false;
        late.then(
          () => {
            isOpen = true;
          },
          () => {},
        );
        await turns(20);
        assert.equal(isOpen, false, 'every place is taken');
        idle[0]!.destroy();
        await late;
        for (const socket of idle) socket.destroy();
      },
    );

    test('a record that is changed on its way ends the connection', limited, async () => {
      await using s = await stage(driver, local);
      const spoiler = await server((from) => {
        const to = connectPlain({ port: portOf(s.listener), host: '127.0.0.1' });
        for (const socket of [from, to]) socket.on('error', () => {});
        to.pipe(from);
        from.on('data', (chunk: Buffer) => {
          if (chunk.length > 1000 && chunk[0] === 23) chunk[500]! ^= 1;
          to.write(chunk);
        });
        from.on('close', () => to.destroy());
      });
      await using _ = spoiler;
      const [near, far] = await Promise.all([
        connect((spoiler.address() as AddressInfo).port),
        s.listener.receive(),
      ]);
      await near.write(new Uint8Array(2000));
      const error = await rejectsWith(far!.read(), 'protocol');
      assert.match(error.message, /a record was changed on its way/);
      await rejectsWith(near.read(), 'protocol', 'broken', 'refused');
      near.abort();
    });

    test('renegotiation is refused', limited, async () => {
      await using s = await stage(driver, { ...local, maxVersion: 'TLSv1.2' });
      const socket = connectTls({ port: portOf(s.listener), host: '127.0.0.1', ca, servername: 'localhost' });
      const failed = Promise.withResolvers<Error>();
      socket.on('error', (error) => failed.resolve(error));
      const [far] = await Promise.all([s.listener.receive(), once(socket, 'secureConnect')]);
      socket.renegotiate({}, (error) => error && failed.resolve(error));
      assert.match((await failed.promise).message, /renegotiation|handshake/i);
      socket.destroy();
      far!.abort();
    });

    test('a client that goes away in the middle is told as trouble', limited, async () => {
      await using s = await stage(driver, local);
      const told = trouble(s.listener);
      const socket = await plain(portOf(s.listener));
      socket.resetAndDestroy();
      assert.equal((await told).code, 'broken');
    });

    test('node:tls on both sides of ours', limited, async () => {
      await using s = await stage(driver, local);
      const socket = connectTls({ port: portOf(s.listener), host: '127.0.0.1', ca, servername: 'localhost' });
      const [far] = await Promise.all([s.listener.receive(), once(socket, 'secureConnect')]);
      socket.end('question');
      assert.equal(Buffer.from((await far!.read())!).toString(), 'question');
      assert.equal(await far!.read(), null);
      await far!.write(Buffer.from('answer'));
      await far!.close();
      assert.equal(await textOf(socket), 'answer');

      const context = createSecureContext({ cert: local.cert, key: local.key });
      await using node = await server((plainSocket) => {
        const secured = new TLSSocket(plainSocket, { isServer: true, secureContext: context });
        secured.on('error', () => {}).pipe(secured);
      });
      const near = await connect((node.address() as AddressInfo).port);
      await near.write(Buffer.from('there and back'));
      await near.end();
      assert.equal(Buffer.from((await near.read())!).toString(), 'there and back');
      assert.equal(await near.read(), null);
      await near.close();
    });
  });
