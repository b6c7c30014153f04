/** A server on trial with workers elsewhere, its clients and what it said; all gone when the test is over. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { HalfCloseable } from '../../core/index.ts';
import { connect } from '../../transport/index.ts';
import {
  type ServeOptions,
  type Server,
  type ServerEvent,
  type Statistics,
  serve,
  serverEvents,
} from '../index.ts';

/** Ms until a condition that does not come true is a failure; and between two looks. */
const PATIENCE = 20_000;
const LOOK = 2;

export function testHandler(name: string): URL {
  return new URL(`./test-handlers/${name}.ts`, import.meta.url);
}

export class Trial implements AsyncDisposable {
  readonly server: Server;
  readonly events: ServerEvent[] = [];
  readonly #clients: HalfCloseable[] = [];
  readonly #onEvent = (event: unknown): void => {
    if ((event as ServerEvent).server === this.server) this.events.push(event as ServerEvent);
  };

  static async open(
    handler: URL | string,
    options: ServeOptions,
    address = 'tcp://127.0.0.1:0',
  ): Promise<Trial> {
    const module = typeof handler === 'string' ? testHandler(handler) : handler;
    return new Trial(await serve(address, module, { signals: false, ...options }));
  }

  constructor(server: Server) {
    this.server = server;
    serverEvents.subscribe(this.#onEvent);
  }

  get statistics(): Statistics {
    return this.server.statistics();
  }

  async connect(): Promise<HalfCloseable> {
    const client = await connect(this.server.address);
    this.#clients.push(client);
    return client;
  }

  /** One connection from its beginning to its end, in order. */
  async exchange(text: string): Promise<void> {
    const client = await connect(this.server.address);
    try {
      await client.write(Buffer.from(text));
      await client.end();
      let got = '';
      for await (const chunk of client) got += Buffer.from(chunk);
      assert.equal(got, text);
    } finally {
      await client.close();
    }
  }

  /**
   * Clients that come one after the other, until the function that it returns is called; that says what became of them.
   * @param canLose whether some may be refused or reset
   */
  load(loops: number, canLose = false): () => Promise<{ served: number; lost: number }> {
    let isOver = false;
    const count = { served: 0, lost: 0 };
    const loop = async (): Promise<void> => {
      while (!isOver) {
        try {
          await this.exchange(`client ${count.served}`);
          count.served++;
        } catch (error) {
          count.lost++;
          if (!canLose) throw error;
        }
      }
    };
    const running = Promise.all(Array.from({ length: loops }, loop));
    // Whoever stops it hears of it.
    running.catch(() => {});
    return async () => {
      isOver = true;
      await running;
      return count;
    };
  }

  async until(what: string, isSo: (now: Statistics) => boolean): Promise<void> {
    await until(`${what}: ${JSON.stringify(this.statistics)}`, () => isSo(this.statistics));
  }

  /** Each accepted connection has ended in one way. */
  async settled(): Promise<Statistics> {
    await this.until('all has ended', (now) => now.active === 0 && now.queued === 0);
    const now = this.statistics;
    assert.equal(now.accepted, now.finished + now.failed + now.aborted);
    return now;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.abort();
    this.server.abort();
    await this.server.closed;
    serverEvents.unsubscribe(this.#onEvent);
  }
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!isSo()) {
    if (performance.now() > deadline) assert.fail(`Waited in vain until ${what}`);
    await pause(LOOK);
  }
}

/** The text that comes back. */
export async function ask(client: HalfCloseable, text: string): Promise<string> {
  await client.write(Buffer.from(text));
  return Buffer.from((await client.read()) ?? []).toString();
}

/** How the peer ended it. */
export async function endOf(client: HalfCloseable): Promise<'end' | 'lost'> {
  try {
    while ((await client.read()) !== null);
    return 'end';
  } catch {
    return 'lost';
  }
}

/** Processes that `parent` started and that are there, as zombies too (proc(5), /proc/pid/stat). */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

function parentOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]);
  } catch {
    return -1;
  }
}
