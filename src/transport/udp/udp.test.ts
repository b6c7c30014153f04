import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { inetAddress } from '../../core/address.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import { datagramConformance } from '../../testing/datagram-conformance.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { abortedDataTests } from '../../testing/transport/aborting.ts';
import { bytes, readExactly, rejectsWith, turns } from '../../testing/transport/subject.ts';
import { MAX_PAYLOAD_IPV4, MAX_PAYLOAD_IPV6, udp, udpSessions } from './index.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);
const hosts = hasIpv6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'];
const limited = { timeout: 20_000 };

for (const driver of ['node', 'kernel'] as const) {
  if (driver === 'kernel' && !kernelAvailable()) continue;
  for (const host of hosts) {
    datagramConformance(`udp on ${driver}, ${host}`, () => ({
      bind: (options) => udp.bind(`udp://${host}:0`, { driver, ...options }),
      connect: (address, options) => udp.connect(address, { driver, ...options }),
      maxPayload: host === '127.0.0.1' ? MAX_PAYLOAD_IPV4 : MAX_PAYLOAD_IPV6,
    }));
  }

  describe(`sessions over udp on ${driver}`, () => {
    abortedDataTests({
      async open(options = {}) {
        const listener = await udpSessions.listen('udp://127.0.0.1:0', { driver, ...options });
        const client = await udpSessions.connect(listener.address, { driver, ...options });
        // The first datagram opens it.
        await client.write(bytes('hello'));
        const server = (await listener.receive())!;
        await readExactly(server, 5);
        await listener.close();
        return [client, server];
      },
    });
  });

  describe(`udp on ${driver}`, () => {
    test('an IPv6 socket on every address takes IPv4 too, and answers it', {
      ...limited,
      skip: !hasIpv6,
    }, async () => {
      await using server = await udp.bind('udp://[::]:0', { driver });
      assert.ok(server.local.kind === 'inet');
      await using client = await udp.connect(inetAddress('udp', '127.0.0.1', server.local.port), { driver });
      await client.send({ data: bytes('v4') });
      const datagram = (await server.receive())!;
      assert.equal(String(datagram.remote), String(client.local));
      // As an address of one's own making, not the object that came with the datagram.
      assert.ok(client.local.kind === 'inet');
      await server.send({ data: bytes('back'), remote: inetAddress('udp', '127.0.0.1', client.local.port) });
      assert.equal((await client.receive())?.data.length, 4);
    });

    test('a receiver that aborts the socket is handed nothing more of what waited', limited, async () => {
      const server = await udp.bind('udp://127.0.0.1:0', { driver });
      await using client = await udp.connect(server.local, { driver });
      for (const word of ['one', 'two', 'three']) await client.send({ data: bytes(word) });
      assert.equal(String(Buffer.from((await server.receive())!.data)), 'one');
      await turns(20);
      const heard: string[] = [];
      server.attach({
        onDatagram(data) {
          heard.push(String(Buffer.from(data)));
          server.abort();
        },
        onError: (error) => heard.push(error.message),
        onClose: () => heard.push('close'),
      });
      await server.closed;
      assert.deepEqual(heard, ['two', 'close']);
    });

    test('multicast reaches the members of the group until they leave', limited, async () => {
      await using member = await udp.bind('udp://0.0.0.0:0?reuseaddress', { driver });
      await using sender = await udp.bind(
        'udp://127.0.0.1:0?multicastinterface=lo&multicastttl=0&multicastloop',
        {
          driver,
        },
      );
      assert.ok(member.local.kind === 'inet');
      const group = inetAddress('udp', '239.255.77.7', member.local.port);
      member.join('239.255.77.7', 'lo');
      await sender.send({ data: bytes('to the group'), remote: group });
      assert.equal((await member.receive())?.data.length, 12);
      member.leave('239.255.77.7', 'lo');
      assert.throws(() => member.leave('239.255.77.7', 'lo'), { code: 'refused' });
    });

    test('broadcast needs its option', limited, async () => {
      await using plain = await udp.connect('udp://127.0.0.1:9', { driver });
      assert.equal(plain.remote?.toString(), 'udp://127.0.0.1:9');
      await rejectsWith(udp.connect('udp://127.255.255.255:9', { driver }), 'permission');
      await using allowed = await udp.bind('udp://127.0.0.1:0?broadcast', { driver });
      await allowed.send({ data: bytes('x'), remote: inetAddress('udp', '127.255.255.255', 9) });
      await turns(5);
      assert.equal(allowed.dropped.unsent, 0);
    });

    test('what the system had no room for is counted, also after the close', {
      ...limited,
      skip: driver === 'node' && 'Node does not tell',
    }, async () => {
      const server = await udp.bind('udp://127.0.0.1:0', { driver, socket: { receiveBuffer: 4096 } });
      await using client = await udp.connect(`${server.local}`, { driver });
      // Both are served by this thread, so nothing is received before all of it has been sent.
      for (let count = 0; count < 50; count++) void client.send({ data: new Uint8Array(1000) });
      await turns(20);
      const lost = server.dropped.overflow;
      assert.ok(lost > 0, `${lost} lost`);
      await server.close();
      assert.equal(server.dropped.overflow, lost);
    });

    test('a port that is taken names its holder', limited, async () => {
      await using holder = await udp.bind('udp://127.0.0.1:0', { driver });
      const error = await rejectsWith(udp.bind(holder.local, { driver }), 'refused');
      if (process.platform === 'linux')
        assert.match(error.message, /already in use by this process \(pid \d+\)/);
    });

    test('an option that the system lacks, or nobody knows, is an error', limited, async () => {
      await rejectsWith(udp.bind('udp://127.0.0.1:0?nosuch', { driver }), 'unsupported');
      await rejectsWith(udp.bind('udp://127.0.0.1:0?nodelay', { driver }), 'unsupported');
    });
  });

  describe(`udp sessions on ${driver}`, () => {
    test('each peer is a connection, and each datagram one read', limited, async () => {
      await using listener = await udpSessions.listen('udp://127.0.0.1:0', { driver });
      await using one = await udpSessions.connect(listener.address, { driver });
      await using two = await udpSessions.connect(listener.address, { driver });
      await one.write(bytes('one'));
      await one.write(bytes('more'));
      const first = (await listener.receive())!;
      await two.write(bytes('two'));
      const second = (await listener.receive())!;
      assert.equal(String(await readExactly(first, 1)), 'one');
      assert.equal(String(await readExactly(first, 1)), 'more');
      assert.equal(String(await readExactly(second, 1)), 'two');
      await second.write(bytes('answer'));
      assert.equal((await two.read())?.length, 6);
      await Promise.all([first.close(), second.close()]);
    });

    test('boundaries are kept also when much is read ahead', limited, async () => {
      await using listener = await udpSessions.listen('udp://127.0.0.1:0', { driver });
      await using client = await udpSessions.connect(listener.address, { driver });
      for (let index = 0; index < 100; index++) await client.write(bytes(String(index)));
      const session = (await listener.receive())!;
      await turns(20);
      for (let index = 0; index < 100; index++) {
        assert.equal(String(await readExactly(session, 1)), String(index));
      }
      await session.close();
    });

    test('an idle session ends, and one that is used does not', limited, async () => {
      const clock = fakeClock();
      await using listener = await udpSessions.listen('udp://127.0.0.1:0', { driver, clock });
      await using client = await udpSessions.connect(listener.address, { driver });
      await client.write(bytes('x'));
      const session = (await listener.receive())!;
      await session.read();
      clock.advance(59_000);
      await session.write(bytes('y'));
      clock.advance(59_000);
      assert.equal(await Promise.race([session.closed.then(() => 'closed'), turns(3)]), undefined);
      clock.advance(1_000);
      assert.equal(await session.read(), null);
      assert.equal(await session.closed, undefined);
    });

    test('beyond the limit a new peer is dropped and counted as trouble', limited, async () => {
      await using listener = await udpSessions.listen('udp://127.0.0.1:0', {
        driver,
        maxSessions: 1,
      } as object);
      await using one = await udpSessions.connect(listener.address, { driver });
      await using two = await udpSessions.connect(listener.address, { driver });
      await one.write(bytes('one'));
      const session = (await listener.receive())!;
      await two.write(bytes('two'));
      await one.write(bytes('again'));
      await session.read();
      await session.read();
      await session.close();
      await two.write(bytes('two'));
      const next = (await listener.receive())!;
      assert.equal(String(next.remote), String(two.local));
      await next.close();
    });

    test('a refusal breaks the connection', limited, async () => {
      const listener = await udpSessions.listen('udp://127.0.0.1:0', { driver });
      await listener.close();
      const client = await udpSessions.connect(listener.address, { driver });
      await client.write(bytes('anybody?'));
      await rejectsWith(client.read(), 'refused');
    });
  });
}
