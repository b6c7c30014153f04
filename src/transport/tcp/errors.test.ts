import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { describe, test } from 'node:test';
import { parseAddress } from '../../core/address.ts';
import {
  getsockoptInt,
  IPPROTO_TCP,
  kernelAvailable,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../kernel/index.ts';
import { bytes, readExactly, rejectsWith } from '../../testing/transport/subject.ts';
import { listenError } from '../listen-error.ts';
import { tcp } from './index.ts';

const limited = { timeout: 20_000 };
const onLinux = { ...limited, skip: process.platform !== 'linux' && 'reads /proc' };

test('a privileged port says which capability is missing', () => {
  const error = listenError('EACCES', parseAddress('tcp://127.0.0.1:80'));
  assert.equal(error.code, 'permission');
  assert.equal(
    error.message,
    'Cannot listen on tcp://127.0.0.1:80: permission denied; ports below 1024 need CAP_NET_BIND_SERVICE',
  );
  assert.doesNotMatch(listenError('EACCES', parseAddress('tcp://127.0.0.1:8080')).message, /CAP_NET/);
});

for (const driver of ['node', 'kernel'] as const) {
  if (driver === 'kernel' && !kernelAvailable()) continue;
  describe(`tcp on ${driver}`, () => {
    test('a port that is taken names the process that holds it', onLinux, async () => {
      const holder = await holdPort();
      const { port } = holder.address() as { port: number };
      const error = await rejectsWith(tcp.listen(`tcp://127.0.0.1:${port}`, { driver }), 'refused');
      assert.equal(
        error.message,
        `Cannot listen on tcp://127.0.0.1:${port}: address already in use by this process (pid ${process.pid}); stop the program that holds it or choose another port`,
      );
      holder.close();
    });

    test('an address of another machine cannot be listened on', limited, async () => {
      const error = await rejectsWith(tcp.listen('tcp://192.0.2.1:7000', { driver }), 'refused');
      assert.match(
        error.message,
        /^Cannot listen on tcp:\/\/192\.0\.2\.1:7000: no interface of this machine/,
      );
    });

    test('names are resolved, and both families tried', limited, async () => {
      await using listener = await tcp.listen('tcp://127.0.0.1:0', { driver });
      assert.ok(listener.address.kind === 'inet');
      const client = await tcp.connect(`tcp://localhost:${listener.address.port}`, { driver });
      const server = (await listener.receive())!;
      await client.write(bytes('hi'));
      assert.equal(String(await readExactly(server, 2)), 'hi');
      await Promise.all([client.close(), server.close()]);
    });

    test('a name that does not exist is an error that names it', limited, async () => {
      const error = await tcp.connect('tcp://no-such-host.invalid:1', { driver }).catch((reason) => reason);
      assert.ok(error.message.startsWith('Cannot connect to tcp://no-such-host.invalid:1: '), error.message);
    });

    test('an IPv6 listener on every address shows IPv4 peers as IPv4', limited, async (context) => {
      const listener = await tcp.listen('tcp://[::]:0', { driver }).catch(() => undefined);
      if (listener === undefined) return context.skip('no IPv6 here');
      assert.ok(listener.address.kind === 'inet');
      const client = await tcp.connect(`tcp://127.0.0.1:${listener.address.port}`, { driver });
      const server = (await listener.receive())!;
      assert.equal(String(server.remote), String(client.local));
      assert.equal(String(server.local), String(client.remote));
      await Promise.all([client.close(), server.close(), listener.close()]);
    });

    test('ipv6only keeps IPv4 out', limited, async (context) => {
      const listener = await tcp.listen('tcp://[::]:0?ipv6only', { driver }).catch(() => undefined);
      if (listener === undefined) return context.skip('no IPv6 here');
      assert.ok(listener.address.kind === 'inet');
      await rejectsWith(tcp.connect(`tcp://127.0.0.1:${listener.address.port}`, { driver }), 'refused');
      await listener.close();
    });

    test('reuseport lets two listeners share a port', limited, async () => {
      await using first = await tcp.listen('tcp://127.0.0.1:0?reuseport', { driver });
      await using second = await tcp.listen(first.address, { driver });
      assert.equal(String(first.address), String(second.address));
    });

    test('an unknown option, and one that does not apply, are errors', limited, async () => {
      const error = await rejectsWith(tcp.listen('tcp://127.0.0.1:0?nosuch', { driver }), 'unsupported');
      assert.match(error.message, /^Bad address "tcp:\/\/127\.0\.0\.1:0\?nosuch"/);
      const other = await rejectsWith(
        tcp.listen('tcp://127.0.0.1:0?multicastttl=1&multicastinterface=nosuch', { driver }),
        'unsupported',
        'refused',
      );
      assert.ok(other.message.length > 0);
    });
  });
}

test("options reach both ends: accepted sockets inherit the listener's", {
  ...limited,
  skip: !kernelAvailable() && 'needs Linux',
}, async () => {
  await using listener = await tcp.listen('tcp://127.0.0.1:0?keepalive=30', { driver: 'kernel' });
  const client = await tcp.connect(`${String(listener.address).split('?')[0]}?nodelay=off`, {
    driver: 'kernel',
  });
  const server = (await listener.receive())!;
  const receiver = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} };
  const far = server.attach(receiver).fd!;
  const near = client.attach(receiver).fd!;
  assert.equal(getsockoptInt(far, IPPROTO_TCP, TCP_NODELAY), 1);
  assert.equal(getsockoptInt(far, SOL_SOCKET, SO_KEEPALIVE), 1);
  assert.equal(getsockoptInt(near, IPPROTO_TCP, TCP_NODELAY), 0);
  client.abort();
  server.abort();
  await Promise.all([client.closed, server.closed]);
});

function holdPort(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
