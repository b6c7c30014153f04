/**
 * A connection with everything that passes told to a report: it counts, notices silence and feeds the hex dump. It
 * does not know what is done with the bytes.
 */
import {
  type Abortable,
  type Bytes,
  type HalfCloseable,
  NetError,
  type Receiver,
  systemClock,
  type Wire,
} from '../../core/index.ts';
import { type Bridgeable, IdleTimer } from '../../service/relay/index.ts';
import type { Report } from './report.ts';
import { type TcpSummary, tcpSummary } from './tcp-summary.ts';

/** How often TCP_INFO is read at most while bytes flow, in ms: a reset leaves no time to read it at the end. */
const SAMPLE_EVERY = 1000;

export class Link implements Bridgeable, Receiver, Wire {
  readonly id: number;
  readonly connection: HalfCloseable;
  readonly closed: Promise<Error | undefined>;
  /** Bytes from the peer, and bytes handed over for it. */
  received = 0;
  sent = 0;
  timedOut = false;
  tcp: TcpSummary | undefined;
  readonly #opened = systemClock.now();
  readonly #report: Report;
  readonly #settle: (reason: Error | undefined) => void;
  #idle: IdleTimer;
  #sampled = 0;
  #receiver!: Receiver;
  #wire!: Wire;
  #held = false;
  #paused = false;

  constructor(id: number, connection: HalfCloseable, report: Report, idle: number) {
    this.id = id;
    this.connection = connection;
    this.#report = report;
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settle = resolve;
    this.#idle = new IdleTimer(systemClock, idle, () => this.#onIdle());
    report.opened(this);
  }

  get pending(): number {
    return this.#wire.pending;
  }

  /** Ms since it was opened. */
  get duration(): number {
    return systemClock.now() - this.#opened;
  }

  attach(receiver: Receiver): Wire {
    this.#receiver = receiver;
    this.#wire = this.connection.attach(this);
    return this;
  }

  /** From now on, `limit` ms of silence end the connection. */
  limitIdle(limit: number): void {
    this.#idle.cancel();
    this.#idle = new IdleTimer(systemClock, limit, () => this.#onIdle());
  }

  close(options?: Abortable): Promise<void> {
    this.#sample(true);
    return this.connection.close(options);
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  push(data: Bytes): boolean {
    const offset = this.sent;
    this.sent += data.length;
    this.#idle.touch();
    this.#sample(false);
    if (this.#report.wantsBytes) this.#show('out', offset, data);
    return this.#wire.push(data);
  }

  pause(): void {
    this.#paused = true;
    this.#wire.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#held) this.#wire.resume();
  }

  end(): void {
    this.#sample(true);
    this.#wire.end();
  }

  abort(reason?: Error): void {
    this.#sample(true);
    this.connection.abort(reason);
  }

  onData(chunk: Bytes): void {
    const offset = this.received;
    this.received += chunk.length;
    this.#idle.touch();
    this.#sample(false);
    if (this.#report.wantsBytes) this.#show('in', offset, chunk);
    this.#receiver.onData(chunk);
  }

  onEnd(): void {
    this.#sample(true);
    this.#report.ended(this);
    this.#receiver.onEnd();
  }

  onDrain(): void {
    this.#idle.touch();
    this.#receiver.onDrain();
  }

  onClose(reason?: Error): void {
    this.#idle.cancel();
    this.#receiver.onClose(reason);
    this.#report.closed(this, reason);
    this.#settle(reason);
  }

  /** Nothing is read while standard output cannot take the dump. */
  #show(direction: 'in' | 'out', offset: number, data: Bytes): void {
    const room = this.#report.bytes(this, direction, offset, data, () => {
      this.#held = false;
      if (!this.#paused) this.#wire.resume();
    });
    if (room) return;
    this.#held = true;
    this.#wire.pause();
  }

  #sample(now: boolean): void {
    if (!this.#report.wantsTcp) return;
    const time = systemClock.now();
    if (!now && time - this.#sampled < SAMPLE_EVERY) return;
    this.#sampled = time;
    this.tcp = tcpSummary(this.#wire?.fd) ?? this.tcp;
  }

  #onIdle(): void {
    this.timedOut = true;
    // A peer that has gone silent may also not answer an end: the grace of closing bounds it.
    this.close().catch(() => {});
  }
}

/** Why a connection ended, in words. */
export function endingOf(link: Link, reason: Error | undefined): string {
  if (link.timedOut) return 'silent for too long';
  if (reason === undefined) return 'ended';
  return reason instanceof NetError ? reason.message : String(reason);
}
