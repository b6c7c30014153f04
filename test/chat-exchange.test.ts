/** The chat client against the real exchange, in one process. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ChatClient, type ChatClientOptions, type ChatEvent } from '../src/service/chat/index.ts';
import { type Exchange, startExchange } from '../src/service/exchange/index.ts';
import { connect } from '../src/transport/index.ts';

/** Tests of one process share the names. */
const DOOR = `memory:chat-exchange-${process.pid}`;

let data: string;
let exchange: Exchange;
let clients: ChatClient[];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'modnet-chat-'));
  clients = [];
  await open();
});

afterEach(async () => {
  for (const client of clients) client.abort();
  await exchange.close({ deadline: 0 });
  await rm(data, { recursive: true });
});

async function open(): Promise<void> {
  exchange = await startExchange({ data, doors: [DOOR] });
}

/** A member, and what it is told. */
class Member {
  readonly client: ChatClient;
  readonly #events: ChatEvent[] = [];
  #waiting: (() => void) | undefined;

  constructor(name: string, options: Partial<ChatClientOptions> = {}) {
    this.client = new ChatClient({
      name,
      rooms: ['lobby'],
      random: () => 0,
      dial: ({ signal }) => connect(DOOR, { signal }),
      onEvent: (event) => {
        this.#events.push(event);
        this.#waiting?.();
      },
      ...options,
    });
    clients.push(this.client);
  }

  get bodies(): string[] {
    return this.#events.flatMap((event) => {
      if (event.type === 'past') return event.messages.map(({ body }) => body);
      return event.type === 'message' || event.type === 'private' ? [event.body] : [];
    });
  }

  /** Waits until an event matches. */
  async until(match: (event: ChatEvent) => boolean): Promise<void> {
    while (!this.#events.some(match)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      await promise;
    }
  }

  hears(body: string): Promise<void> {
    return this.until(
      (event) => (event.type === 'message' || event.type === 'private') && event.body === body,
    );
  }
}

test('members talk, in rooms and in private', async () => {
  const [anna, bob] = [new Member('anna'), new Member('bob')];
  await anna.client.connect();
  await bob.client.connect();
  await anna.client.say('hello');
  await bob.hears('hello');
  await bob.client.tell('anna', 'psst');
  await anna.hears('psst');
  await anna.client.join('#dev');
  assert.deepEqual(anna.client.rooms, ['lobby', 'dev']);
  assert.equal((await anna.client.who('dev')).total, 1);
  await anna.client.nick('anne');
  await bob.until((event) => event.type === 'renamed' && event.name === 'anne');
  await anna.client.close();
  await bob.until((event) => event.type === 'left' && event.member === 'anne' && event.room === 'lobby');
  assert.deepEqual(bob.bodies, ['hello', 'psst']);
});

test('a name in use is refused at once', async () => {
  await new Member('anna').client.connect();
  await assert.rejects(new Member('ANNA').client.connect(), { code: 'refused', reason: 'name-taken' });
});

test('the history is there on entering, and not more of it than asked for', async () => {
  const anna = new Member('anna');
  await anna.client.connect();
  for (const body of ['one', 'two', 'three']) await anna.client.say(body);
  const [bob, carol] = [new Member('bob', { history: 2 }), new Member('carol', { history: 0 })];
  for (const member of [bob, carol]) {
    await member.client.connect();
    await member.until((event) => event.type === 'past');
  }
  assert.deepEqual(bob.bodies, ['two', 'three']);
  assert.deepEqual(carol.bodies, []);
});

test('a burst beyond the rate of the exchange arrives whole and in order', async () => {
  const [anna, bob] = [new Member('anna'), new Member('bob')];
  await anna.client.connect();
  await bob.client.connect();
  const count = exchange.limits.burst + 10;
  await Promise.all(Array.from({ length: count }, (_, index) => anna.client.say(`${index}`)));
  await bob.hears(`${count - 1}`);
  assert.deepEqual(
    bob.bodies,
    Array.from({ length: count }, (_, index) => `${index}`),
  );
});

test('across a restart of the exchange nothing is doubled or lost', async () => {
  const anna = new Member('anna');
  const bob = new Member('bob');
  await anna.client.connect();
  await bob.client.connect();
  await anna.client.say('before');
  await bob.hears('before');
  await exchange.close({ deadline: 0 });
  const said = anna.client.say('meanwhile');
  await open();
  await said;
  await bob.until((event) => event.type === 'connected' && event.again);
  await anna.client.say('after');
  await bob.hears('after');
  assert.deepEqual(bob.bodies, ['before', 'meanwhile', 'after']);
  assert.deepEqual(anna.bodies, ['before', 'meanwhile', 'after']);
});

test('a message that is too long is refused and the next one goes through', async () => {
  const anna = new Member('anna');
  await anna.client.connect();
  await assert.rejects(anna.client.say('x'.repeat(exchange.limits.bodyBytes + 1)), { reason: 'too-long' });
  await anna.client.say('fits');
});
