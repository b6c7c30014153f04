import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetError } from '../core/error.ts';
import * as k from './index.ts';
import {
  bytesOf,
  Descriptors,
  fails,
  linkLocal,
  nameOf,
  noIpv6,
  noKernel,
  noLinkLocal,
  ok,
  ready,
  recvText,
} from './test-fixture.ts';

type Value = boolean | number | string;
type Kind = 'stream' | 'datagram';

const FLAG = [true, false];

/** Values to set, each read back as it is; the kernel doubles buffer sizes (socket(7)). */
const CASES: Readonly<
  Record<k.SocketOptionName, { on: Kind; values: readonly Value[]; read?: readonly Value[] }>
> = {
  reuseAddress: { on: 'stream', values: FLAG },
  reusePort: { on: 'stream', values: FLAG },
  keepAlive: { on: 'stream', values: FLAG },
  keepAliveIdle: { on: 'stream', values: [1, 77, 32767] },
  keepAliveInterval: { on: 'stream', values: [1, 33, 32767] },
  keepAliveCount: { on: 'stream', values: [1, 5, 127] },
  noDelay: { on: 'stream', values: FLAG },
  cork: { on: 'stream', values: FLAG },
  quickAck: { on: 'stream', values: [false, true] },
  linger: { on: 'stream', values: [5, 0, 65535, false] },
  userTimeout: { on: 'stream', values: [30_000, 0] },
  fastOpen: { on: 'stream', values: [5, 0] },
  fastOpenConnect: { on: 'stream', values: FLAG },
  receiveBuffer: { on: 'datagram', values: [40_000, 80_000], read: [80_000, 160_000] },
  sendBuffer: { on: 'stream', values: [40_000, 80_000], read: [80_000, 160_000] },
  backlog: { on: 'stream', values: [] },
  ttl: { on: 'datagram', values: [1, 64, 255] },
  tos: { on: 'datagram', values: [0x10, 0xb8, 0] },
  multicastTtl: { on: 'datagram', values: [0, 5, 255] },
  multicastLoop: { on: 'datagram', values: [false, true] },
  multicastInterface: { on: 'datagram', values: ['lo'] },
  broadcast: { on: 'datagram', values: FLAG },
  ipv6Only: { on: 'stream', values: FLAG },
  oobInline: { on: 'stream', values: FLAG },
  mptcp: { on: 'stream', values: [] },
  busyPoll: { on: 'datagram', values: [0] },
};

function open(fds: Descriptors, family: 'ipv4' | 'ipv6', kind: Kind): number {
  const type = kind === 'stream' ? k.SOCK_STREAM : k.SOCK_DGRAM;
  return fds.socket(family === 'ipv4' ? k.AF_INET : k.AF_INET6, type);
}

function throwsCode(call: () => unknown, code: string, words: RegExp): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof NetError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  });
}

for (const family of ['ipv4', 'ipv6'] as const) {
  for (const name of k.SOCKET_OPTION_NAMES) {
    const { on, values, read = values } = CASES[name];
    if (k.SOCKET_OPTIONS[name].places[family].length === 0) continue;
    // A set interface cannot be read back for IPv4; the multicast test shows its effect.
    if (name === 'multicastInterface' && family === 'ipv4') continue;
    test(`${name} is set and read back (${family})`, { skip: family === 'ipv6' ? noIpv6 : noKernel }, () => {
      using fds = new Descriptors();
      const fd = open(fds, family, on);
      values.forEach((value, index) => {
        k.setSocketOptions(fd, family, { [name]: value });
        assert.equal(k.getSocketOption(fd, family, name), read[index]);
      });
    });
  }
}

test('options of any socket are options of a Unix socket', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = fds.socket(k.AF_UNIX, k.SOCK_STREAM);
  k.setSocketOptions(fd, 'unix', { sendBuffer: 50_000, linger: 3, backlog: 5 });
  assert.equal(k.getSocketOption(fd, 'unix', 'sendBuffer'), 100_000);
  assert.equal(k.getSocketOption(fd, 'unix', 'linger'), 3);
});

test('several options are set at once, and undefined is left alone', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = open(fds, 'ipv4', 'stream');
  k.setSocketOptions(fd, 'ipv4', {
    noDelay: true,
    keepAlive: true,
    keepAliveIdle: 30,
    cork: undefined,
    backlog: 9,
  });
  assert.equal(k.getSocketOption(fd, 'ipv4', 'noDelay'), true);
  assert.equal(k.getSocketOption(fd, 'ipv4', 'keepAlive'), true);
  assert.equal(k.getSocketOption(fd, 'ipv4', 'keepAliveIdle'), 30);
  assert.equal(k.getSocketOption(fd, 'ipv4', 'cork'), false);
});

test('a dual-stack socket takes ttl and tos for IPv4 as well', { skip: noIpv6 }, () => {
  using fds = new Descriptors();
  const fd = open(fds, 'ipv6', 'stream');
  k.setSocketOptions(fd, 'ipv6', { ttl: 9, tos: 0x20 });
  assert.equal(k.getsockoptInt(fd, k.IPPROTO_IP, k.IP_TTL), 9);
  assert.equal(k.getsockoptInt(fd, k.IPPROTO_IP, k.IP_TOS), 0x20);
});

test('an option that cannot be set is named', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = open(fds, 'ipv4', 'stream');
  throwsCode(
    () => k.setSocketOptions(fd, 'unix', { noDelay: true }),
    'unsupported',
    /noDelay does not apply to unix/,
  );
  throwsCode(
    () => k.setSocketOptions(fd, 'ipv4', { ipv6Only: true }),
    'unsupported',
    /ipv6Only does not apply to ipv4/,
  );
  throwsCode(() => k.setSocketOptions(fd, 'ipv4', { ttl: 256 }), 'limit', /ttl is 256; .* 1 to 255 hops/);
  throwsCode(
    () => k.setSocketOptions(fd, 'ipv4', { keepAliveIdle: Number.NaN }),
    'limit',
    /keepAliveIdle is NaN/,
  );
  throwsCode(() => k.setSocketOptions(fd, 'ipv4', { backlog: -1 }), 'limit', /backlog is -1/);
  throwsCode(
    () => k.setSocketOptions(fd, 'ipv4', { noDelay: 1 as never }),
    'unsupported',
    /noDelay takes a flag, not 1/,
  );
  throwsCode(() => k.setSocketOptions(fd, 'ipv4', { multicastInterface: 'nope' }), 'refused', /"nope"/);
  throwsCode(
    () => k.setSocketOptions(-1, 'ipv4', { cork: true }),
    'closed',
    /option cork=true on descriptor -1/,
  );
  throwsCode(() => k.getSocketOption(-1, 'ipv4', 'linger'), 'closed', /read option linger of descriptor -1/);
  throwsCode(() => k.getSocketOption(fd, 'ipv4', 'backlog'), 'unsupported', /backlog/);
  throwsCode(() => k.getSocketOption(fd, 'ipv4', 'multicastInterface'), 'unsupported', /set but not read/);
  const datagram = open(fds, 'ipv4', 'datagram');
  throwsCode(
    () => k.setSocketOptions(datagram, 'ipv4', { noDelay: true }),
    'unsupported',
    /noDelay=true.*not supported/,
  );
});

test('raw options pass any bytes', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = open(fds, 'ipv4', 'stream');
  ok(k.setsockopt(fd, k.SOL_SOCKET, k.SO_LINGER, Uint8Array.from([1, 0, 0, 0, 9, 0, 0, 0])));
  assert.equal(k.getSocketOption(fd, 'ipv4', 'linger'), 9);
  assert.equal(k.getsockopt(fd, k.SOL_SOCKET, k.SO_LINGER, 100), 8);
  fails(k.getsockopt(fd, k.SOL_SOCKET, 9999, 4), 'ENOPROTOOPT');
  fails(k.setsockoptInt(fd, k.SOL_SOCKET, 9999, 1), 'ENOPROTOOPT');
  fails(k.getsockoptInt(-1, k.SOL_SOCKET, k.SO_TYPE), 'EBADF');
  fails(k.setLinger(-1, 0), 'EBADF');
});

test('two sockets share an address with reusePort', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [first, second] = [open(fds, 'ipv4', 'stream'), open(fds, 'ipv4', 'stream')];
  for (const fd of [first, second]) k.setSocketOptions(fd, 'ipv4', { reusePort: true });
  ok(k.bind(first, k.Sockaddr.from({ family: 'ipv4', host: '127.0.0.1', port: 0 })));
  ok(k.bind(second, nameOf(first)));
  for (const fd of [first, second]) ok(k.listen(fd, 8));
});

test('a Multipath TCP socket carries bytes', { skip: noKernel }, (t) => {
  using fds = new Descriptors();
  const protocol = k.streamProtocol({ mptcp: true });
  const listener = k.socket(k.AF_INET, k.SOCK_STREAM, protocol, true);
  if (listener < 0) return t.skip(`this kernel has no Multipath TCP (${k.errnoName(listener)})`);
  fds.own(listener);
  ok(k.bind(listener, k.Sockaddr.from({ family: 'ipv4', host: '127.0.0.1', port: 0 })));
  ok(k.listen(listener, 1));
  const client = fds.socket(k.AF_INET, k.SOCK_STREAM, protocol);
  assert.equal(k.getSocketOption(client, 'ipv4', 'mptcp'), true);
  ok(k.connect(client, nameOf(listener)));
  const server = fds.own(k.accept4(listener, null, true));
  ok(k.send(client, bytesOf('over one path')));
  assert.equal(recvText(server), 'over one path');
  assert.equal(k.getSocketOption(open(fds, 'ipv4', 'stream'), 'ipv4', 'mptcp'), false);
  assert.equal(k.streamProtocol({}), 0);
});

test('broadcasting needs its option', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = open(fds, 'ipv4', 'datagram');
  const everybody = k.Sockaddr.from({ family: 'ipv4', host: '127.255.255.255', port: 9 });
  fails(k.sendto(fd, bytesOf('x'), everybody), 'EACCES');
  k.setSocketOptions(fd, 'ipv4', { broadcast: true });
  assert.equal(k.sendto(fd, bytesOf('x'), everybody), 1);
});

test('a member of a group receives what is sent to it (IPv4)', { skip: noKernel }, () => {
  exchangeInGroup('ipv4', '239.255.77.77', 'lo');
});

// Loopback may have no route for groups of IPv6. Scope 1 and 0 hops keep the datagram in this machine all the same.
test('a member of a group receives what is sent to it (IPv6)', { skip: noLinkLocal }, () => {
  exchangeInGroup('ipv6', 'ff01::7777', linkLocal()!.name);
});

test('a group is an address on an interface', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const fd = open(fds, 'ipv4', 'datagram');
  throwsCode(() => k.joinGroup(fd, 'all-hosts'), 'unsupported', /"all-hosts" is not an IPv4 or IPv6 address/);
  throwsCode(() => k.joinGroup(fd, '239.1.1.1', 'nope'), 'refused', /"nope"/);
  fails(k.joinGroup(fd, '10.0.0.1', 'lo'), 'EINVAL');
});

function exchangeInGroup(family: 'ipv4' | 'ipv6', group: string, on: string): void {
  using fds = new Descriptors();
  const member = open(fds, family, 'datagram');
  ok(k.bind(member, k.Sockaddr.from({ family, host: family === 'ipv4' ? '0.0.0.0' : '::', port: 0 })));
  ok(k.joinGroup(member, group, on));
  fails(k.joinGroup(member, group, on), 'EADDRINUSE');
  const sender = open(fds, family, 'datagram');
  k.setSocketOptions(sender, family, { multicastInterface: on, multicastTtl: 0, multicastLoop: true });
  const to = k.Sockaddr.from({ family, host: group, port: nameOf(member).port });
  assert.equal(k.sendto(sender, bytesOf('to the group'), to), 12);
  ready(member, k.POLLIN);
  assert.equal(recvText(member), 'to the group');
  ok(k.leaveGroup(member, group, on));
  fails(k.leaveGroup(member, group, on), 'EADDRNOTAVAIL');
}
