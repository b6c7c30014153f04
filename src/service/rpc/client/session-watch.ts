/** Looks whether the server at the other end of a session is still there, and whether anybody needs the session. */
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { type Clock, type HalfCloseable, NetError, type Timer } from '../../../core/index.ts';

export interface SessionWatchOptions {
  readonly clock: Clock;
  /** Ms, as the others; `Infinity`: never. */
  readonly keepaliveAfter: number;
  readonly keepaliveTimeout: number;
  readonly idle: number;
}

export class SessionWatch {
  readonly #session: ClientHttp2Session;
  readonly #connection: HalfCloseable;
  readonly #options: SessionWatchOptions;
  #calls = 0;
  #idleSince: number;
  #moved: number | undefined;
  #look: Timer | undefined;
  #patience: Timer | undefined;

  constructor(session: ClientHttp2Session, connection: HalfCloseable, options: SessionWatchOptions) {
    this.#session = session;
    this.#connection = connection;
    this.#options = options;
    this.#idleSince = options.clock.now();
    this.#wait();
  }

  /** A call runs on it until the stream is closed. */
  follow(stream: ClientHttp2Stream): void {
    this.#calls++;
    stream.once('close', () => {
      if (--this.#calls === 0) this.#idleSince = this.#options.clock.now();
    });
  }

  stop(): void {
    this.#look?.cancel();
    this.#patience?.cancel();
  }

  #wait(): void {
    const { clock, keepaliveAfter, idle } = this.#options;
    const wait = Math.min(keepaliveAfter, idle);
    if (wait !== Infinity) this.#look = clock.after(wait, () => this.#onLook(), { background: true });
  }

  #onLook(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    const { clock, idle } = this.#options;
    const { moved } = this.#connection;
    const isSilent = moved !== undefined && moved === this.#moved;
    this.#moved = moved;
    if (this.#calls === 0 && clock.now() - this.#idleSince >= idle) {
      this.#session.close();
      return;
    }
    if (this.#calls > 0 && isSilent) this.#ask();
    this.#wait();
  }

  #ask(): void {
    const { clock, keepaliveTimeout } = this.#options;
    if (this.#patience !== undefined || keepaliveTimeout === Infinity) return;
    const words = `The server is gone: it did not answer a PING within ${keepaliveTimeout} ms`;
    const giveUp = (): void => this.#session.destroy(new NetError('timeout', words));
    this.#patience = clock.after(keepaliveTimeout, giveUp, { background: true });
    this.#session.ping(() => {
      this.#patience?.cancel();
      this.#patience = undefined;
    });
  }
}
