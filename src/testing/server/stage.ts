/** A server on trial and its clients, all gone when the test is over. */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { HalfCloseable } from '../../core/contract.ts';
import { moduleBeside } from '../../core/module-beside.ts';
import type { Counts, Handler, ServeOptions, Server, Statistics } from '../../server/index.ts';
import type { ServerSubject } from './subject.ts';

/** Ms until a test that hangs is a failure: starting processes takes its time on a busy machine. */
export const TIMEOUT = 30_000;

/** Ms until a condition that does not come true is a failure; and between two looks. */
const PATIENCE = 10_000;
const LOOK = 2;

export const ECHO = moduleBeside(import.meta.url, 'handlers/echo');
export const PUSH_ECHO = moduleBeside(import.meta.url, 'handlers/push-echo');
export const SCRIPTED = moduleBeside(import.meta.url, 'handlers/scripted');

export class Stage {
  readonly server: Server;
  readonly #subject: ServerSubject;
  readonly #clients: HalfCloseable[] = [];
  readonly #workers = new Map<HalfCloseable, number>();

  static async open(
    subject: ServerSubject,
    handler: Handler | URL = SCRIPTED,
    options: ServeOptions = {},
  ): Promise<Stage> {
    return new Stage(await subject.serve(subject.address(), handler, options), subject);
  }

  constructor(server: Server, subject: ServerSubject) {
    this.server = server;
    this.#subject = subject;
  }

  async connect(): Promise<HalfCloseable> {
    const client = await this.#subject.connect(this.server.address);
    this.#clients.push(client);
    return client;
  }

  /** A client that has asked the scripted handler for an act. */
  async ask(act: string): Promise<HalfCloseable> {
    const client = await this.connect();
    await client.write(bytes(`${act}\n`));
    return client;
  }

  /** A client whose act has begun. */
  async begin(act: string): Promise<HalfCloseable> {
    const client = await this.ask(act);
    await this.hasBegun(client);
    return client;
  }

  async hasBegun(client: HalfCloseable): Promise<void> {
    const [word, worker] = (await readLine(client)).split(' ');
    assert.equal(word, 'begun');
    this.#workers.set(client, Number(worker));
  }

  /** Who serves a client whose act has begun. */
  workerOf(client: HalfCloseable): number | undefined {
    return this.#workers.get(client);
  }

  /** What becomes of a client that only waits. A reset may come before it knows that it is connected. */
  async fate(): Promise<'end' | 'lost'> {
    const client = await this.connect().catch(() => undefined);
    return client === undefined ? 'lost' : endOf(client);
  }

  /** What has been counted since. */
  since(start: Counts): Counts {
    const now = this.server.statistics();
    return {
      accepted: now.accepted - start.accepted,
      active: now.active - start.active,
      finished: now.finished - start.finished,
      failed: now.failed - start.failed,
      aborted: now.aborted - start.aborted,
      refused: now.refused - start.refused,
    };
  }

  /** Waits until the statistics are so. */
  async until(what: string, isSo: (now: Statistics) => boolean): Promise<void> {
    const look = (): boolean => isSo(this.server.statistics());
    await until(look, () => `${what}: ${JSON.stringify(this.server.statistics())}`);
  }

  /** Waits until nothing is served, and checks that each accepted connection has ended in one way. */
  async settled(): Promise<Statistics> {
    // The counters of other threads and processes are read one after the other.
    await this.until('all has ended', (now) => now.active === 0 && now.queued === 0 && isBalanced(now));
    return this.server.statistics();
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.abort();
    this.server.abort();
    await this.server.closed;
  }
}

/** A server for all tests of a `describe`, which tell what they count from what was counted before. */
export function sharedStage(open: () => Promise<Stage>): () => Stage {
  let stage: Stage | undefined;
  before(async () => {
    stage = await open();
  });
  after(() => stage?.close());
  return () => stage!;
}

/** A test with a server of its own. */
export function stageTest(
  name: string,
  subject: ServerSubject,
  options: { handler?: Handler | URL; serve?: ServeOptions; skip?: string | false },
  run: (stage: Stage, context: TestContext) => Promise<void>,
): void {
  test(name, { timeout: TIMEOUT, skip: options.skip ?? false }, async (context) => {
    const stage = await Stage.open(subject, options.handler, options.serve);
    try {
      await run(stage, context);
    } finally {
      await stage.close();
    }
  });
}

/** Every accepted connection is active or has ended in exactly one way. */
function isBalanced({ accepted, active, finished, failed, aborted }: Counts): boolean {
  return accepted === active + finished + failed + aborted;
}

/** Waits until a condition holds, looking again and again; the words tell what was waited for. */
export async function until(isSo: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await isSo())) {
    if (performance.now() > deadline) assert.fail(`Waited in vain until ${what()}`);
    await pause(LOOK);
  }
}

/** Only where the server says no more than one line until it is asked again. */
export async function readLine(client: HalfCloseable): Promise<string> {
  let text = '';
  while (!text.endsWith('\n')) {
    const chunk = await client.read();
    assert.ok(chunk !== null, `the connection ended after "${text}"`);
    text += Buffer.from(chunk);
  }
  return text.trimEnd();
}

/** Until the server ends the connection: `end` in order, `lost` by a reset. Unix sockets know no reset. */
export async function endOf(client: HalfCloseable): Promise<'end' | 'lost'> {
  try {
    while ((await client.read()) !== null);
    return 'end';
  } catch {
    return 'lost';
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
