/** Whatever a caller gives as a body, as what can be sent. It does not know how it is framed. */
import { type Bytes, NetError } from '../../../core/index.ts';
import { multipart } from './multipart.ts';

/**
 * Bytes are handed over: they must not change until the request is done. Streams are read as fast as the server takes
 * them, and only once; everything else can be sent again after a redirect.
 */
export type BodyInput =
  | string
  | Bytes
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | URLSearchParams
  | FormData
  | ReadableStream<Bytes>
  | AsyncIterable<Bytes | string>;

export interface RequestBody {
  /** In bytes; `undefined` when only the end tells. */
  readonly length: number | undefined;
  /** For `Content-Type`, where the body says itself what it is. */
  readonly type: string | undefined;
  /** All of it, where it is in memory. */
  readonly bytes: Bytes | undefined;
  /** @throws NetError `busy` when it was read before and can be read only once */
  chunks(): AsyncIterable<Bytes>;
  /** Whether it can be sent again. A body that can be read only once can as long as nobody has begun. */
  readonly repeatable: boolean;
  /** Nobody reads on: ends the source at once, also while it is waited for. */
  cancel?(): void;
}

/**
 * @param input none for `null` and `undefined`
 * @throws NetError `unsupported` for what is no body
 */
export function requestBody(input: BodyInput | null | undefined): RequestBody | undefined {
  if (input === undefined || input === null) return undefined;
  if (typeof input === 'string') return whole(Buffer.from(input), 'text/plain;charset=UTF-8');
  if (input instanceof URLSearchParams)
    return whole(Buffer.from(String(input)), 'application/x-www-form-urlencoded;charset=UTF-8');
  if (input instanceof Uint8Array) return whole(input);
  if (ArrayBuffer.isView(input))
    return whole(new Uint8Array(input.buffer, input.byteOffset, input.byteLength));
  if (input instanceof ArrayBuffer) return whole(new Uint8Array(input));
  if (input instanceof Blob) return ofBlob(input);
  if (input instanceof FormData) return repeatable(multipart(input));
  if (typeof input === 'object' && Symbol.asyncIterator in input)
    return new OnceBody(input as AsyncIterable<Bytes | string>);
  throw new NetError(
    'unsupported',
    'the body is neither text, bytes, a Blob, a form, a stream nor an async iterable; write for example JSON.stringify(value)',
  );
}

function whole(bytes: Bytes, type?: string): RequestBody {
  async function* chunks(): AsyncGenerator<Bytes> {
    yield bytes;
  }
  return { length: bytes.length, type, bytes, chunks, repeatable: true };
}

function ofBlob(blob: Blob): RequestBody {
  const type = blob.type === '' ? undefined : blob.type;
  return repeatable({ length: blob.size, type, chunks: () => blob.stream() });
}

function repeatable(parts: Pick<RequestBody, 'length' | 'type' | 'chunks'>): RequestBody {
  return { ...parts, bytes: undefined, repeatable: true };
}

class OnceBody implements RequestBody {
  readonly length = undefined;
  readonly type = undefined;
  readonly bytes = undefined;
  readonly #source: AsyncIterable<Bytes | string>;
  #begun = false;
  #reader: ReadableStreamDefaultReader<unknown> | undefined;

  constructor(source: AsyncIterable<Bytes | string>) {
    this.#source = source;
  }

  get repeatable(): boolean {
    return !this.#begun;
  }

  async *chunks(): AsyncGenerator<Bytes> {
    if (this.#begun)
      throw new NetError('busy', 'the body was a stream and has been sent already; give it as bytes');
    this.#begun = true;
    const source = this.#source;
    for await (const chunk of source instanceof ReadableStream ? this.#readOf(source) : source)
      yield bytesOf(chunk);
  }

  async *#readOf(stream: ReadableStream<unknown>): AsyncGenerator<unknown> {
    this.#reader = stream.getReader();
    for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) yield next.value;
  }
}

function bytesOf(chunk: unknown): Bytes {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new NetError(
    'unsupported',
    `the body's stream gave ${typeof chunk} where bytes or text were expected`,
  );
}
