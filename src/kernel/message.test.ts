import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NetError } from '../core/error.ts';
import * as k from './index.ts';
import {
  bytesOf,
  Descriptors,
  fails,
  nameOf,
  noIpv6,
  noKernel,
  ok,
  ready,
  recvText,
  textOf,
} from './test-fixture.ts';

function vectorOf(...parts: Uint8Array[]): k.IoVector {
  const vector = new k.IoVector(parts.length);
  for (const part of parts) vector.add(part);
  return vector;
}

function addressOf(fd: number): Uint8Array {
  return nameOf(fd).copy();
}

test('a message is scattered into parts, with the sender', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd: a } = fds.bound(k.SOCK_DGRAM);
  const { fd: b, address } = fds.bound(k.SOCK_DGRAM);
  assert.equal(k.sendto(a, bytesOf('abcdef'), address), 6);
  const [head, tail] = [new Uint8Array(2), new Uint8Array(10)];
  const name = new k.Sockaddr();
  const message = new k.Message({ vector: vectorOf(head, tail), name });
  assert.equal(k.recvmsg(b, message), 6);
  assert.deepEqual([textOf(head), textOf(tail.subarray(0, 4))], ['ab', 'cdef']);
  assert.deepEqual(name.decode(), nameOf(a).decode());
  assert.equal(message.flags, 0);

  // The answer, gathered from parts, goes to the address that was received; the message is used again.
  assert.equal(k.sendmsg(b, new k.Message({ vector: vectorOf(bytesOf('re'), bytesOf('ply')), name })), 5);
  assert.equal(recvText(a), 'reply');
  ok(k.sendto(a, new Uint8Array(20), address));
  assert.equal(k.recvmsg(b, message), 12);
  assert.equal(message.flags, k.MSG_TRUNC);
});

test('a datagram that is too large is refused', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd, address } = fds.bound(k.SOCK_DGRAM);
  fails(k.sendto(fd, new Uint8Array(65508), address), 'EMSGSIZE');
  assert.equal(k.sendto(fd, new Uint8Array(65507), address), 65507);
});

test('a connected socket hears that nobody listens', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd: gone, address } = fds.bound(k.SOCK_DGRAM);
  fds.close(gone);
  const fd = fds.socket(k.AF_INET, k.SOCK_DGRAM);
  ok(k.connect(fd, address));
  ok(k.send(fd, bytesOf('anybody?')));
  assert.ok(ready(fd, k.POLLIN) & k.POLLERR);
  fails(k.recv(fd, new Uint8Array(1)), 'ECONNREFUSED');
});

test('an unnamed Unix sender has no address', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const [a, b] = fds.pair(k.SOCK_DGRAM);
  ok(k.send(a, bytesOf('x')));
  const name = stale('10.1.2.3');
  assert.equal(k.recvmsg(b, new k.Message({ vector: vectorOf(new Uint8Array(1)), name })), 1);
  assert.deepEqual(name.decode(), { family: 'unix', path: '', abstract: false });
});

test('many datagrams come in one call', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd: receiver, address } = fds.bound(k.SOCK_DGRAM);
  const senders = [fds.bound(k.SOCK_DGRAM), fds.bound(k.SOCK_DGRAM)];
  const texts = ['first', '', 'third, which is longer', '4', 'five'];
  texts.forEach((text, index) => {
    ok(k.sendto(senders[index % 2]!.fd, bytesOf(text), address));
  });
  const batch = new k.ReceiveBatch(4, 64);
  assert.equal(k.recvmmsg(receiver, batch), 4);
  assert.equal(batch.count, 4);
  for (let index = 0; index < 4; index++) {
    const from = senders[index % 2]!.address;
    assert.equal(textOf(batch.data(index)), texts[index]);
    assert.equal(batch.length(index), texts[index]!.length);
    assert.equal(batch.isTruncated(index), false);
    assert.equal(batch.port(index), from.port);
    assert.deepEqual(batch.decode(index), from.decode());
    assert.deepEqual(batch.name(index), from.copy());
  }
  assert.equal(k.recvmmsg(receiver, batch, k.MSG_DONTWAIT), 1, 'the rest');
  assert.equal(textOf(batch.data(0)), 'five');
  fails(k.recvmmsg(receiver, batch, k.MSG_DONTWAIT), 'EAGAIN');
  assert.equal(batch.count, 0);
});

test('a datagram that is cut off says so', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd, address } = fds.bound(k.SOCK_DGRAM);
  const batch = new k.ReceiveBatch(4, 8);
  for (const flags of [0, k.MSG_TRUNC]) {
    for (const size of [8, 20, 3]) ok(k.sendto(fd, new Uint8Array(size).fill(size), address));
    assert.equal(k.recvmmsg(fd, batch, k.MSG_DONTWAIT | flags), 3);
    const seen = [0, 1, 2].map((index) => [batch.data(index).length, batch.isTruncated(index)]);
    assert.deepEqual(seen, [
      [8, false],
      [8, true],
      [3, false],
    ]);
    assert.equal(batch.length(1), flags === 0 ? 8 : 20);
    assert.equal(batch.data(1)[7], 20);
    assert.equal(batch.data(2)[0], 3, 'the next has its own room');
  }
});

test('a batch is used again for longer addresses', { skip: noIpv6 }, () => {
  using fds = new Descriptors();
  const batch = new k.ReceiveBatch(2, 64);
  const v4 = fds.bound(k.SOCK_DGRAM);
  ok(k.sendto(v4.fd, bytesOf('4'), v4.address));
  assert.equal(k.recvmmsg(v4.fd, batch, k.MSG_DONTWAIT), 1);
  assert.deepEqual(batch.decode(0), v4.address.decode());
  const v6 = fds.bound(k.SOCK_DGRAM, 'ipv6');
  ok(k.sendto(v6.fd, bytesOf('6'), v6.address));
  assert.equal(k.recvmmsg(v6.fd, batch, k.MSG_DONTWAIT), 1);
  assert.deepEqual(batch.decode(0), v6.address.decode());
});

test('many datagrams leave in one call, to several peers', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd } = fds.bound(k.SOCK_DGRAM);
  const peers = [fds.bound(k.SOCK_DGRAM).fd, fds.bound(k.SOCK_DGRAM).fd];
  const memory = new k.Memory(64);
  memory.bytes.set(bytesOf('native'));
  const batch = new k.SendBatch(4);
  assert.equal(batch.add(bytesOf('to 0'), addressOf(peers[0]!)), true);
  assert.equal(batch.add(bytesOf('to 1'), addressOf(peers[1]!)), true);
  assert.equal(batch.addAt(memory.address, 6, addressOf(peers[0]!)), true);
  assert.equal(batch.add(new Uint8Array(0), addressOf(peers[1]!)), true);
  assert.equal(batch.isFull, true);
  assert.equal(batch.add(bytesOf('no room'), addressOf(peers[0]!)), false);
  assert.equal(k.sendmmsg(fd, batch), 4);
  assert.deepEqual([recvText(peers[0]!), recvText(peers[0]!)], ['to 0', 'native']);
  assert.deepEqual([recvText(peers[1]!), recvText(peers[1]!)], ['to 1', '']);
  batch.advance(4);
  assert.equal(batch.count, 0);
  assert.equal(batch.isFull, false);
});

test('a batch that stops in its middle goes on behind the datagram at fault', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd: receiver, address } = fds.bound(k.SOCK_DGRAM);
  const fd = fds.socket(k.AF_INET, k.SOCK_DGRAM);
  ok(k.connect(fd, address));
  const batch = new k.SendBatch();
  for (const data of [bytesOf('before'), new Uint8Array(70_000), bytesOf('after')]) batch.add(data);
  assert.equal(k.sendmmsg(fd, batch), 1);
  batch.advance(1);
  fails(k.sendmmsg(fd, batch), 'EMSGSIZE');
  batch.advance(1);
  assert.equal(k.sendmmsg(fd, batch), 1);
  assert.deepEqual([recvText(receiver), recvText(receiver)], ['before', 'after']);
});

test('what is sent in batches comes in batches', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd, address } = fds.bound(k.SOCK_DGRAM);
  const to = address.copy();
  const out = new k.SendBatch(16);
  const back = new k.ReceiveBatch(16, 300);
  const datagrams = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(datagrams, (sent) => {
      out.clear();
      for (const data of sent) out.add(data, to);
      assert.equal(k.sendmmsg(fd, out), sent.length);
      assert.equal(k.recvmmsg(fd, back, k.MSG_DONTWAIT), sent.length);
      assert.deepEqual(
        sent.map((_, index) => back.data(index).slice()),
        sent.map((data) => data.slice()),
      );
    }),
    { numRuns: 50 },
  );
});

test('a batch has a limit', { skip: noKernel }, () => {
  for (const capacity of [0, 1025, 2.5]) {
    assert.throws(() => new k.SendBatch(capacity), NetError);
    assert.throws(() => new k.ReceiveBatch(capacity), NetError);
  }
  assert.throws(() => new k.ReceiveBatch(1, 0), NetError);
  assert.equal(new k.SendBatch(k.MAX_MESSAGE_BATCH).capacity, 1024);
});

function stale(host: string): k.Sockaddr {
  return k.Sockaddr.from({ family: 'ipv4', host, port: 1 });
}
