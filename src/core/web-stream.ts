/** Between connections and the streams of the WHATWG. Backpressure is kept both ways. */
import { type ConnectionOptions, type Endpoints, WireConnection } from './connection.ts';
import type { Bytes, Connection, HalfCloseable, Receiver, Wire } from './contract.ts';
import { NetError, toNetError } from './error.ts';
import { PENDING_HIGH, PENDING_LIMIT, pendingLimitError } from './pending.ts';

export interface WebStreams {
  readonly readable: ReadableStream<Bytes>;
  readonly writable: WritableStream<Bytes>;
}

/**
 * The connection as a pair of streams. Closing the writable ends the sending half. Cancelling the readable, or
 * aborting the writable, aborts the connection: a connection cannot refuse one direction alone.
 */
export function toWebStreams(connection: HalfCloseable): WebStreams {
  return { readable: readableOf(connection), writable: writableOf(connection) };
}

/** The pair as a connection. The streams belong to it from now on. */
export function fromWebStreams(
  streams: WebStreams,
  endpoints: Endpoints,
  options: ConnectionOptions = {},
): HalfCloseable {
  const what = (): string => `The connection with ${endpoints.remote} was lost`;
  return new WireConnection(new WebStreamWire(streams, what), endpoints, options);
}

/** With no queue of its own: the connection reads ahead already. */
function readableOf(connection: Connection): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const chunk = await connection.read();
        if (chunk === null) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => connection.abort(asError(reason)),
    },
    { highWaterMark: 0 },
  );
}

function writableOf(connection: HalfCloseable): WritableStream<Bytes> {
  return new WritableStream<Bytes>({
    write: (chunk) => connection.write(chunk),
    close: () => connection.end(),
    abort: (reason) => connection.abort(asError(reason)),
  });
}

function asError(reason: unknown): Error | undefined {
  if (reason === undefined) return undefined;
  return reason instanceof Error ? reason : new NetError('closed', String(reason));
}

class WebStreamWire implements Wire {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #what: () => string;
  #receiver: Receiver | undefined;
  #pending = 0;
  #drainWanted = false;
  #paused = false;
  #reading = false;
  #ended = false;
  #finished = false;
  #readEnded = false;
  #closed = false;
  #aborted = false;

  constructor(streams: WebStreams, what: () => string) {
    this.#reader = streams.readable.getReader();
    this.#writer = streams.writable.getWriter();
    this.#what = what;
    this.#writer.closed.catch((error: unknown) => this.#fail(error));
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get pending(): number {
    return this.#pending;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    queueMicrotask(() => void this.#read());
  }

  push(data: Bytes): boolean {
    if (this.#ended || this.#closed) return false;
    if (this.#pending >= PENDING_LIMIT) {
      this.abort(pendingLimitError(this.#what()));
      return false;
    }
    this.#pending += data.length;
    void this.#write(data);
    this.#drainWanted ||= this.#pending >= PENDING_HIGH;
    return !this.#drainWanted;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    queueMicrotask(() => void this.#read());
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    void this.#finish();
  }

  abort(reason?: Error): void {
    this.#aborted = true;
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.cancel(reason).catch(() => {});
    this.#writer.abort(reason).catch(() => {});
    queueMicrotask(() => this.#receiver?.onClose(reason));
  }

  async #read(): Promise<void> {
    if (this.#reading || this.#receiver === undefined) return;
    this.#reading = true;
    try {
      while (!this.#paused && !this.#closed && !this.#readEnded) {
        const { value, done } = await this.#reader.read();
        if (this.#closed) return;
        if (done) this.#onEnd();
        else if (value.length > 0) this.#tell((to) => to.onData(value));
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#reading = false;
    }
  }

  async #write(data: Bytes): Promise<void> {
    try {
      await this.#writer.write(data);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#pending -= data.length;
    if (this.#pending > 0 || !this.#drainWanted) return;
    this.#drainWanted = false;
    this.#tell((to) => to.onDrain());
  }

  async #finish(): Promise<void> {
    try {
      await this.#writer.close();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#finished = true;
    this.#closeWhenEnded();
  }

  #onEnd(): void {
    this.#readEnded = true;
    this.#tell((to) => to.onEnd());
    this.#closeWhenEnded();
  }

  #closeWhenEnded(): void {
    if (this.#closed || !this.#finished || !this.#readEnded) return;
    this.#closed = true;
    this.#receiver?.onClose();
  }

  #fail(error: unknown): void {
    this.abort(toNetError(error, this.#what()));
  }

  #tell(call: (receiver: Receiver) => void): void {
    if (this.#closed) return;
    try {
      call(this.#receiver!);
    } catch (thrown) {
      this.abort(toNetError(thrown, 'The receiver failed'));
    }
  }
}
