import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Address, inetAddress } from '../../core/index.ts';
import type { DatagramReceiver, DatagramSender, DatagramSocket } from '../../transport/udp/index.ts';
import type { ExchangeLimits } from './limits.ts';
import { StrangerTokens } from './stranger-token.ts';
import { type TestHouse, testHouse } from './test-house.ts';
import { UdpDoor } from './udp-door.ts';

/** A socket without a network: the test is everybody else. */
class FakeSocket {
  readonly local = inetAddress('udp', '127.0.0.1', 7000);
  readonly sent: { to: string; text: string }[] = [];
  isBusy = false;
  #receiver!: DatagramReceiver;

  attach(receiver: DatagramReceiver): DatagramSender {
    this.#receiver = receiver;
    return {
      push: (data, remote) => {
        this.sent.push({ to: String(remote), text: Buffer.from(data).toString() });
        return !this.isBusy;
      },
    };
  }

  async close(): Promise<void> {}

  hear(from: Address, text: string | Uint8Array): void {
    this.#receiver.onDatagram(typeof text === 'string' ? Buffer.from(text) : text, from, false);
  }

  drain(): void {
    this.isBusy = false;
    this.#receiver.onDrain?.();
  }

  /** What was sent since the last call. */
  take(to?: Address): string[] {
    const sent = this.sent.splice(0);
    return sent.filter((one) => to === undefined || one.to === to.toString()).map(({ text }) => text);
  }
}

interface Stage {
  readonly house: TestHouse;
  readonly socket: FakeSocket;
  readonly door: UdpDoor;
}

function stage(t: TestContext, limits: Partial<ExchangeLimits> = {}, token: string | null = null): Stage {
  const house = testHouse(limits, undefined, token);
  const socket = new FakeSocket();
  const door = new UdpDoor(house, socket as unknown as DatagramSocket);
  t.after(() => door.close());
  return { house, socket, door };
}

const near = (port: number): Address => inetAddress('udp', '127.0.0.1', port);
const far = (port: number): Address => inetAddress('udp', '192.0.2.7', port);

test('a member by UDP is gone after silence, and a ping is no silence', async (t) => {
  const { house, socket, door } = stage(t, { udpSilence: 10_000 });
  socket.hear(near(1), '/nick anna\n');
  socket.hear(near(2), '/nick bob\n');
  house.clock.advance(9_000);
  socket.hear(near(2), '{"type":"ping"}');
  await turn();
  socket.take();
  house.clock.advance(1_000);
  assert.deepEqual(socket.take(near(1)), ['* Bye: nothing came from you for 10 seconds\n']);
  await turn();
  assert.match(socket.take(near(2)).join(''), /"type":"left".*"member":"anna"/);
  assert.equal(door.clients, 1);
});

test('who quits is forgotten, and comes back with the next datagram', (t) => {
  const { house, socket, door } = stage(t);
  socket.hear(near(1), 'hello\n');
  socket.hear(near(1), '/quit\n');
  assert.deepEqual([door.clients, house.hub.memberCount], [0, 0]);
  assert.equal(socket.take().at(-1), '* Bye: you quit\n');
  socket.hear(near(1), '/nick anna\n');
  assert.equal(house.hub.memberCount, 1);
});

test('an address far away that has not joined gets one token at most as long as what it sent', async (t) => {
  const { house, socket, door } = stage(t);
  for (const text of [
    'hi',
    '/join lobby',
    '{"type":"rooms"}',
    '/hello 0badcafe',
    '/hello please let me in',
  ]) {
    socket.hear(far(1), text);
    const sent = socket.take();
    assert.ok(sent.length <= 1 && sent.join('').length <= text.length, text);
  }
  assert.equal(door.unanswered, 4);
  socket.hear(far(1), new Uint8Array(5_000).fill(0x20));
  const [challenge] = socket.take();
  house.hub.announce('lobby', 'to members only');
  await turn();
  assert.deepEqual(socket.take(), []);
  socket.hear(far(2), challenge!);
  assert.match(socket.take()[0]!, /^\/hello /, 'a token is for one address');
  socket.hear(far(1), challenge!);
  assert.match(socket.take()[0]!, /You are guest-1/);
});

test('forged addresses leave nothing behind and are answered at a bounded rate', (t) => {
  const { house, socket, door } = stage(t);
  for (let port = 1; port <= 5_000; port++) socket.hear(far(port), '/hello please let me in\n');
  assert.equal(socket.take().length, 100);
  assert.deepEqual([door.clients, door.unanswered, house.hub.memberCount], [0, 4_900, 0]);
});

test('members are limited, in all and from one address', (t) => {
  const { house, socket } = stage(t, { udpMembers: 3, udpMembersPerAddress: 2 });
  for (let port = 1; port <= 4; port++) socket.hear(near(port), '/nick member-with-long-name\n');
  assert.equal(house.hub.memberCount, 2);
  assert.equal(house.admission.refused, 2);
  assert.equal(socket.take(near(4)).length, 1);
  socket.hear(near(4), 'x');
  assert.deepEqual(socket.take(), [], 'a refusal is no longer than what it answers');
});

test('requests of one address are limited across its members', (t) => {
  const { socket } = stage(t, { addressRate: 1, addressBurst: 3 });
  socket.hear(near(1), '/nick anna\n');
  socket.hear(near(2), '/nick bob\n');
  socket.hear(near(1), '/ping\n');
  socket.take();
  socket.hear(near(2), '/ping\n');
  assert.match(socket.take()[0]!, /^! Too fast/);
});

test('while the system takes no more, events are dropped, counted and told', async (t) => {
  const { house, socket } = stage(t);
  socket.hear(near(1), '/nick anna\n');
  await turn();
  socket.isBusy = true;
  for (let count = 0; count < 5; count++) {
    house.hub.announce('lobby', `notice ${count}`);
    await turn();
  }
  assert.equal(socket.take().filter((text) => text.startsWith('#lobby !')).length, 1);
  socket.drain();
  assert.deepEqual(socket.take(), ['! You missed 4 messages: they came faster than they could reach you\n']);
});

test('a turn sends each member no more than a share, and tells what was left out', async (t) => {
  const { house, socket } = stage(t, { udpEventsPerTurn: 6 });
  socket.hear(near(1), '/nick anna\n');
  socket.hear(near(2), '/nick bob\n');
  await turn();
  socket.take();
  for (let count = 1; count <= 5; count++) socket.hear(near(1), `${count}`);
  await turn();
  assert.deepEqual(socket.take(near(2)), ['#lobby <anna> 1\n', '#lobby <anna> 2\n', '#lobby <anna> 3\n']);
  socket.hear(near(1), 'later');
  await turn();
  assert.deepEqual(socket.take(near(2)), ['#lobby <anna> later\n']);
  house.clock.advance(1_000);
  assert.deepEqual(socket.take(near(2)), [
    '! You missed 2 messages: they came faster than they could reach you\n',
  ]);
});

test('bytes that are no text, and no bytes, harm nobody', (t) => {
  const { socket, house } = stage(t);
  for (const bytes of [[], [0], [0xff, 0xfe], [0x7b], [0x7b, 0xff], [0x0a], [0x2f], [0x1b, 0x5b]])
    socket.hear(near(1), Uint8Array.from(bytes));
  for (const text of socket.take()) assert.doesNotMatch(text, /[\0-\x08\x0b-\x1f]/);
  assert.ok(house.hub.memberCount <= 1);
});

test('a token holds for its address, for a minute or two', () => {
  let now = 0;
  const tokens = new StrangerTokens(() => now);
  const token = tokens.issue('a');
  assert.match(token, /^[0-9a-f]{8}$/);
  assert.equal(tokens.verify('b', token), false);
  assert.equal(tokens.verify('a', `${token}0`), false);
  assert.equal(tokens.verify('a', 'ü'.repeat(4)), false);
  now = 119_999;
  assert.equal(tokens.verify('a', token), true);
  now = 120_000;
  assert.equal(tokens.verify('a', token), false);
});

test('with a token, an address far away is only asked to prove itself once it has shown it', (t) => {
  const { house, socket, door } = stage(t, {}, 'open-sesame-and-more');
  const tell = (text: string): string => {
    socket.hear(far(1), text);
    return socket.take(far(1)).join('');
  };
  assert.equal(tell('/hello please let me in, I am far'), '! Send /token TOKEN first\n');
  assert.equal(tell('/hello'), '');
  assert.equal(tell('/token wrong-one-and-more'), '! The token is wrong\n');
  assert.equal(house.hub.memberCount, 0);
  const challenge = tell('/token open-sesame-and-more');
  assert.match(challenge, /^\/hello [0-9a-f]{8}\n$/);
  assert.match(tell(`${challenge.trim()} anna`), /You are anna/);
  assert.match(tell('/ping'), /pong/);
  assert.equal(door.clients, 1);
});

test('with a token, a program on this machine is remembered once it has shown it', (t) => {
  const { house, socket, door } = stage(t, {}, 'open-sesame-and-more');
  const tell = (request: object): Record<string, unknown> => {
    socket.hear(near(1), JSON.stringify(request));
    return JSON.parse(socket.take(near(1))[0]!) as Record<string, unknown>;
  };
  assert.equal(tell({ type: 'hello' }).code, 'token-needed');
  assert.equal(door.clients, 0);
  assert.equal(tell({ type: 'token', token: 'open-sesame-and-more' }).type, 'ok');
  assert.deepEqual([door.clients, house.hub.memberCount], [1, 0]);
  assert.equal(tell({ type: 'hello', name: 'bot' }).member, 'bot');
});
