import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as k from '../../../../kernel/index.ts';
import { kernelAvailable } from '../../../../kernel/index.ts';
import { netCounters, parseNetCounters, parseTcpSockets, setting, tcpSockets } from './proc-net.ts';
import { loopback, must, portOf, Sockets } from './sockets.ts';

const skip = kernelAvailable() ? false : 'system calls need Linux and koffi';

test('reads the lines of IPv4 and IPv6', () => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 1 1 0 100 0',
    '   1: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:C001 06 0000000A:00000000 03:0',
    '',
  ].join('\n');
  assert.deepEqual(parseTcpSockets(text), [
    { localPort: 8080, remotePort: 0, state: 'listen', sendQueued: 0, receiveQueued: 2 },
    { localPort: 8080, remotePort: 0xc001, state: 'time-wait', sendQueued: 10, receiveQueued: 0 },
  ]);
});

test('reads counters by name', () => {
  assert.deepEqual(parseNetCounters('TcpExt: A B\nTcpExt: 1 2\nIpExt: C\nIpExt: 3\n'), { A: 1, B: 2, C: 3 });
});

test('finds a socket of this process', { skip }, () => {
  using sockets = new Sockets();
  const listener = sockets.tcp();
  must(k.bind(listener, loopback()), 'bind');
  must(k.listen(listener, 3), 'listen');
  const found = tcpSockets().filter(
    ({ localPort, state }) => localPort === portOf(listener) && state === 'listen',
  );
  assert.equal(found.length, 1);
  assert.equal(typeof netCounters().ListenOverflows, 'number');
});

test('a setting that is not there is null', { skip }, () => {
  assert.ok(setting('net/core/somaxconn')! > 0);
  assert.equal(setting('net/core/no-such-setting'), null);
});
