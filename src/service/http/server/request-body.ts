/**
 * The body of a request on its way from the parser to the handler. What the handler does not read is held to a bound, at which
 * the wire is left alone. It knows no parser and no wire.
 */
import { ByteQueue } from '../../../bytes/index.ts';
import { type Bytes, NetError } from '../../../core/index.ts';
import type { IncomingBody } from '../body.ts';

/** Bytes held for a handler that does not read yet. Precedent: the default high-water mark of Node's sockets. */
export const BODY_AHEAD = 64 * 1024;

/** A chunk handed out as it came is at least this part of its buffer, which whoever keeps the chunk keeps as well. */
const PART = 16;

interface Waiter {
  resolve(chunk: Bytes | null): void;
  reject(error: Error): void;
}

/** Whoever feeds it. */
export interface BodyFeeder {
  /** The handler begins to read. */
  onBodyWanted(): void;
  /** There is room again. */
  onBodyRoom(): void;
}

export class RequestBody implements IncomingBody {
  readonly #feeder: BodyFeeder;
  readonly #queue = new ByteQueue();
  #wanted = false;
  /** All of it is asked for: it is bounded by the limit of bodies alone. */
  #collecting = false;
  #ended = false;
  #error: Error | undefined;
  #waiter: Waiter | undefined;

  constructor(feeder: BodyFeeder) {
    this.#feeder = feeder;
  }

  /** Whether the handler has asked for any of it. */
  get isWanted(): boolean {
    return this.#wanted;
  }

  get isEnded(): boolean {
    return this.#ended || this.#error !== undefined;
  }

  /** What comes now must wait at the feeder's. */
  get isFull(): boolean {
    return this.#queue.length >= BODY_AHEAD && !this.#collecting && this.#error === undefined;
  }

  push(data: Bytes): void {
    if (this.#error !== undefined) return;
    if (this.#waiter === undefined || this.#collecting) {
      this.#queue.push(data);
      return;
    }
    this.#take()!.resolve(own(data));
  }

  end(): void {
    if (this.isEnded) return;
    this.#ended = true;
    this.#take()?.resolve(this.#collecting ? this.#queue.takeAll() : null);
  }

  /** Nothing more is handed out, nor held. */
  fail(error: Error): void {
    if (this.#error !== undefined || (this.#ended && this.#queue.length === 0)) return;
    this.#error = error;
    this.#queue.clear();
    this.#take()?.reject(error);
  }

  bytes(): Promise<Bytes> {
    this.#collecting = true;
    this.#want();
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(this.#queue.takeAll());
    const waiting = this.#wait() as Promise<Bytes>;
    this.#feeder.onBodyRoom();
    return waiting;
  }

  stream(): ReadableStream<Bytes> {
    return new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          const chunk = await this.#read();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: () => this.fail(new NetError('closed', 'The body of the request was not wanted any further')),
      },
      { highWaterMark: 0 },
    );
  }

  #read(): Promise<Bytes | null> {
    this.#want();
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const chunk = this.#queue.shift();
    if (chunk === null) {
      if (this.#ended) return Promise.resolve(null);
      return this.#wait();
    }
    this.#feeder.onBodyRoom();
    return Promise.resolve(own(chunk));
  }

  #wait(): Promise<Bytes | null> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  #want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#feeder.onBodyWanted();
  }

  #take(): Waiter | undefined {
    const taken = this.#waiter;
    this.#waiter = undefined;
    return taken;
  }
}

/** A few bytes of a large buffer, which other connections share, are copied out of it. */
function own(chunk: Bytes): Bytes {
  return chunk.length * PART < chunk.buffer.byteLength ? chunk.slice() : chunk;
}
