/** What the suite for transports is run on, and what its parts share. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Address } from '../../core/address.ts';
import type { ConnectionOptions } from '../../core/connection.ts';
import type { Bytes, Connection, HalfCloseable, Listener, Receiver, Wire } from '../../core/contract.ts';
import { NetError, type NetErrorCode } from '../../core/error.ts';

/** Two ends of one connection. */
export type Pair = readonly [HalfCloseable, HalfCloseable];

export interface TransportSubject {
  /** Connects two ends. */
  open(options?: ConnectionOptions): Promise<Pair>;
  /** Whether `abort` reaches the peer as a reset, and not as an end like any other. Default yes. */
  readonly hasReset?: boolean;
  /** Left out for connections without a listener. */
  readonly listening?: ListeningSubject | undefined;
}

export interface ListeningSubject {
  /** On an address of its own each time. */
  listen(): Promise<Listener<HalfCloseable>>;
  connect(address: Address, signal?: AbortSignal): Promise<HalfCloseable>;
}

/** A transport as a subject. */
export interface PlainTransport {
  connect(address: Address, options?: object): Promise<HalfCloseable>;
  listen(address: Address | string, options?: object): Promise<Listener<HalfCloseable>>;
}

/**
 * A subject of anything with `connect` and `listen`.
 * @param address makes an address to listen on, a free one each time
 * @param fixed passed to both, such as the driver
 */
export function subjectOf(
  transport: PlainTransport,
  address: () => Address | string,
  fixed: object = {},
  hasReset = true,
): TransportSubject {
  return {
    hasReset,
    async open(options = {}) {
      const listener = await transport.listen(address(), { ...fixed, ...options });
      const client = await transport.connect(listener.address, { ...fixed, ...options });
      const server = await listener.receive();
      await listener.close();
      return [client, server!];
    },
    listening: {
      listen: () => transport.listen(address(), fixed),
      connect: (to, signal) => transport.connect(to, { ...fixed, signal }),
    },
  };
}

/** Ms until a test that hangs is a failure. */
const TIMEOUT = 20_000;

/** A test on a fresh pair, which is gone afterwards whatever happened. */
export function pairTest(
  name: string,
  subject: TransportSubject,
  run: (a: HalfCloseable, b: HalfCloseable, context: TestContext) => Promise<void>,
  options: ConnectionOptions = {},
): void {
  test(name, { timeout: TIMEOUT }, async (context) => {
    const [a, b] = await subject.open(options);
    try {
      await run(a, b, context);
    } finally {
      a.abort();
      b.abort();
      await Promise.all([a.closed, b.closed]);
    }
  });
}

export function bytes(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Reads to the end. */
export async function readAll(connection: Connection): Promise<Buffer> {
  const chunks: Bytes[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads until `count` bytes have come. */
export async function readExactly(connection: Connection, count: number): Promise<Buffer> {
  const chunks: Bytes[] = [];
  let length = 0;
  while (length < count) {
    const chunk = await connection.read();
    if (chunk === null) break;
    chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Asserts the code of a rejection, and that a person can read what it was about. */
export async function rejectsWith(promise: Promise<unknown>, ...codes: NetErrorCode[]): Promise<NetError> {
  const error = await promise.then(
    () => assert.fail(`resolved; expected ${codes.join(' or ')}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NetError, `not a NetError: ${String(error)}`);
  assert.ok(
    codes.includes(error.code),
    `code ${error.code} (${error.message}); expected ${codes.join(' or ')}`,
  );
  assert.ok(error.message.length > 10);
  return error;
}

/** Lets the loop turn, so that what is under way arrives. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const CHUNK = 64 * 1024;
/** Turns of the loop without progress after which a writer counts as blocked. */
const QUIET = 50;

export interface Flood {
  /** Bytes whose write has resolved. */
  written: number;
  /** Settles when the flood is over: with the error that ended it, if one did. */
  readonly over: Promise<unknown>;
  readonly isOver: boolean;
}

/** Writes up to `limit` bytes in chunks, each after the last has resolved. Resolves when it is blocked or through. */
export async function flood(connection: Connection, limit: number): Promise<Flood> {
  const state = { written: 0, isOver: false, over: Promise.resolve<unknown>(undefined) };
  const run = async (): Promise<unknown> => {
    try {
      for (; state.written < limit; state.written += CHUNK)
        await connection.write(new Uint8Array(CHUNK).fill(7));
      return undefined;
    } catch (error) {
      return error;
    } finally {
      state.isOver = true;
    }
  };
  state.over = run();
  for (let quiet = 0, seen = -1; quiet < QUIET && !state.isOver; ) {
    await turns(1);
    quiet = state.written === seen ? quiet + 1 : 0;
    seen = state.written;
  }
  return state;
}

/** Writes down what it is told, and can be waited on. */
export class RecordingReceiver implements Receiver {
  readonly chunks: Bytes[] = [];
  readonly calls: string[] = [];
  readonly closed: Promise<Error | undefined>;
  wire: Wire | undefined;
  readonly #settle: (reason: Error | undefined) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settle = resolve;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  onData(chunk: Bytes): void {
    this.calls.push('data');
    this.chunks.push(chunk);
  }

  onEnd(): void {
    this.calls.push('end');
  }

  onDrain(): void {
    this.calls.push('drain');
  }

  onClose(reason?: Error): void {
    this.calls.push('close');
    this.#settle(reason);
  }
}

/** Descriptors of this process, or `undefined` where the system does not say. */
export function openDescriptors(): number | undefined {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : undefined;
}
