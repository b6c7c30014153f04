/** What every driver of datagrams must do, as a suite for `node:test`. It does not know the driver. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Address } from '../core/address.ts';
import type { Bytes, Datagram } from '../core/contract.ts';
import type { NetError } from '../core/error.ts';
import type { DatagramReceiver, DatagramSocket } from '../transport/udp/index.ts';
import { bytes, openDescriptors, rejectsWith, turns } from './transport/subject.ts';

export interface DatagramSubject {
  /** @param options `maxDatagram`, `receiveQueue` */
  bind(options?: object): Promise<DatagramSocket>;
  connect(address: Address, options?: object): Promise<DatagramSocket>;
  /** Payload of the longest datagram that can be sent. */
  readonly maxPayload: number;
}

const options = { timeout: 20_000 };

/** Declares the suite for one driver. Call it at the top level of a test file. */
export function datagramConformance(name: string, makeSubject: () => DatagramSubject): void {
  describe(name, () => {
    const subject = makeSubject();
    exchangeTests(subject);
    lossTests(subject);
    pushTests(subject);
    endingTests(subject);
  });
}

function exchangeTests(subject: DatagramSubject): void {
  test('a datagram arrives with its sender, who can be answered', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.bind();
    await client.send({ data: bytes('question'), remote: server.local });
    const question = await received(server);
    assert.equal(text(question), 'question');
    assert.equal(String(question.remote), String(client.local));
    await server.send({ data: bytes('answer'), remote: question.remote });
    assert.equal(text(await received(client)), 'answer');
  });

  test('boundaries and order are kept, empty datagrams too', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    for (const data of ['one', '', 'three']) await client.send({ data: bytes(data) });
    for (const data of ['one', '', 'three']) assert.equal(text(await received(server)), data);
  });

  test('many peers are told apart, and each gets its own answer', options, async () => {
    await using server = await subject.bind();
    const clients = await Promise.all(Array.from({ length: 20 }, () => subject.connect(server.local)));
    for (const client of clients) await client.send({ data: bytes(String(client.local)) });
    for (const _ of clients) {
      const datagram = await received(server);
      assert.equal(text(datagram), String(datagram.remote));
      await server.send({ data: datagram.data, remote: datagram.remote });
    }
    for (const client of clients) assert.equal(text(await received(client)), String(client.local));
    await Promise.all(clients.map((client) => client.close()));
  });

  test('the longest datagram arrives whole', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    const data = new Uint8Array(subject.maxPayload).map((_, index) => index % 251);
    await client.send({ data });
    assert.deepEqual(Buffer.from((await received(server)).data), Buffer.from(data));
  });

  test('what was received is not overwritten by what comes next', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    const kept: Datagram[] = [];
    for (let round = 0; round < 200; round++) {
      await client.send({ data: bytes(`number ${round}`) });
      kept.push(await received(server));
    }
    assert.deepEqual(
      kept.map(text),
      Array.from({ length: 200 }, (_, round) => `number ${round}`),
    );
  });
}

function lossTests(subject: DatagramSubject): void {
  test('one that is too large is an error which names both sizes', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    const size = subject.maxPayload + 1;
    const error = await rejectsWith(client.send({ data: new Uint8Array(size) }), 'limit');
    assert.equal(error.errno, 'EMSGSIZE');
    assert.ok(
      error.message.includes(String(size)) && error.message.includes(String(subject.maxPayload)),
      error.message,
    );
    await client.send({ data: bytes('fits') });
    assert.equal(text(await received(server)), 'fits');
  });

  test('one that is cut off is flagged and counted', options, async () => {
    await using server = await subject.bind({ maxDatagram: 100 });
    await using client = await subject.connect(server.local);
    await client.send({ data: new Uint8Array(100) });
    await client.send({ data: new Uint8Array(101) });
    assert.equal((await server.receive())?.truncated, false);
    const cut = await server.receive();
    assert.equal(cut?.truncated, true);
    assert.equal(cut?.data.length, 100);
    assert.equal(server.dropped.truncated, 1);
  });

  test(
    'a refusal is an error of a later call on a connected socket, counted, and the socket goes on',
    options,
    async () => {
      const server = await subject.bind();
      const { local } = server;
      await server.close();
      await using client = await subject.connect(local);
      await client.send({ data: bytes('anybody?') });
      await rejectsWith(client.receive(), 'refused');
      assert.ok(client.dropped.refused >= 1);
      await client.send({ data: bytes('still nobody?') });
      await rejectsWith(client.receive(), 'refused');
    },
  );

  test('one refusal among many peers is not the business of the others', options, async () => {
    const gone = await subject.bind();
    await gone.close();
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    await server.send({ data: bytes('to nobody'), remote: gone.local });
    await client.send({ data: bytes('to somebody') });
    assert.equal(text(await received(server)), 'to somebody');
  });

  test('beyond the queue the newest are dropped and counted', options, async () => {
    await using server = await subject.bind({ receiveQueue: 10 });
    await using client = await subject.connect(server.local);
    for (let index = 0; index < 25; index++) await client.send({ data: bytes(String(index)) });
    while (server.dropped.overflow < 15) await turns(1);
    for (let index = 0; index < 10; index++) assert.equal(text(await received(server)), String(index));
    assert.equal(server.dropped.overflow, 15);
  });

  test(
    'without a destination, or with another than the connected one, sending is busy',
    options,
    async () => {
      await using server = await subject.bind();
      await using other = await subject.bind();
      await using client = await subject.connect(server.local);
      await rejectsWith(server.send({ data: bytes('x') }), 'busy');
      await rejectsWith(client.send({ data: bytes('x'), remote: other.local }), 'busy');
    },
  );
}

function pushTests(subject: DatagramSubject): void {
  test('what waited is delivered first to a receiver, and it can answer from the call', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    await client.send({ data: bytes('early') });
    await turns(20);
    const seen = new Collector();
    const sender = server.attach(seen);
    seen.onEach = (data, remote) => sender.push(data, remote);
    await client.send({ data: bytes('late') });
    assert.equal(text(await received(client)), 'early');
    assert.equal(text(await received(client)), 'late');
    await rejectsWith(server.receive(), 'busy');
    await server.close();
    assert.deepEqual(seen.calls, ['early', 'late', 'close']);
  });

  test('a burst of pushes arrives in order', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    const sender = client.attach(new Collector());
    for (let index = 0; index < 100; index++) sender.push(bytes(String(index)));
    for (let index = 0; index < 100; index++) assert.equal(text(await received(server)), String(index));
  });

  test('a push that cannot be sent is told and counted', options, async () => {
    await using server = await subject.bind();
    const seen = new Collector();
    server.attach(seen).push(new Uint8Array(subject.maxPayload + 1), server.local);
    assert.deepEqual(seen.calls, ['error limit']);
    assert.equal(server.dropped.unsent, 1);
  });
}

function endingTests(subject: DatagramSubject): void {
  test('a receive can be given up and loses nothing; two at a time are busy', options, async () => {
    await using server = await subject.bind();
    await using client = await subject.connect(server.local);
    const stop = new AbortController();
    const reason = new Error('enough');
    const waiting = server.receive({ signal: stop.signal });
    await rejectsWith(server.receive(), 'busy');
    stop.abort(reason);
    await assert.rejects(waiting, (error) => error === reason);
    await client.send({ data: bytes('later') });
    assert.equal(text(await received(server)), 'later');
  });

  test('closing ends the iteration, sends what was sent, and leaves no descriptor', options, async () => {
    const before = openDescriptors();
    const server = await subject.bind();
    const client = await subject.connect(server.local);
    const seen: string[] = [];
    const iterating = (async () => {
      for await (const datagram of server) seen.push(text(datagram));
    })();
    void client.send({ data: bytes('parting words') });
    await client.close();
    while (seen.length === 0) await turns(1);
    await server.close();
    await iterating;
    assert.deepEqual(seen, ['parting words']);
    assert.equal(await server.closed, undefined);
    await rejectsWith(server.receive(), 'closed');
    await rejectsWith(client.send({ data: bytes('x') }), 'closed');
    for (let turn = 0; turn < 100 && openDescriptors() !== before; turn++) await turns(1);
    assert.equal(openDescriptors(), before);
  });
}

class Collector implements DatagramReceiver {
  readonly calls: string[] = [];
  onEach: (data: Bytes, remote: Address) => void = () => {};

  onDatagram(data: Bytes, remote: Address): void {
    this.calls.push(Buffer.from(data).toString());
    this.onEach(data, remote);
  }

  onError(error: NetError): void {
    this.calls.push(`error ${error.code}`);
  }

  onClose(): void {
    this.calls.push('close');
  }
}

async function received(socket: DatagramSocket): Promise<Datagram> {
  const datagram = await socket.receive();
  assert.ok(datagram !== null);
  return datagram;
}

function text(datagram: Datagram): string {
  return Buffer.from(datagram.data).toString();
}
