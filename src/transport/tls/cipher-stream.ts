/** The ciphertext of a connection as a stream of Node, for `node:tls`, which looks at it on its way in. */
import { Duplex } from 'node:stream';
import type { Bytes, HalfCloseable, Receiver, Wire } from '../../core/contract.ts';
import { ClientGreeting, ServerGreeting } from './greeting.ts';
import { RecordTracker } from './records.ts';

export interface CipherEvents {
  /** The peer speaks something else; called once, nothing of it is handed on. */
  onForeign(error: unknown): void;
  /** The connection beneath has ended; `node:tls` does not always say so while it shakes hands. */
  onEnd(): void;
}

export class CipherStream extends Duplex implements Receiver {
  readonly records = new RecordTracker();
  readonly #connection: HalfCloseable;
  readonly #wire: Wire;
  readonly #events: CipherEvents;
  /** `undefined` once the peer has begun as it should. */
  #greeting: ClientGreeting | ServerGreeting | undefined;
  #serverName: string | undefined;
  #sendEnded = false;
  #aborted = false;
  #written: ((error?: Error) => void) | undefined;

  constructor(connection: HalfCloseable, isServer: boolean, events: CipherEvents) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    this.#events = events;
    this.#greeting = isServer ? new ClientGreeting() : new ServerGreeting();
    this.#wire = connection.attach(this);
  }

  /** That a client asked for. */
  get serverName(): string | undefined {
    return this.#serverName;
  }

  get moved(): number | undefined {
    return this.#wire.moved;
  }

  /** Before it is destroyed: what is under way is lost, and the peer sees a reset. */
  abort(reason: Error | undefined): void {
    this.#aborted = true;
    this.#wire.abort(reason);
  }

  /** Past `node:tls`. */
  sendPlain(data: Bytes): void {
    this.#wire.push(data);
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
    // Node destroys a stream as soon as TLS has ended both ways; what was written last is still on its way then.
    if (error === null && this.#sendEnded && !this.#aborted) this.#connection.close().catch(() => {});
    else this.#wire.abort(error ?? undefined);
    void this.#connection.closed.then(() => done(error));
  }

  onData(chunk: Bytes): void {
    this.records.receive(chunk);
    const ready = this.#greeting === undefined ? chunk : this.#greet(this.#greeting, chunk);
    if (ready !== null && !this.push(ready)) this.#wire.pause();
  }

  onEnd(): void {
    this.push(null);
    this.#events.onEnd();
  }

  onDrain(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  onClose(reason?: Error): void {
    const written = this.#written;
    this.#written = undefined;
    written?.(reason);
    if (reason !== undefined) this.destroy(reason);
  }

  #greet(greeting: ClientGreeting | ServerGreeting, chunk: Bytes): Bytes | null {
    try {
      if (greeting instanceof ServerGreeting) {
        greeting.receive(chunk);
        this.#greeting = undefined;
        return chunk;
      }
      const hello = greeting.receive(chunk);
      if (hello === null) return null;
      this.#greeting = undefined;
      this.#serverName = hello.serverName;
      return hello.bytes;
    } catch (thrown) {
      this.#events.onForeign(thrown);
      return null;
    }
  }
}
