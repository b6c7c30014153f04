/** Listeners accept, stop, and say what is wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ACCEPT_AHEAD } from '../../core/accept-queue.ts';
import { bytes, type ListeningSubject, readExactly, rejectsWith, turns } from './subject.ts';

const options = { timeout: 20_000 };

export function listeningTests(subject: ListeningSubject): void {
  describe('a listener', () => {
    test('says where it really listens', options, async () => {
      await using listener = await subject.listen();
      const { address } = listener;
      if (address.kind === 'inet') assert.notEqual(address.port, 0);
      const client = await subject.connect(address);
      const server = (await listener.receive())!;
      if (address.kind === 'inet') assert.equal(String(client.remote), String(server.local));
      if (address.kind === 'inet') assert.equal(String(client.local), String(server.remote));
      client.abort();
      server.abort();
      await Promise.all([client.closed, server.closed]);
    });

    test('ends its iteration when it closes; connections that were received live on', options, async () => {
      const listener = await subject.listen();
      const client = await subject.connect(listener.address);
      const server = (await listener.receive())!;
      const iterating = (async () => {
        for await (const connection of listener) connection.abort();
      })();
      await listener.close();
      await iterating;
      assert.equal(await listener.closed, undefined);
      assert.equal(await listener.receive(), null);
      await client.write(bytes('alive'));
      assert.equal(String(await readExactly(server, 5)), 'alive');
      await Promise.all([client.close(), server.close()]);
    });

    test('gives each of many connections its own', options, async () => {
      await using listener = await subject.listen();
      const count = 100;
      const clients = await Promise.all(
        Array.from({ length: count }, () => subject.connect(listener.address)),
      );
      await Promise.all(clients.map((client, index) => client.write(bytes(String(index).padStart(3, '0')))));
      const seen = new Set<string>();
      for (let index = 0; index < count; index++) {
        const server = (await listener.receive())!;
        seen.add(String(await readExactly(server, 3)));
        server.abort();
        await server.closed;
      }
      assert.equal(seen.size, count);
      for (const client of clients) client.abort();
      await Promise.all(clients.map(({ closed }) => closed));
    });

    test('holds more than it may accept ahead until somebody receives, and loses none', options, async () => {
      await using listener = await subject.listen();
      const count = ACCEPT_AHEAD + 50;
      const clients = await Promise.all(
        Array.from({ length: count }, () => subject.connect(listener.address)),
      );
      await turns(10);
      for (let index = 0; index < count; index++) (await listener.receive())!.abort();
      for (const client of clients) client.abort();
      await Promise.all(clients.map(({ closed }) => closed));
    });

    test('aborts what nobody received when it closes', options, async () => {
      const listener = await subject.listen();
      const client = await subject.connect(listener.address);
      await turns(10);
      await listener.close();
      // A reset where the transport has one, an end where it has none.
      assert.equal(await client.read().catch(() => null), null);
      client.abort();
    });

    test('a receive can be given up, and two at a time are busy', options, async () => {
      await using listener = await subject.listen();
      const stop = new AbortController();
      const waiting = listener.receive({ signal: stop.signal });
      await rejectsWith(listener.receive(), 'busy');
      const reason = new Error('enough');
      stop.abort(reason);
      await assert.rejects(waiting, (error) => error === reason);
      const client = await subject.connect(listener.address);
      const server = (await listener.receive())!;
      client.abort();
      server.abort();
    });
  });

  describe('connecting', () => {
    test('to nobody is refused, and says to whom', options, async () => {
      const listener = await subject.listen();
      await listener.close();
      const error = await rejectsWith(subject.connect(listener.address), 'refused');
      assert.ok(error.message.startsWith(`Cannot connect to ${listener.address}: `), error.message);
      assert.match(error.errno ?? '', /^E[A-Z]+$/);
    });

    test('can be given up beforehand', options, async () => {
      await using listener = await subject.listen();
      const reason = new Error('not today');
      await assert.rejects(
        subject.connect(listener.address, AbortSignal.abort(reason)),
        (error) => error === reason,
      );
    });
  });
}
