import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Router } from '../../http/routing/index.ts';
import { testContext } from '../../http/test-context.ts';
import type { ExchangeLimits } from '../limits.ts';
import { type TestHouse, testHouse } from '../test-house.ts';
import { EventScript } from './event-script.ts';
import { Events } from './events.ts';
import { answerOf } from './problem.ts';
import { enter, fill } from './test-site.ts';
import { WebClients } from './web-clients.ts';

interface Heard {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Record<string, unknown>;
}

/** One who listens. */
class Listener {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = '';

  constructor(response: Response) {
    this.response = response;
    this.#reader = response.body!.getReader();
  }

  /** The next block, without its end; `null` at the end. */
  async block(): Promise<string | null> {
    while (!this.#text.includes('\n\n')) {
      const { value, done } = await this.#reader.read();
      if (done) return null;
      this.#text += Buffer.from(value).toString();
    }
    const end = this.#text.indexOf('\n\n');
    const block = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return block;
  }

  /** The next event, as a browser would tell it. */
  async next(): Promise<Heard> {
    for (;;) {
      const block = await this.block();
      assert.ok(block !== null, 'the stream ended');
      const fields = Object.fromEntries(
        block.split('\n').map((line) => /^(\w*): ?(.*)$/s.exec(line)!.slice(1, 3)),
      );
      if (fields.data === undefined) continue;
      return {
        event: fields.event!,
        id: fields.id,
        data: JSON.parse(fields.data) as Record<string, unknown>,
      };
    }
  }

  async ids(count: number): Promise<(string | undefined)[]> {
    const ids = [];
    while (ids.length < count) ids.push((await this.next()).id);
    return ids;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

interface Stage {
  readonly house: TestHouse;
  readonly clients: WebClients;
  listen(path?: string, headers?: Record<string, string>): Promise<Listener>;
  ask(path: string, headers?: Record<string, string>): Promise<Response>;
}

function stage(limits: Partial<ExchangeLimits> = {}): Stage {
  const house = testHouse(limits);
  const clients = new WebClients(house);
  const events = new Events(house, new EventScript(house.json), clients);
  const router = new Router().get('/:room/events', events.listen);
  const ask = async (path: string, headers = {}): Promise<Response> => {
    try {
      return await router.fetch(new Request(`http://127.0.0.1:8080${path}`, { headers }), testContext());
    } catch (thrown) {
      return answerOf(thrown)!;
    }
  };
  const listen = async (path = '/lobby/events', headers = {}): Promise<Listener> => {
    const response = await ask(path, headers);
    assert.equal(response.status, 200);
    return new Listener(response);
  };
  return { house, clients, ask, listen };
}

test('a listener hears what happens in the room, each with its type, messages with their ids', async () => {
  const { house, listen } = stage();
  const listener = await listen();
  assert.equal(listener.response.headers.get('content-type'), 'text/event-stream');
  assert.equal(await listener.block(), ': listening\nretry: 2000');
  enter(house, 'anna');
  enter(house, 'bob', 'dev');
  await fill(house, 1);
  const joined = await listener.next();
  assert.deepEqual([joined.event, joined.id, joined.data.member], ['joined', undefined, 'anna']);
  const { event, id, data } = await listener.next();
  assert.deepEqual([event, id], ['message', '1']);
  assert.deepEqual(data, {
    type: 'message',
    id: 1,
    room: 'lobby',
    sender: 'speaker-1',
    time: '2026-01-02T03:04:05.006Z',
    kind: 'say',
    body: 'body 1',
    door: 'http',
  });
});

test('text with every kind of line break stays one event', async () => {
  const { house, listen } = stage();
  const listener = await listen();
  const body = 'a\nb\r\nc\rd\u2028e\n\nevent: message\ndata: forged\n\n';
  house.hub.post('a', 'cron', 'lobby', 'say', body, () => {});
  await fill(house, 1);
  assert.equal((await listener.next()).data.body, body);
  assert.equal((await listener.next()).data.body, 'body 1');
});

test('who comes back hears first what they missed, without a gap and without a repetition', async () => {
  const { house, listen } = stage();
  await fill(house, 5);
  const back = await listen('/lobby/events', { 'last-event-id': '2' });
  house.hub.post('a', 'cron', 'lobby', 'say', 'said in the same turn', () => {});
  await turn();
  assert.deepEqual(await back.ids(4), ['3', '4', '5', '6']);
  const first = await listen('/lobby/events?after=4');
  assert.deepEqual(await first.ids(2), ['5', '6']);
  const both = await listen('/lobby/events?after=1', { 'last-event-id': '5' });
  assert.deepEqual(await both.ids(1), ['6'], 'what the browser saw last counts');
});

test('what was said in this turn before the listener came is in what it missed', async () => {
  const { house, listen } = stage();
  house.hub.post('a', 'cron', 'lobby', 'say', 'one', () => {});
  const listener = await listen('/lobby/events?after=0');
  house.hub.post('a', 'cron', 'lobby', 'say', 'two', () => {});
  await turn();
  assert.deepEqual(await listener.ids(2), ['1', '2']);
});

test('who missed more than a page is told how much', async () => {
  const { house, listen } = stage({ historyMessages: 3 });
  await fill(house, 10);
  const listener = await listen('/lobby/events?after=2');
  const { event, data } = await listener.next();
  assert.deepEqual([event, data], ['missed', { type: 'missed', count: 5 }]);
  assert.deepEqual(await listener.ids(3), ['8', '9', '10']);
});

test('silence is broken by a sign of life', async () => {
  const { house, listen } = stage();
  const listener = await listen();
  await listener.block();
  await turn();
  house.clock.advance(15_000);
  assert.equal(await listener.block(), ': ');
  await fill(house, 1);
  house.clock.advance(14_000);
  assert.match((await listener.block())!, /^event: message/);
  house.clock.advance(1_000);
  assert.equal(await listener.block(), ': ');
});

test("who reads too slowly is told what it missed, and let go in the end, at nobody else's cost", async () => {
  const { house, clients, listen } = stage({ outboxBytes: 64 * 1024, slow: 10_000, rate: 1e9, burst: 1e9 });
  const slow = await listen();
  const other = enter(house, 'anna');
  for (let index = 0; index < 60; index++) {
    house.hub.post('a', `s-${index}`, 'lobby', 'say', 'x'.repeat(4_000), () => {});
    await turn();
  }
  assert.equal(other.heard.filter((one) => (one as { type: string }).type === 'message').length, 60);
  assert.ok(house.tally.dropped > 0);
  let seen = 0;
  for (let event = await slow.next(); event.event !== 'missed'; event = await slow.next()) {
    assert.equal(event.event === 'message' || event.event === 'joined', true);
    seen += event.event === 'message' ? 1 : 0;
    if (seen + house.tally.dropped === 60) house.clock.advance(1_000);
  }
  for (let index = 0; index < 60; index++) {
    house.hub.post('a', `s-${index}`, 'lobby', 'say', 'x'.repeat(4_000), () => {});
    await turn();
  }
  house.clock.advance(11_000);
  assert.deepEqual([clients.size, house.admission.connections, house.tally.slow], [0, 0, 1]);
  await assert.rejects(
    (async () => {
      for (;;) await slow.next();
    })(),
    /you read too slowly/,
  );
});

test('a listener that goes is forgotten, and its room with it', async () => {
  const { house, clients, listen } = stage();
  const listener = await listen('/dev/events');
  assert.deepEqual([clients.size, house.admission.connections, house.hub.roomCount], [1, 1, 2]);
  await listener.cancel();
  assert.deepEqual([clients.size, house.admission.connections, house.hub.roomCount], [0, 0, 1]);
});

test('closing says goodbye', async () => {
  const { house, clients, listen } = stage();
  const listener = await listen();
  house.hub.close('the exchange is closing');
  assert.deepEqual((await listener.next()).data, { type: 'bye', reason: 'the exchange is closing' });
  assert.equal(await listener.block(), null);
  assert.equal(clients.size, 0);
});

test('who cannot be let in is told why, and leaves nothing behind', async () => {
  const { house, clients, ask, listen } = stage({ connections: 1, rooms: 2 });
  const codeOf = async (path: string, headers = {}): Promise<unknown> =>
    ((await (await ask(path, headers)).json()) as { code: string }).code;
  assert.equal(await codeOf('/a%20b/events'), 'bad-room');
  assert.equal(await codeOf('/lobby/events', { 'last-event-id': 'x' }), 'bad-request');
  assert.equal(await codeOf('/lobby/events?after=-1'), 'bad-request');
  assert.equal(await codeOf('/lobby/events', { accept: 'application/json' }), 'not-acceptable');
  assert.equal(clients.size, 0);
  const listener = await listen('/dev/events');
  assert.equal(await codeOf('/dev/events'), 'full');
  await listener.cancel();
  enter(house, 'anna', 'third');
  assert.equal(await codeOf('/dev/events'), 'limit');
  house.hub.history.count = () => {
    throw new Error('the disk is gone');
  };
  assert.equal(await codeOf('/lobby/events?after=0'), 'storage');
  assert.deepEqual([clients.size, house.admission.connections], [0, 0]);
  assert.equal(house.hub.find('lobby')!.listeners.size, 0);
});
