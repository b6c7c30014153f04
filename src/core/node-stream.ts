/**
 * Between connections and the streams of Node: a wire over any `Duplex`, and a `Duplex` over any connection.
 * Backpressure is kept both ways.
 */
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { namedAddress } from './address.ts';
import { type ConnectionOptions, type Endpoints, WireConnection } from './connection.ts';
import type { Bytes, Connection, HalfCloseable, Receiver, Wire } from './contract.ts';
import { NetError, toNetError } from './error.ts';
import { PENDING_LIMIT, pendingLimitError } from './pending.ts';

const UNNAMED: Endpoints = {
  local: namedAddress('stream', 'local'),
  remote: namedAddress('stream', 'remote'),
};

/** The stream as a connection. The stream belongs to the connection from now on. */
export function fromNodeStream(
  stream: Duplex,
  endpoints: Endpoints = UNNAMED,
  options: ConnectionOptions = {},
): HalfCloseable {
  const wire = new NodeStreamWire(stream, () => `The connection with ${endpoints.remote} was lost`);
  return new WireConnection(wire, endpoints, options);
}

/**
 * The connection as a stream. The connection belongs to the stream from now on: destroying the stream aborts it. A
 * buffer that was written must not be changed afterwards, not even after the callback of the write.
 */
export function toNodeStream(connection: Connection): Duplex {
  return new ConnectionStream(connection);
}

/**
 * A wire on a stream of Node; with a `net.Socket`, the node driver's wire.
 *
 * While paused, Node itself reads on until its buffer (64 KiB) is full; from then on it sees a reset only when it
 * writes or is resumed.
 */
export class NodeStreamWire implements Wire {
  readonly #stream: Duplex;
  readonly #what: () => string;
  #receiver: Receiver | undefined;
  #ended = false;
  #aborted = false;
  #closed = false;
  #drainWanted = false;
  #received = 0;
  #pushed = 0;
  #reason: Error | undefined;

  /** @param what what to say of a failure: `The connection with tcp://127.0.0.1:7000 was lost` */
  constructor(stream: Duplex, what: () => string) {
    this.#stream = stream;
    this.#what = what;
    // Otherwise Node would end our half when the peer ends its own.
    stream.allowHalfOpen = true;
    stream.on('error', (error) => {
      this.#reason ??= toNetError(error, what());
    });
    stream.on('close', () => this.#onClose());
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get pending(): number {
    return this.#stream.writableLength;
  }

  get moved(): number {
    return this.#received + this.#pushed - this.pending;
  }

  start(receiver: Receiver): void {
    const first = this.#receiver === undefined;
    this.#receiver = receiver;
    if (this.#stream.closed) queueMicrotask(() => this.#onClose());
    if (!first) return;
    const stream = this.#stream;
    stream.on('data', (chunk: Bytes) => this.#onData(chunk));
    if (stream.readableEnded) queueMicrotask(() => this.#tell((to) => to.onEnd()));
    else stream.on('end', () => this.#tell((to) => to.onEnd()));
    stream.on('drain', () => this.#onDrain());
    // A stream that is ending emits no 'drain'.
    stream.on('finish', () => this.#onDrain());
  }

  push(data: Bytes): boolean {
    if (this.#ended || this.#aborted || this.#stream.destroyed) return false;
    if (this.#stream.writableLength >= PENDING_LIMIT) {
      this.abort(pendingLimitError(this.#what()));
      return false;
    }
    this.#pushed += data.length;
    const room = this.#stream.write(data);
    if (!room) this.#drainWanted = true;
    return room;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    if (this.#ended || this.#aborted) return;
    this.#ended = true;
    this.#stream.end();
  }

  abort(reason?: Error): void {
    if (this.#aborted) return;
    this.#aborted = true;
    if (this.#closed) return;
    this.#reason ??= reason;
    // When all has left and was ended there is nothing to reset any more; a reset would take what is on its way. And while the
    // system is told of the end, Node cannot reset: the stream would never close.
    const whole = this.#ended && this.#stream.writableLength === 0;
    if (!whole && isTcp(this.#stream)) this.#stream.resetAndDestroy();
    else this.#stream.destroy();
  }

  #onDrain(): void {
    if (!this.#drainWanted) return;
    this.#drainWanted = false;
    this.#tell((to) => to.onDrain());
  }

  /** As `#tell`, without a closure: this runs for every chunk. */
  #onData(chunk: Bytes): void {
    if (this.#aborted || this.#closed) return;
    this.#received += chunk.length;
    try {
      this.#receiver!.onData(chunk);
    } catch (thrown) {
      this.abort(toNetError(thrown, 'The receiver failed'));
    }
  }

  /** What a receiver throws aborts the wire, not the process. */
  #tell(call: (receiver: Receiver) => void): void {
    if (this.#aborted || this.#closed) return;
    try {
      call(this.#receiver!);
    } catch (thrown) {
      this.abort(toNetError(thrown, 'The receiver failed'));
    }
  }

  #onClose(): void {
    if (this.#closed || this.#receiver === undefined) return;
    this.#closed = true;
    const { readableEnded, writableFinished } = this.#stream;
    if (!this.#aborted && !(readableEnded && writableFinished)) {
      this.#reason ??= new NetError('broken', `${this.#what()}: the stream was destroyed before its end`);
    }
    this.#receiver.onClose(this.#reason);
  }
}

/** Only TCP has a reset; `resetAndDestroy` throws for a Unix socket, whose address has no family. */
function isTcp(stream: Duplex): stream is Socket {
  return stream instanceof Socket && stream.remoteFamily !== undefined;
}

class ConnectionStream extends Duplex implements Receiver {
  readonly #connection: Connection;
  readonly #wire: Wire;
  #written: ((error?: Error) => void) | undefined;
  #sendEnded = false;
  #receiveEnded = false;

  constructor(connection: Connection) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    this.#wire = connection.attach(this);
  }

  override _read(): void {
    this.#wire.resume();
  }

  override _write(chunk: Bytes, _encoding: string, done: (error?: Error) => void): void {
    if (this.#wire.push(chunk)) done();
    else this.#written = done;
  }

  override _final(done: (error?: Error) => void): void {
    this.#sendEnded = true;
    this.#wire.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const whole = this.#sendEnded && this.#receiveEnded;
    if (error !== null || !whole) this.#connection.abort(error ?? undefined);
    // Ended in both directions, it closes by itself once the last bytes have left.
    void this.#connection.closed.then((reason) => done(error ?? (whole ? (reason ?? null) : null)));
  }

  onData(chunk: Bytes): void {
    if (!this.push(chunk)) this.#wire.pause();
  }

  onEnd(): void {
    this.#receiveEnded = true;
    this.push(null);
  }

  onDrain(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  onClose(reason?: Error): void {
    const written = this.#written;
    this.#written = undefined;
    // A write that still waits would otherwise wait for ever.
    written?.(reason ?? new NetError('closed', 'The connection is closed'));
    if (reason !== undefined) this.destroy(reason);
  }
}
