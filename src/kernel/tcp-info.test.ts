import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as k from './index.ts';
import { bytesOf, Descriptors, fails, noKernel, ok, ready, recvText } from './test-fixture.ts';

test('knows a connection after traffic', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  const sent = 100_000;
  assert.equal(k.send(client, new Uint8Array(sent), k.MSG_DONTWAIT), sent, 'the buffers take it whole');
  assert.equal(k.recv(server, new Uint8Array(sent), k.MSG_WAITALL), sent);
  ok(k.send(server, bytesOf('thanks')));
  assert.equal(recvText(client), 'thanks');

  const info = k.tcpInfo(client);
  assert.ok(typeof info !== 'number');
  assert.equal(info.state, 'established');
  assert.equal(info.bytesReceived, 6);
  assert.equal(info.bytesSent, sent);
  assert.ok(info.bytesAcknowledged >= sent, 'the answer acknowledged all of it');
  assert.equal(info.notSent, 0);
  assert.ok(info.rtt > 0 && info.rtt < 10_000_000, `${info.rtt} µs`);
  assert.ok(info.minRtt <= info.rtt * 8 && info.rto >= info.rtt);
  assert.ok(info.sendMss >= 500 && info.sendMss <= 65536);
  assert.ok(info.pathMtu >= info.sendMss);
  assert.ok(info.congestionWindow >= 1 && info.sendThreshold > 0);
  assert.ok(info.dataSegmentsSent >= 1 && info.segmentsSent >= info.dataSegmentsSent);
  assert.equal(info.dataSegmentsReceived, 1);
  assert.ok(info.deliveryRate > 0 && info.pacingRate > 0);
  assert.equal(info.totalRetransmits, 0);
  assert.ok(info.lastDataSent < 60_000 && info.lastDataReceived < 60_000);

  const other = k.tcpInfo(server);
  assert.ok(typeof other !== 'number');
  assert.equal(other.bytesReceived, sent);
});

test('follows the state', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { listener, client, server } = fds.tcp();
  const state = (fd: number) => {
    const info = k.tcpInfo(fd);
    return typeof info === 'number' ? k.errnoName(info) : info.state;
  };
  assert.equal(state(listener), 'listen');
  assert.equal(state(fds.socket(k.AF_INET, k.SOCK_STREAM)), 'closed');
  ok(k.shutdown(client, k.SHUT_WR));
  assert.equal(recvText(server), '');
  assert.equal(state(server), 'close-wait');
  assert.match(state(client), /^fin-wait-[12]$/);
  ok(k.shutdown(server, k.SHUT_WR));
  assert.equal(recvText(client), '');
  assert.match(state(server), /^(last-ack|closed)$/);
});

test('knows a state by its number', () => {
  assert.equal(k.tcpState(0x0a), 'listen');
  assert.equal(k.tcpState(99), 'unknown');
});

test('is for TCP only', { skip: noKernel }, () => {
  using fds = new Descriptors();
  fails(k.tcpInfo(fds.pair(k.SOCK_STREAM)[0]), 'EOPNOTSUPP');
  // ENOPROTOOPT before Linux 6.
  const { fd } = fds.bound(k.SOCK_DGRAM);
  assert.match(k.errnoName(Number(k.tcpInfo(fd))), /^(EOPNOTSUPP|ENOPROTOOPT)$/);
  fails(k.listenQueue(-1), 'EBADF');
});

test('urgent data has a mark in the stream', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  fails(k.recvUrgent(server), 'EINVAL');
  ok(k.send(client, bytesOf('before')));
  assert.equal(k.sendUrgent(client, 0x21), 1);
  ok(k.send(client, bytesOf('after')));
  assert.ok(ready(server, k.POLLPRI) & k.POLLPRI);
  assert.equal(k.sockatmark(server), 0);
  assert.equal(recvText(server), 'before', 'a read stops at the mark');
  assert.equal(k.sockatmark(server), 1);
  assert.equal(k.recvUrgent(server), 0x21);
  fails(k.recvUrgent(server), 'EINVAL');
  assert.equal(recvText(server), 'after');
  assert.equal(k.sockatmark(server), 0);
});

test('urgent data may stay in the stream', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { client, server } = fds.tcp();
  k.setSocketOptions(server, 'ipv4', { oobInline: true });
  ok(k.send(client, bytesOf('before')));
  ok(k.sendUrgent(client, 0x21));
  ok(k.send(client, bytesOf('after')));
  ready(server, k.POLLPRI);
  assert.equal(recvText(server), 'before');
  assert.equal(k.sockatmark(server), 1);
  fails(k.recvUrgent(server), 'EINVAL');
  assert.equal(recvText(server, 6, k.MSG_WAITALL), '!after');
});

test('urgent data is for streams only', { skip: noKernel }, () => {
  using fds = new Descriptors();
  const { fd, address } = fds.bound(k.SOCK_DGRAM);
  ok(k.connect(fd, address));
  fails(k.sendUrgent(fd, 1), 'EOPNOTSUPP');
  fails(k.sockatmark(-1), 'EBADF');
});
