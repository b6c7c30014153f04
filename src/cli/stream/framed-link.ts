/**
 * A connection seen through a framing: each `onData` is one message, and each `push` sends one. It does not know the
 * format, nor what the messages are for.
 */
import type { Bytes, Protocol, Receiver, Wire } from '../../core/index.ts';
import { lines } from '../../framing/index.ts';
import type { Bridgeable } from '../../service/relay/index.ts';

/** A message a line, LF behind each: what terminals, files and commands speak. */
export function lineLink(inner: Bridgeable): FramedLink {
  return new FramedLink(inner, lines({ ending: 'any', encoding: 'bytes' }));
}

export class FramedLink implements Bridgeable, Receiver, Wire {
  readonly #inner: Bridgeable;
  readonly #framing: Protocol<Bytes>;
  #receiver!: Receiver;
  #wire!: Wire;
  #aborted = false;

  constructor(inner: Bridgeable, framing: Protocol<Bytes>) {
    this.#inner = inner;
    this.#framing = framing;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get pending(): number {
    return this.#wire.pending;
  }

  attach(receiver: Receiver): Wire {
    this.#receiver = receiver;
    this.#wire = this.#inner.attach(this);
    return this;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** Sends one message. What cannot be sent in this format ends the connection: it is the user's to correct. */
  push(message: Bytes): boolean {
    try {
      this.#framing.send(message, 0);
    } catch (thrown) {
      this.abort(thrown as Error);
      return false;
    }
    let room = true;
    for (let bytes = this.#framing.take(); bytes !== null; bytes = this.#framing.take())
      room = this.#wire.push(bytes);
    return room;
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  end(): void {
    this.#wire.end();
  }

  abort(reason?: Error): void {
    this.#aborted = true;
    this.#inner.abort(reason);
  }

  onData(chunk: Bytes): void {
    this.#receive(chunk);
  }

  onEnd(): void {
    if (this.#receive(null)) this.#receiver.onEnd();
  }

  onDrain(): void {
    this.#receiver.onDrain();
  }

  onClose(reason?: Error): void {
    this.#receiver.onClose(reason);
  }

  /** `false` when the connection is aborted, because the format was broken or by the receiver. */
  #receive(data: Bytes | null): boolean {
    try {
      this.#framing.receive(data, 0);
      while (!this.#aborted) {
        const message = this.#framing.next();
        if (message === null) break;
        this.#receiver.onData(message);
      }
    } catch (thrown) {
      this.abort(thrown as Error);
    }
    return !this.#aborted;
  }
}
