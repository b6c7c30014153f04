/** A chat client before a fake exchange, on a clock that the test moves. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../core/index.ts';
import { ChatClient, type ChatClientOptions, type ChatEvent } from '../service/chat/index.ts';
import { FakeExchange } from './fake-exchange.ts';

export class ChatStage implements AsyncDisposable {
  readonly clock = new StageClock();
  readonly exchange: FakeExchange;
  /** What the clients told. */
  readonly events: ChatEvent[] = [];
  readonly #clients: ChatClient[] = [];

  static async open(): Promise<ChatStage> {
    return new ChatStage(await FakeExchange.start());
  }

  private constructor(exchange: FakeExchange) {
    this.exchange = exchange;
  }

  create(options: Partial<ChatClientOptions> = {}): ChatClient {
    const client = new ChatClient({
      name: 'anna',
      clock: this.clock,
      random: () => 1,
      dial: this.exchange.dial,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  async connected(options: Partial<ChatClientOptions> = {}): Promise<ChatClient> {
    const client = this.create(options);
    await client.connect();
    await settled();
    return client;
  }

  /** Everything that was said in rooms, as it was told. */
  get bodies(): string[] {
    return this.events.flatMap((event) => {
      if (event.type === 'past') return event.messages.map(({ body }) => body);
      return event.type === 'message' ? [event.body] : [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.abort();
    await this.exchange.stop();
  }
}

/** The memory transport and all promises behind it have come to rest. */
export async function settled(): Promise<void> {
  for (let count = 0; count < 20; count++) await turn();
}

class StageClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): Timer {
    const timer = { at: this.#now + delay, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** What comes due runs, in order. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const timer of due.sort((a, b) => a.at - b.at)) timer.callback();
  }
}
