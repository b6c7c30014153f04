/** Servers for the tests of the load generator, and a clock that moves while they answer. */
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bytes, HalfCloseable } from '../../../core/index.ts';
import type { FakeClock } from '../../../testing/fake-clock.ts';
import { listen } from '../../../transport/index.ts';

/** What a server does with a connection. */
export type Handler = (connection: HalfCloseable, number: number) => Promise<unknown>;

export interface TestServer {
  readonly url: string;
  /** Connections so far. */
  readonly accepted: number;
  /** Accepts no more; those that are there stay. */
  refuse(): Promise<void>;
}

/** Listens until the test ends. */
export async function serve(t: TestContext, handler: Handler, url = 'memory:'): Promise<TestServer> {
  const listener = await listen(url);
  const connections = new Set<HalfCloseable>();
  const accept = async (): Promise<void> => {
    for await (const connection of listener) {
      connections.add(connection);
      handler(connection, connections.size).catch(() => connection.abort());
    }
  };
  const accepting = accept();
  t.after(async () => {
    for (const connection of connections) connection.abort();
    await listener.close();
    await accepting;
  });
  return {
    url: String(listener.address),
    get accepted() {
      return connections.size;
    },
    refuse: () => listener.close(),
  };
}

/** Each chunk goes through `change`, which may also wait, or drop it with `null`. */
export function echo(
  change: (chunk: Bytes) => Bytes | null | Promise<Bytes | null> = (chunk) => chunk,
): Handler {
  return async (connection) => {
    for await (const chunk of connection) {
      const answer = await change(chunk);
      if (answer !== null) await connection.write(answer);
    }
    await connection.close();
  };
}

/** Moves time on in small steps, and lets everything happen that a step brings about. */
export async function pass(clock: FakeClock, ms: number, step = 10): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step);
    await settled();
  }
}

/** Until what follows from what has happened has happened, in memory. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await nextTurn();
}

export function after(clock: FakeClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
