/**
 * An answer whose body is made while it is sent: pulled from its source only when there is room for more. It does not know
 * what stands in the head.
 */
import type { Bytes } from '../../../core/index.ts';
import { BodyWriter } from '../../../protocol/http1/index.ts';
import { HttpHeaders } from '../headers.ts';
import type { Trailers } from '../response.ts';
import type { ChunkSource } from './chunk-source.ts';
import type { Outbox, Sender } from './outbox.ts';

/** Turns of the microtask queue in which a chunk that was there already, or its end, comes through streams and generators. */
const SOON = 8;

const encoder = new TextEncoder();

export interface AnswerStreamOptions {
  readonly outbox: Outbox;
  readonly sender: Sender & { readonly hasRoom: boolean };
  readonly source: ChunkSource;
  /** Bytes of the whole body, where the handler or a file says. */
  readonly length: number | undefined;
  /** Writes the head; gives how the body is framed, as `BodyWriter` takes it. */
  begin(length: number | undefined): number;
  /** Asked for when the body is whole; only of a body in chunks. */
  readonly trailers?: Trailers | undefined;
}

export class AnswerStream {
  /** Of the body, so far. */
  sent = 0;
  readonly #options: AnswerStreamOptions;
  #writer: BodyWriter | undefined;
  #isGone = false;
  #onRoom: (() => void) | undefined;
  /** The source broke, in whatever way that is told. */
  #failure: { readonly error: unknown } | undefined;

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
    // Where the peer takes nothing, the source is not asked.
    options.source.onBroken?.((error) => {
      this.#failure = { error };
      this.onDrain();
    });
  }

  /** Whether the head was written. */
  get hasBegun(): boolean {
    return this.#writer !== undefined;
  }

  /**
   * Settles when all is written, `true`, or nobody takes any more, `false`. Rejects when the source failed, or gave other than
   * it had promised. A source that ends with its first chunk, at once, leaves in one write, and its length is told.
   */
  async run(): Promise<boolean> {
    const { source, length } = this.#options;
    let next = source.next();
    if (length !== undefined || !(await isSoon(next))) {
      this.#begin(length);
      return this.#copy(next);
    }
    const first = await next;
    if (first.done === true) return this.#whole(undefined);
    const chunk = bytesOf(first.value);
    next = source.next();
    if ((await isSoon(next)) && (await next).done === true) return this.#whole(chunk);
    this.#begin(undefined);
    await this.#write(chunk);
    return this.#copy(next);
  }

  /** The wire has room again. */
  onDrain(): void {
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }

  /** Nobody takes any more. */
  stop(reason: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#options.source.cancel(reason);
    this.onDrain();
  }

  async #copy(first: Promise<IteratorResult<unknown, unknown>>): Promise<boolean> {
    this.#flush();
    for (let next = first; ; next = this.#options.source.next()) {
      const { done, value } = await next;
      if (this.#isGone) return false;
      if (done === true) return this.#end();
      await this.#write(bytesOf(value));
      if (this.#isGone) return false;
    }
  }

  #whole(chunk: Bytes | undefined): Promise<boolean> {
    this.#begin(chunk?.length ?? 0);
    if (chunk !== undefined) this.#put(chunk);
    return this.#end();
  }

  #begin(length: number | undefined): void {
    if (!this.#isGone) this.#writer = new BodyWriter(this.#options.begin(length));
  }

  /** Settles when there is room for the next. */
  async #write(chunk: Bytes): Promise<void> {
    if (this.#isGone) return;
    this.#put(chunk);
    this.#flush();
    if (this.#options.sender.hasRoom) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
      if (this.#failure !== undefined) resolve();
    });
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #put(chunk: Bytes): void {
    if (this.#isGone) return;
    const { outbox, sender } = this.#options;
    for (const piece of this.#writer!.send(chunk)) outbox.bytes(sender, piece);
    this.sent += chunk.length;
  }

  #flush(): void {
    if (!this.#isGone) this.#options.outbox.flush(this.#options.sender);
  }

  async #end(): Promise<boolean> {
    const { outbox, sender, trailers } = this.#options;
    const last = trailers === undefined || this.#isGone ? undefined : new HttpHeaders(await trailers());
    if (this.#isGone) return false;
    for (const piece of this.#writer!.end(last)) outbox.bytes(sender, piece);
    return true;
  }
}

async function isSoon(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < SOON && !settled; turn++) await undefined;
  return settled;
}

function bytesOf(chunk: unknown): Bytes {
  if (typeof chunk === 'string') return encoder.encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('The body of a response gave a chunk that is neither a Uint8Array nor text');
}
