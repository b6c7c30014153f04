/** Bodies of answers that are made while they are sent, as one kind of thing: a stream, or an async iterable. */

export interface ChunkSource {
  next(): Promise<IteratorResult<unknown, unknown>>;
  /** Nobody wants the rest. Never throws. */
  cancel(reason: Error): void;
  /** Calls when it breaks, also while nobody asks for the next. Left out by sources that do nothing unasked. */
  onBroken?(callback: (error: unknown) => void): void;
}

/** @throws TypeError for a stream that somebody else reads */
export function sourceOf(body: ReadableStream<unknown> | AsyncIterable<unknown>): ChunkSource {
  return body instanceof ReadableStream ? new StreamSource(body) : new IterableSource(body);
}

class StreamSource implements ChunkSource {
  readonly #reader: ReadableStreamDefaultReader<unknown>;

  constructor(stream: ReadableStream<unknown>) {
    this.#reader = stream.getReader();
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    return this.#reader.read() as Promise<IteratorResult<unknown, unknown>>;
  }

  cancel(reason: Error): void {
    this.#reader.cancel(reason).catch(() => {});
  }

  onBroken(callback: (error: unknown) => void): void {
    this.#reader.closed.catch(callback);
  }
}

class IterableSource implements ChunkSource {
  readonly #iterator: AsyncIterator<unknown>;

  constructor(iterable: AsyncIterable<unknown>) {
    this.#iterator = iterable[Symbol.asyncIterator]();
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    return this.#iterator.next();
  }

  /** A generator that waits hears of it when its wait is over; of the request's signal it hears at once. */
  cancel(): void {
    void this.#return();
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // It was told; what it says to that concerns nobody.
    }
  }
}
