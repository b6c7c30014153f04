import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import * as k from '../../../../kernel/index.ts';
import { loopback, must, portOf, Sockets } from './sockets.ts';

const skip = k.kernelAvailable() ? false : 'system calls need Linux and koffi';

test('closes what it owns, once', { skip }, () => {
  const before = readdirSync('/proc/self/fd').length;
  {
    using sockets = new Sockets();
    const one = sockets.tcp();
    sockets.tcp();
    assert.equal(readdirSync('/proc/self/fd').length, before + 2);
    assert.equal(sockets.close(one), 0);
    assert.equal(sockets.close(one), 0);
  }
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('says what failed', { skip }, () => {
  using sockets = new Sockets();
  assert.throws(
    () => sockets.own(-k.EMFILE, 'Cannot accept'),
    /^NetError: Cannot accept: too many open files/,
  );
});

test('shutdown wakes a call that waits', { skip }, () => {
  using sockets = new Sockets();
  const listener = sockets.tcp(true);
  must(k.bind(listener, loopback()), 'bind');
  must(k.listen(listener, 1), 'listen');
  const client = sockets.tcp(true);
  must(k.connect(client, loopback(portOf(listener))), 'connect');
  sockets.shutdown();
  assert.ok(k.read(client, new Uint8Array(1)) <= 0, 'an end or an error');
});
