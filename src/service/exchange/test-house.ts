/** What the tests of the exchange share: a house without a disk, a client to talk with. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { HalfCloseable } from '../../core/index.ts';
import { type FakeClock, fakeClock } from '../../testing/index.ts';
import { memory } from '../../transport/memory/index.ts';
import { AccessGate } from './access/access-gate.ts';
import { Admission } from './admission.ts';
import type { Batch, Outlet, Private } from './event.ts';
import { Flusher } from './flusher.ts';
import { History } from './history.ts';
import type { House } from './house.ts';
import { Hub } from './hub.ts';
import { JsonFormat } from './json-format.ts';
import { type ExchangeLimits, exchangeLimits } from './limits.ts';
import { LineDoor } from './line-door.ts';
import { Tally } from './tally.ts';
import { TextFormat } from './text-format.ts';

/** 2026-01-02T03:04:05.006Z */
export const WALL_TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

export interface TestHouse extends House {
  readonly clock: FakeClock;
}

export function testHouse(
  limits: Partial<ExchangeLimits> = {},
  history?: History,
  token: string | null = null,
): TestHouse {
  const all = exchangeLimits(limits);
  const clock = fakeClock();
  const wallTime = (): number => WALL_TIME;
  return {
    hub: new Hub({ history: history ?? new History(null, all), limits: all, clock, wallTime }),
    admission: new Admission(all, clock),
    clock,
    wallTime,
    limits: all,
    server: 'modnet/test',
    json: new JsonFormat(),
    text: new TextFormat(),
    flusher: new Flusher(),
    gate: token === null ? null : new AccessGate(token, clock),
    tally: new Tally(),
    doors: [],
    since: clock.now(),
  };
}

/** Remembers what it is told. */
export class Ear implements Outlet {
  readonly heard: unknown[] = [];

  onEvents(batch: Batch): void {
    this.heard.push(...batch.events);
  }

  onPrivate(event: Private): void {
    this.heard.push(event);
  }

  onDismissed(reason: string): void {
    this.heard.push({ type: 'dismissed', reason });
  }
}

/** A door in memory, and a way in. It asks for the token if the house has one. */
export async function memoryDoor(house: House): Promise<{ door: LineDoor; enter: () => Promise<Client> }> {
  const listener = await memory.listen('memory:', { closeGrace: 1000 });
  const door = new LineDoor(house, listener, 'memory', true);
  return { door, enter: async () => new Client(await memory.connect(listener.address)) };
}

const encoder = new TextEncoder();

/** A person or a program at the other end. */
export class Client {
  readonly connection: HalfCloseable;
  #text = '';
  #lines: string[] = [];
  #decoder = new TextDecoder();

  constructor(connection: HalfCloseable) {
    this.connection = connection;
  }

  async write(data: string | Uint8Array): Promise<void> {
    await this.connection.write(typeof data === 'string' ? encoder.encode(data) : data);
  }

  /** JSON lines. */
  async ask(...requests: object[]): Promise<void> {
    await this.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  }

  /** The next line, without its end; `null` at the end. */
  async line(): Promise<string | null> {
    while (this.#lines.length === 0) {
      const chunk = await this.connection.read();
      if (chunk === null) {
        assert.equal(this.#text, '');
        return null;
      }
      const lines = (this.#text + this.#decoder.decode(chunk, { stream: true })).split('\n');
      this.#text = lines.pop()!;
      this.#lines = lines;
    }
    return this.#lines.shift()!;
  }

  async lines(count: number): Promise<(string | null)[]> {
    const lines: (string | null)[] = [];
    while (lines.length < count) lines.push(await this.line());
    return lines;
  }

  /** Reads until a line matches, and returns it. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = await this.line();
      assert.ok(line !== null, `the end came before ${pattern}`);
      if (pattern.test(line)) return line;
    }
  }

  /** The next JSON object. */
  async message(): Promise<Record<string, unknown>> {
    const line = await this.line();
    assert.ok(line !== null, 'the end came before a message');
    return JSON.parse(line) as Record<string, unknown>;
  }

  /** Reads until a message of the type, and returns it. */
  async messageOf(type: string): Promise<Record<string, unknown>> {
    for (;;) {
      const message = await this.message();
      if (message.type === type) return message;
    }
  }

  /** Everything until the end. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== null; line = await this.line()) lines.push(line);
    return lines;
  }
}

export interface Stage {
  readonly house: TestHouse;
  readonly door: LineDoor;
  readonly enter: () => Promise<Client>;
}

export async function stage(
  t: TestContext | null,
  limits: Partial<ExchangeLimits> = {},
  token: string | null = null,
): Promise<Stage> {
  const house = testHouse(limits, undefined, token);
  const { door, enter } = await memoryDoor(house);
  t?.after(() => door.close(AbortSignal.abort()));
  return { house, door, enter };
}

/** A person who has been greeted under the name. */
export async function person({ enter }: Stage, name: string): Promise<Client> {
  const client = await enter();
  await client.write(`/nick ${name}\n`);
  await client.until(/help shows more/);
  await turn();
  return client;
}

/** A program that has been welcomed under the name, and has seen itself join. */
export async function program({ enter }: Stage, name: string): Promise<Client> {
  const client = await enter();
  await client.ask({ type: 'hello', name });
  await client.messageOf('joined');
  return client;
}
