/** A client and a server of HTTP joined in memory, with time that stands: what is said is answered before `say` settles. */
import type { Bytes, HalfCloseable, Wire } from '../../../core/index.ts';
import type { Handler } from '../../../server/index.ts';
import { type FakeClock, fakeClock, linkedPair } from '../../../testing/index.ts';
import type { HttpHandler } from '../contract.ts';
import { httpHandler } from './http-handler.ts';
import type { HttpOptions } from './options.ts';

export class Dialogue {
  readonly clock: FakeClock = fakeClock();
  readonly wire: Wire;
  /** How the handler of the connection ended. */
  readonly outcome: Promise<Error | undefined>;
  readonly #chunks: Bytes[] = [];
  readonly #drain = new AbortController();
  /** What the client saw last. */
  state: 'open' | 'ended' | 'closed' | 'reset' = 'open';

  constructor(handler: HttpHandler, options: HttpOptions = {}) {
    const serving = httpHandler(handler, { ...options, clock: this.clock });
    const [client, server] = linkedPair({ clock: this.clock });
    this.wire = client.attach({
      onData: (chunk) => void this.#chunks.push(chunk),
      onEnd: () => {
        this.state = 'ended';
      },
      onDrain() {},
      onClose: (reason) => {
        this.state = reason === undefined ? 'closed' : 'reset';
      },
    });
    this.outcome = this.#serve(serving, server);
  }

  /** All that came, as Latin-1, without the dates. */
  get heard(): string {
    return this.raw.replaceAll(/date: [^\r]*\r\n/g, '');
  }

  get raw(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  /** The heads and bodies of what came, where the bodies are as long as they say. */
  get statuses(): number[] {
    return Array.from(this.raw.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
  }

  /** Bytes that the client has not taken from the server, or given to it. */
  get pending(): number {
    return this.wire.pending;
  }

  async say(text: string | Bytes): Promise<string> {
    this.wire.push(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    await this.settle();
    return this.heard;
  }

  /** Every microtask, and what they bring about. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    await this.settle();
    this.clock.advance(ms);
    await this.settle();
  }

  async drain(): Promise<void> {
    this.#drain.abort(new Error('draining'));
    await this.settle();
  }

  /** As the stations of modnet/server do. */
  async #serve(handler: Handler, connection: HalfCloseable): Promise<Error | undefined> {
    try {
      const context = {
        architecture: 'reactor',
        worker: 0,
        shared: undefined,
        signal: this.#drain.signal,
      } as const;
      await handler(connection, context);
      await connection.close();
      return undefined;
    } catch (error) {
      connection.abort(error as Error);
      return error as Error;
    }
  }
}

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** What a server answers to a `GET` with this body. */
export function okText(body: string, ...fields: string[]): string {
  const head = ['HTTP/1.1 200 OK', 'content-type: text/plain;charset=UTF-8', ...fields];
  return `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
