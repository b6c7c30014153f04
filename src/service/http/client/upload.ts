/** Sends one request: its head, and its body as fast as the server takes it. It does not look at the answer. */
import type { Bytes, Clock } from '../../../core/index.ts';
import { BodyWriter } from '../../../protocol/http1/index.ts';
import type { ExchangeRequest } from './exchange.ts';
import { fieldList } from './header-input.ts';
import type { HttpConnection } from './http-connection.ts';
import { Watch } from './watch.ts';

/** A body up to this many bytes leaves in one write with its head; copying a larger one costs more than a second write. */
const JOINED = 16 * 1024;

export interface UploadHooks {
  /** The system has taken all of it. */
  onSent(): void;
  /** It can never become whole; the source of the body failed, or gave another length than was announced. */
  onError(error: unknown): void;
}

export class Upload {
  readonly #connection: HttpConnection;
  readonly #request: ExchangeRequest;
  readonly #hooks: UploadHooks;
  readonly #patience: Watch;
  #permission: ((granted: boolean) => void) | undefined;
  #drained: (() => void) | undefined;
  #complete = false;
  #stopped = false;
  /** Ends the source of the body, even while it waits. */
  #release: (() => void) | undefined;

  constructor(connection: HttpConnection, request: ExchangeRequest, clock: Clock, hooks: UploadHooks) {
    this.#connection = connection;
    this.#request = request;
    this.#hooks = hooks;
    this.#patience = new Watch(clock);
  }

  /** Whether all of the request was written. */
  get isComplete(): boolean {
    return this.#complete;
  }

  start(): void {
    const { head, body, bodyLength, continueTimeout } = this.#request;
    if (body === undefined) this.#finish(this.#connection.write(head));
    else if (body.bytes?.length === bodyLength && continueTimeout === undefined)
      this.#sendWhole(head, body.bytes);
    else void this.#sendStream(head);
  }

  /** 100 (Continue) came. */
  proceed(): void {
    this.#allow(true);
  }

  /** A final answer came: a body that waits for permission is not sent. */
  refuse(): void {
    this.#allow(false);
  }

  /** Nothing more is sent. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#allow(false);
    this.onDrain();
    if (!this.#complete) this.#release?.();
  }

  onDrain(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  #sendWhole(head: Bytes, bytes: Bytes): void {
    if (bytes.length <= JOINED) {
      this.#finish(this.#connection.write(Buffer.concat([head, bytes])));
      return;
    }
    this.#connection.write(head);
    this.#finish(this.#connection.write(bytes));
  }

  async #sendStream(head: Bytes): Promise<void> {
    try {
      await this.#write(head);
      if (await this.#mayGoOn()) await this.#sendChunks();
    } catch (error) {
      if (!this.#stopped) this.#hooks.onError(error);
    }
  }

  async #sendChunks(): Promise<void> {
    const { body, bodyLength, trailers } = this.#request;
    const writer = new BodyWriter(bodyLength);
    const source = body!.chunks()[Symbol.asyncIterator]();
    this.#release = () => {
      body!.cancel?.();
      source.return?.().catch(() => {});
    };
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      if (this.#stopped) return;
      const pieces = writer.send(next.value);
      // Of a body whose length is known the last byte is the end: an answer to it may come before its source says so.
      if (bodyLength > 0 && writer.left === 0) this.#complete = true;
      for (const piece of pieces) await this.#write(piece);
    }
    if (this.#stopped) return;
    let room = true;
    for (const piece of writer.end(trailers && fieldList(await trailers())))
      room = this.#connection.write(piece);
    this.#finish(room);
  }

  /** Waits for room. */
  async #write(piece: Bytes): Promise<void> {
    if (this.#stopped || this.#connection.write(piece)) return;
    await this.#room();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  /** All was written; it was sent when there is room again. */
  #finish(room: boolean): void {
    this.#complete = true;
    if (room) this.#hooks.onSent();
    else void this.#room().then(() => this.#stopped || this.#hooks.onSent());
  }

  #mayGoOn(): boolean | Promise<boolean> {
    const { continueTimeout } = this.#request;
    if (continueTimeout === undefined) return !this.#stopped;
    return new Promise((resolve) => {
      this.#permission = resolve;
      this.#patience.arm(continueTimeout, () => this.#allow(true));
    });
  }

  #allow(granted: boolean): void {
    this.#patience.stop();
    const permission = this.#permission;
    this.#permission = undefined;
    permission?.(granted);
  }
}
