/** The body of an answer for whoever reads it: without its codings, and within its limits. It can be read once. */
import { type Bytes, NetError } from '../../../core/index.ts';
import type { BodyQueue } from './body-queue.ts';
import { decode } from './decode.ts';
import { MAX_COLLECTED } from './limits.ts';

export interface ResponseBodyOptions {
  /** To undo, in this order. */
  readonly codings: readonly string[];
  readonly maxExpansion: number | undefined;
  readonly maxBodyBytes: number | undefined;
  /** The `Content-Length` of a body without codings. */
  readonly announced: number | undefined;
  /** What is told of a fault found here. */
  describe(error: unknown): unknown;
}

export class ResponseBody implements AsyncIterable<Bytes> {
  readonly #queue: BodyQueue;
  readonly #options: ResponseBodyOptions;
  #source: AsyncGenerator<Bytes, void, undefined> | undefined;
  #length = 0;
  #used = false;

  constructor(queue: BodyQueue, options: ResponseBodyOptions) {
    this.#queue = queue;
    this.#options = options;
  }

  /** Whether somebody has begun to read it. */
  get used(): boolean {
    return this.#used;
  }

  /**
   * The next bytes; `null` is the end.
   * @throws HttpRequestError when it broke off, is not what its coding says (`protocol`), or passes a limit (`limit`)
   */
  async read(): Promise<Bytes | null> {
    this.#used = true;
    const { codings, maxBodyBytes = Number.POSITIVE_INFINITY, announced = 0 } = this.#options;
    if (announced > maxBodyBytes) throw this.#stop(tooLong(`has ${announced} bytes`, maxBodyBytes));
    const chunk = codings.length === 0 ? await this.#queue.read() : await this.#decoded();
    if (chunk === null) return null;
    this.#length += chunk.length;
    if (this.#length > maxBodyBytes) throw this.#stop(tooLong('goes on', maxBodyBytes));
    return chunk;
  }

  /** Nobody wants the rest: the connection is used on where that is cheap, else closed. Idempotent. */
  cancel(): void {
    this.#used = true;
    this.#queue.cancel();
  }

  /** Reads to the end; leaving the loop early cancels. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Bytes, void, undefined> {
    try {
      for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) yield chunk;
    } finally {
      this.cancel();
    }
  }

  /**
   * All of it.
   * @throws HttpRequestError `limit` beyond `maxBodyBytes`, by default `MAX_COLLECTED`
   */
  async bytes(): Promise<Bytes> {
    if (this.#used) throw new NetError('busy', 'the body has been read already');
    const max = this.#options.maxBodyBytes ?? MAX_COLLECTED;
    const chunks: Bytes[] = [];
    for (let chunk = await this.read(); chunk !== null; chunk = await this.read()) {
      chunks.push(chunk);
      if (this.#length > max) throw this.#stop(tooLong('goes on', max));
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, this.#length);
  }

  /** As UTF-8, as in Fetch. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** @throws HttpRequestError `protocol` (fault `remote`) for what is no JSON */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.#options.describe(
        new NetError('protocol', `the body is no JSON: ${(error as Error).message}`, {
          fault: 'remote',
          cause: error,
        }),
      );
    }
  }

  /** As a stream of the WHATWG, without a queue of its own. */
  stream(): ReadableStream<Bytes> {
    return new ReadableStream<Bytes>(
      {
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: () => this.cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  async #decoded(): Promise<Bytes | null> {
    const { codings, maxExpansion } = this.#options;
    this.#source ??= decode(this.#raw(), codings, maxExpansion);
    try {
      const { value, done } = await this.#source.next();
      return done === true ? null : value;
    } catch (error) {
      throw this.#stop(error);
    }
  }

  async *#raw(): AsyncGenerator<Bytes> {
    for (let chunk = await this.#queue.read(); chunk !== null; chunk = await this.#queue.read()) yield chunk;
  }

  #stop(error: unknown): unknown {
    this.#queue.cancel();
    return this.#options.describe(error);
  }
}

function tooLong(what: string, max: number): NetError {
  return new NetError(
    'limit',
    `the body ${what}, and at most ${max} are taken; raise maxBodyBytes or read it as a stream`,
  );
}
