import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { kernelAvailable } from '../kernel/index.ts';
import { readExactly, rejectsWith } from '../testing/transport/subject.ts';
import { chooseDriver, connect, listen } from './index.ts';

describe('the scheme chooses the transport', () => {
  for (const address of [
    'tcp://127.0.0.1:0',
    'memory:',
    `unix:@modnet-index-${process.pid}`,
    'udp://127.0.0.1:0',
    'ws://127.0.0.1:0/path',
  ]) {
    test(address, { timeout: 20_000 }, async () => {
      await using listener = await listen(address);
      const client = await connect(String(listener.address));
      await client.write(new TextEncoder().encode('hello'));
      const server = (await listener.receive())!;
      assert.equal(String(await readExactly(server, 5)), 'hello');
      client.abort();
      server.abort();
      await Promise.all([client.closed, server.closed]);
    });
  }

  test('one that nobody knows is an error which names those that are known', async () => {
    const error = await rejectsWith(connect('gopher://127.0.0.1:70'), 'unsupported');
    assert.match(
      error.message,
      /no transport is named "gopher"; there are tcp, unix, udp, memory, tls, ws, wss, stdio, exec/,
    );
    assert.match(
      (await rejectsWith(connect('gopher://x'), 'unsupported')).message,
      /^Bad address "gopher:\/\/x": no transport is named "gopher"/,
    );
    assert.match((await rejectsWith(listen('gopher:x'), 'unsupported')).message, /no transport is named/);
  });

  test('one that only connects cannot be listened on', async () => {
    const error = await rejectsWith(listen('exec:cat'), 'unsupported');
    assert.match(
      error.message,
      /^Cannot listen on "exec:cat": exec only connects; listening goes on tcp, unix, udp, memory/,
    );
  });

  test('a path on tcp is refused', async () => {
    await rejectsWith(connect('tcp://127.0.0.1:1/path'), 'unsupported');
  });
});

describe('the driver', () => {
  const before = process.env.MODNET_DRIVER;
  afterEach(() => {
    if (before === undefined) delete process.env.MODNET_DRIVER;
    else process.env.MODNET_DRIVER = before;
  });

  test('is the option, else MODNET_DRIVER, else the kernel where it can be had', () => {
    delete process.env.MODNET_DRIVER;
    assert.equal(chooseDriver(), kernelAvailable() ? 'kernel' : 'node');
    process.env.MODNET_DRIVER = 'node';
    assert.equal(chooseDriver(), 'node');
    if (kernelAvailable()) assert.equal(chooseDriver({ driver: 'kernel' }), 'kernel');
    process.env.MODNET_DRIVER = '';
    assert.equal(chooseDriver({ driver: 'node' }), 'node');
  });

  test('a wrong one is a clear error', () => {
    process.env.MODNET_DRIVER = 'turbo';
    assert.throws(() => chooseDriver(), {
      code: 'unsupported',
      message: 'MODNET_DRIVER is "turbo", which is not a driver; there are "kernel" and "node"',
    });
    assert.throws(() => chooseDriver({ driver: 'turbo' as never }), {
      message: 'The driver "turbo" is not a driver; there are "kernel" and "node"',
    });
  });
});
