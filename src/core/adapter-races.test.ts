/** What the adapters and the addresses owe in cases that are rare. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { inetAddress, namedAddress, parseAddress } from './address.ts';
import { WireConnection } from './connection.ts';
import type { Receiver, Wire } from './contract.ts';
import { fromNodeStream, toNodeStream } from './node-stream.ts';

const endpoints = { local: namedAddress('memory', 'near'), remote: namedAddress('memory', 'far') };

test('a scope survives printing and parsing, also one that begins with 25', () => {
  for (const scope of ['eth0', '2', '25', '251', '25x']) {
    const address = inetAddress('tcp', `fe80::1%${scope}`, 7000);
    assert.deepEqual(parseAddress(address.toString()).toString(), address.toString());
    assert.equal((parseAddress(address.toString()) as typeof address).host, address.host);
  }
});

test('half a surrogate pair is refused as a bad address', () => {
  for (const text of ['memory:\ud800', 'unix:\udc00', 'exec:\ud800'])
    assert.throws(() => parseAddress(text), { code: 'protocol' });
});

test('a write that waits in a stream of Node ends when the connection closes, cleanly or not', async () => {
  for (const reason of [undefined, new Error('lost')]) {
    let receiver!: Receiver;
    const wire: Wire = {
      pending: 0,
      start(to) {
        receiver = to;
      },
      push: () => false,
      pause() {},
      resume() {},
      end() {},
      abort() {},
    };
    const stream = toNodeStream(new WireConnection(wire, endpoints));
    stream.on('error', () => {});
    const written = new Promise<unknown>((resolve) => stream.write('x', resolve));
    receiver.onClose(reason);
    assert.ok((await written) instanceof Error);
  }
});

test('an abort after all has left and was ended resets nothing, on a socket of Node', async () => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepting = once(server, 'connection') as Promise<[Socket]>;
  const { port } = server.address() as { port: number };
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [[accepted]] = await Promise.all([accepting, once(client, 'connect')]);
  const finished = once(client, 'finish');
  const connection = fromNodeStream(client);
  // More than the peer's system takes while the peer does not read: some is still on its way at the end.
  const sent = new Uint8Array(1_000_000);
  void connection.write(sent);
  await connection.end();
  await finished;
  connection.abort();
  await connection.closed;
  let got = 0;
  for await (const chunk of accepted) got += (chunk as Buffer).length;
  assert.equal(got, sent.length);
  accepted.destroy();
  server.close();
});
