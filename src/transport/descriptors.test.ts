import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAddress, toAddress } from '../core/index.ts';
import { accept4, EAGAIN, kernelAvailable, POLLIN, PollSet, poll, Sockaddr } from '../kernel/index.ts';
import { rejectsWith } from '../testing/transport/subject.ts';
import { connect, descriptorsOf } from './index.ts';

const skip = kernelAvailable() ? false : 'needs Linux';
const path = join(tmpdir(), `modnet-descriptors-${process.pid}`);

for (const text of [
  'tcp://127.0.0.1:0',
  'tcp://[::]:0',
  `unix:${path}`,
  `unix:@modnet-descriptors-${process.pid}`,
]) {
  test(`a socket accepted by hand is a connection: ${text}`, { skip, timeout: 20_000 }, async () => {
    const address = parseAddress(text);
    const descriptors = descriptorsOf(address, { driver: 'kernel' });
    const listening = await descriptors.open(address, {});
    const { fd } = listening;
    const peer = new Sockaddr();
    assert.equal(accept4(fd, peer), -EAGAIN);
    const client = await connect(reachable(listening.address));
    const set = new PollSet();
    set.add(fd, POLLIN);
    assert.equal(poll(set, 10_000), 1);
    const server = descriptors.adopt(accept4(fd, peer), peer.copy(), listening.address, {});
    await client.write(Buffer.from('hello'));
    assert.equal(Buffer.from((await server.read())!).toString(), 'hello');
    if (address.scheme === 'tcp') assert.equal(String(server.remote), String(client.local));
    await Promise.all([client.close(), server.close()]);
    listening.close();
    await rejectsWith(connect(reachable(listening.address)), 'refused');
    assert.ok(!existsSync(path));
  });
}

test('what has no socket says so', { skip }, () => {
  for (const text of ['memory:x', 'udp://127.0.0.1:1'])
    assert.throws(() => descriptorsOf(parseAddress(text)), {
      code: 'unsupported',
      message: /tcp, unix, tls have$/,
    });
  assert.throws(() => descriptorsOf(parseAddress('tcp://127.0.0.1:0'), { driver: 'node' }), {
    code: 'unsupported',
  });
});

function reachable(address: ReturnType<typeof toAddress>) {
  return toAddress(String(address).replace('[::]', '127.0.0.1'));
}
