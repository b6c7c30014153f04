/**
 * Bodies of requests and responses: from what they are made to what `Body` of Fetch offers. It does not know whether
 * they came over a wire.
 */
import { Readable } from 'node:stream';
import type { Bytes } from '../../core/index.ts';
import { type FileBody, FileChunks } from './file-body.ts';

/** Bytes that are still coming: the body of a request. */
export interface IncomingBody {
  /** All of it. Either this or `stream`, once. */
  bytes(): Promise<Bytes>;
  stream(): ReadableStream<Bytes>;
}

/** What a body is, before anybody reads it. Text is sent as UTF-8. */
export type BodyContent =
  | null
  | string
  | Bytes
  | ReadableStream<Bytes>
  | AsyncIterable<Bytes | string>
  | IncomingBody
  | FileContent;

export interface FileContent {
  readonly file: FileBody;
}

/** What a handler may give as a body. */
export type HttpBodyInit =
  | null
  | undefined
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Bytes>
  | AsyncIterable<Bytes | string>;

export const TEXT_TYPE = 'text/plain;charset=UTF-8';

export interface Extracted {
  readonly content: BodyContent;
  /** The content type that goes with it, where there is one. */
  readonly type: string | undefined;
}

/** As "extract a body" of Fetch; anything else becomes text. */
export function extractBody(init: HttpBodyInit): Extracted {
  if (init === null || init === undefined) return { content: null, type: undefined };
  if (typeof init === 'string') return { content: init, type: TEXT_TYPE };
  if (init instanceof Uint8Array) return { content: init, type: undefined };
  if (ArrayBuffer.isView(init))
    return { content: new Uint8Array(init.buffer, init.byteOffset, init.byteLength), type: undefined };
  if (init instanceof ArrayBuffer) return { content: new Uint8Array(init), type: undefined };
  if (init instanceof URLSearchParams)
    return { content: init.toString(), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
  if (init instanceof Blob)
    return {
      content: init.stream() as ReadableStream<Bytes>,
      type: init.type === '' ? undefined : init.type,
    };
  if (init instanceof FormData) return extractForm(init);
  if (init instanceof ReadableStream || Symbol.asyncIterator in init)
    return { content: init, type: undefined };
  return { content: String(init), type: TEXT_TYPE };
}

/** The boundary is Fetch's to choose. */
function extractForm(form: FormData): Extracted {
  const encoded = new Response(form);
  return {
    content: encoded.body as ReadableStream<Bytes>,
    type: encoded.headers.get('content-type') ?? undefined,
  };
}

/** A body that can be read once. */
export class LightBody {
  #content: BodyContent;
  #stream: ReadableStream<Bytes> | undefined;
  #used = false;
  readonly #type: () => string | null;

  /** @param type the content type, for `blob` and `formData` */
  constructor(content: BodyContent, type: () => string | null) {
    this.#content = content;
    this.#type = type;
  }

  /** @throws TypeError when it has been read */
  get content(): BodyContent {
    if (!this.isUntouched) throw unusable('sent');
    return this.#content;
  }

  get stream(): ReadableStream<Bytes> | null {
    if (this.#content === null) return null;
    this.#stream ??= toStream(this.#content);
    return this.#stream;
  }

  get used(): boolean {
    return this.#used || (this.#stream !== undefined && Readable.isDisturbed(this.#stream as never));
  }

  /** Whether it can still be sent as it was made. */
  get isUntouched(): boolean {
    return !this.used && this.#stream?.locked !== true;
  }

  async bytes(): Promise<Bytes> {
    this.#use();
    const content = this.#content;
    if (content === null) return new Uint8Array(0);
    if (typeof content === 'string') return new TextEncoder().encode(content);
    if (content instanceof Uint8Array) return copyOf(content);
    if (this.#stream === undefined && 'bytes' in content) return content.bytes();
    return collect(this.stream!);
  }

  async text(): Promise<string> {
    if (typeof this.#content !== 'string') return new TextDecoder().decode(await this.bytes());
    this.#use();
    return this.#content.toWellFormed();
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in Fetch
  async json(): Promise<any> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    const whole = bytes.byteOffset === 0 && bytes.length === bytes.buffer.byteLength;
    return (whole ? bytes.buffer : copyOf(bytes).buffer) as ArrayBuffer;
  }

  async blob(): Promise<Blob> {
    const bytes = (await this.bytes()) as Uint8Array<ArrayBuffer>;
    return new Blob([bytes], { type: this.#type() ?? '' });
  }

  async formData(): Promise<FormData> {
    const type = this.#type();
    const headers = type === null ? {} : { 'content-type': type };
    return new Response((await this.bytes()) as Uint8Array<ArrayBuffer>, { headers }).formData();
  }

  textStream(): ReadableStream<string> {
    this.#use();
    const bytes = this.#content === null ? streamOfBytes(new Uint8Array(0)) : this.stream!;
    return bytes.pipeThrough(new TextDecoderStream() as never);
  }

  /** The same for somebody else: what streams is split, and read no faster than the slower of the two reads. */
  clone(): BodyContent {
    if (!this.isUntouched) throw unusable('cloned');
    const content = this.#content;
    if (content === null || typeof content === 'string' || content instanceof Uint8Array) return content;
    const [mine, other] = this.stream!.tee();
    this.#content = mine;
    this.#stream = mine;
    return other;
  }

  #use(): void {
    if (this.#content === null) return;
    if (!this.isUntouched) throw unusable('read');
    this.#used = true;
  }
}

function unusable(what: string): TypeError {
  return new TypeError(`The body cannot be ${what}: it has been read, or is being read, already`);
}

function toStream(content: Exclude<BodyContent, null>): ReadableStream<Bytes> {
  if (typeof content === 'string') return streamOfBytes(new TextEncoder().encode(content));
  if (content instanceof Uint8Array) return streamOfBytes(content);
  if (content instanceof ReadableStream) return content;
  if ('stream' in content) return content.stream();
  if ('file' in content) return ReadableStream.from(new FileChunks(content.file)) as ReadableStream<Bytes>;
  return ReadableStream.from(encoded(content)) as ReadableStream<Bytes>;
}

function streamOfBytes(bytes: Bytes): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** No generator: what is cancelled before it was read must hear of it too. */
function encoded(chunks: AsyncIterable<Bytes | string>): AsyncIterableIterator<Bytes> {
  const encoder = new TextEncoder();
  const iterator = chunks[Symbol.asyncIterator]();
  return {
    async next() {
      const { done, value } = await iterator.next();
      if (done === true) return { done, value: undefined };
      return { value: typeof value === 'string' ? encoder.encode(value) : value };
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** `slice` of a `Buffer` shares its memory, which is the pool's for small ones. */
function copyOf(bytes: Bytes): Bytes {
  return new Uint8Array(bytes);
}

async function collect(stream: ReadableStream<Bytes>): Promise<Bytes> {
  const chunks: Bytes[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
