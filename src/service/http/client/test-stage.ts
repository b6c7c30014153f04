/** A client in memory whose servers are written down in the test, byte by byte. */
import { type Bytes, type HalfCloseable, NetError } from '../../../core/index.ts';
import { linkedPair } from '../../../testing/linked-pair.ts';
import { HttpClient } from './http-client.ts';
import type { HttpClientOptions } from './options.ts';

/** The server's end of a connection. */
export class Peer {
  readonly connection: HalfCloseable;
  #rest = '';

  constructor(connection: HalfCloseable) {
    this.connection = connection;
  }

  /** The head of the next request; `null` when the client has ended. */
  async head(): Promise<string | null> {
    const head = await this.until('\r\n\r\n');
    return head === null ? null : head.slice(0, -4);
  }

  /** Up to and with `mark`. */
  async until(mark: string): Promise<string | null> {
    for (;;) {
      const at = this.#rest.indexOf(mark);
      if (at >= 0) return this.#take(at + mark.length);
      if (!(await this.#read())) return null;
    }
  }

  async bytes(count: number): Promise<string> {
    while (this.#rest.length < count) if (!(await this.#read())) throw new Error('the client ended early');
    return this.#take(count);
  }

  /** All that still comes. */
  async rest(): Promise<string> {
    while (await this.#read());
    return this.#take(this.#rest.length);
  }

  write(text: string | Bytes): Promise<void> {
    return this.connection.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** A whole answer with that body. */
  answer(body = '', head = 'HTTP/1.1 200 OK'): Promise<void> {
    return this.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }

  async #read(): Promise<boolean> {
    const chunk = await this.connection.read();
    if (chunk !== null) this.#rest += Buffer.from(chunk).toString('latin1');
    return chunk !== null;
  }

  #take(count: number): string {
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return taken;
  }
}

export interface Stage extends AsyncDisposable {
  readonly client: HttpClient;
  /** The addresses that were connected to, in order. */
  readonly connected: string[];
  /** Settles when all servers have returned; what one of them threw is thrown. */
  readonly served: () => Promise<unknown>;
}

/**
 * @param serve is run for each connection, `index` counting from 0; a client that leaves early is no failure
 */
export function stage(
  serve: (peer: Peer, index: number) => Promise<unknown>,
  options: HttpClientOptions = {},
): Stage {
  const connected: string[] = [];
  const servers: Promise<unknown>[] = [];
  const ends: HalfCloseable[] = [];
  const client = new HttpClient({
    userAgent: '',
    decompress: false,
    connect: async (address) => {
      const [near, far] = linkedPair();
      ends.push(far);
      const index = connected.push(String(address)) - 1;
      servers.push(serve(new Peer(far), index).catch((error) => unlessLost(error, far)));
      return near;
    },
    ...options,
  });
  const served = (): Promise<unknown> => Promise.all(servers);
  return {
    client,
    connected,
    served,
    async [Symbol.asyncDispose]() {
      client.abort();
      await client.close();
      for (const end of ends) end.abort();
    },
  };
}

/** A test that fails in its server is not to wait for an answer. */
function unlessLost(error: unknown, connection: HalfCloseable): void {
  if (error instanceof NetError) return;
  connection.abort();
  throw error;
}

/** Enough for chains of promises to settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
