/** Events on their way to one reader: text that waits until it is taken. It knows no request. */
import { type Clock, NetError, type Timer } from '../../../core/index.ts';

/**
 * Characters that wait for a slow reader from which on `push` waits. Precedent: the high-water mark of Node's sockets, 64 KiB.
 */
export const EVENTS_HIGH = 64 * 1024;

/**
 * Characters that wait from which the stream is broken off, because whoever pushes does not wait. The page connects again and
 * says what it saw last. Precedent: Redis cuts off subscribers at 8 MiB for a minute; this is for a smaller server.
 */
export const EVENTS_LIMIT = 1024 * 1024;

const DONE: Promise<void> = Promise.resolve();
const BEAT = ':\n\n';

type Reader = PromiseWithResolvers<IteratorResult<Uint8Array, void>>;

/** Begins when it is first read, so that the answer to a HEAD begins nothing. */
export class EventQueue implements AsyncIterableIterator<Uint8Array, void> {
  readonly #begin: (signal: AbortSignal) => void;
  readonly #clock: Clock;
  readonly #heartbeat: number;
  readonly #over = new AbortController();
  #hasBegun = false;
  #text = '';
  #ended = false;
  #failure: Error | undefined;
  #reader: Reader | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #timer: Timer | undefined;
  #isSilent = true;

  /** @param heartbeat ms between comments while nothing else is sent; 0: none */
  constructor(begin: (signal: AbortSignal) => void, heartbeat: number, clock: Clock) {
    this.#begin = begin;
    this.#heartbeat = heartbeat;
    this.#clock = clock;
  }

  /** Aborts at the end. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Resolves when there is room for more. After the end the text is dropped. */
  push(text: string): Promise<void> {
    if (this.#ended) return DONE;
    this.#isSilent = false;
    this.#text += text;
    this.#deliver();
    if (this.#text.length > EVENTS_LIMIT) this.end(tooSlow());
    if (this.#text.length < EVENTS_HIGH) return DONE;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** What waits is still taken, unless there is an error. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    if (error !== undefined) this.#text = '';
    this.#timer?.cancel();
    this.#over.abort();
    this.#makeRoom();
    this.#deliver();
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    if (!this.#hasBegun) this.#start();
    this.#reader = Promise.withResolvers();
    const { promise } = this.#reader;
    this.#deliver();
    return promise;
  }

  /** The reader has gone. */
  async return(): Promise<IteratorReturnResult<void>> {
    this.#hasBegun = true;
    this.#text = '';
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): void {
    this.#hasBegun = true;
    if (this.#ended) return;
    this.#beat();
    this.#begin(this.#over.signal);
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === undefined || (this.#text === '' && !this.#ended)) return;
    this.#reader = undefined;
    if (this.#failure !== undefined) reader.reject(this.#failure);
    else if (this.#text === '') reader.resolve({ done: true, value: undefined });
    else reader.resolve({ done: false, value: this.#take() });
  }

  #take(): Uint8Array {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    this.#makeRoom();
    return bytes;
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /** Twice the time may pass between what was sent last and a comment; proxies wait for longer than that. */
  #beat(): void {
    if (this.#heartbeat === 0 || this.#ended) return;
    this.#timer = this.#clock.after(
      this.#heartbeat,
      () => {
        if (this.#isSilent && this.#text === '') void this.push(BEAT);
        this.#isSilent = true;
        this.#beat();
      },
      { background: true },
    );
  }
}

function tooSlow(): NetError {
  return new NetError(
    'limit',
    `${EVENTS_LIMIT} characters of events wait for a reader who takes none, and more were sent; wait for send()`,
  );
}
