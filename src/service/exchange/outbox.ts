/**
 * What waits to be sent to one reader of a stream. Events are bounded: what does not fit is dropped, counted, and told
 * to the reader when there is room. Replies are not dropped; whoever asks must stop asking while `isFull`. It does not know
 * what its pieces are: bytes of a line, messages of a WebSocket, events of a page.
 */
import { PENDING_HIGH } from '../../core/index.ts';
import type { Flushable, Flusher } from './flusher.ts';
import type { Tally } from './tally.ts';

/** A reader who missed something within this time, in ms, still misses. */
const RECOVERY = 5_000;

/** Something to be sent whole or not at all. */
export interface Piece {
  /** In bytes, about. */
  readonly length: number;
}

/** Takes what leaves the outbox. */
export interface Carrier<P extends Piece> {
  /** `false` asks to wait for `drained`. */
  push(pieces: readonly P[]): boolean;
  /** Bytes that the system has not taken yet. */
  readonly pending: number;
}

export interface OutboxOptions<P extends Piece> {
  readonly carrier: Carrier<P>;
  readonly flusher: Flusher;
  /** Bytes. */
  readonly limit: number;
  readonly now: () => number;
  /** What tells the reader of so many missed events. */
  readonly missed: (count: number) => P;
  readonly tally: Tally;
}

export class Outbox<P extends Piece> implements Flushable {
  readonly #options: OutboxOptions<P>;
  #pieces: P[] = [];
  #bytes = 0;
  /** The carrier asked to wait. */
  #isWaiting = false;
  #dropped = 0;
  #firstMiss: number | null = null;
  #lastMiss = 0;

  constructor(options: OutboxOptions<P>) {
    this.#options = options;
  }

  /** Bytes that the system has not taken yet. */
  get pending(): number {
    return this.#options.carrier.pending + this.#bytes;
  }

  /** Whether the one who asks must wait for `drained`. */
  get isFull(): boolean {
    if (this.#bytes >= PENDING_HIGH) this.flush();
    return this.#isWaiting;
  }

  /** The carrier has room again. */
  drained(): void {
    this.#isWaiting = false;
    this.#tellMissed();
  }

  /** Says what was missed, if the reader has taken everything else. */
  check(): void {
    if (this.pending === 0) this.#tellMissed();
  }

  addReply(piece: P): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#pieces.length === 1) this.#options.flusher.add(this);
  }

  /** `false` when the events were dropped. */
  addEvents(piece: P, count: number): boolean {
    // What one turn brings may be more than the limit, and the system may take it all.
    if (this.#isTooMuch(piece)) this.flush();
    if (this.#isTooMuch(piece)) {
      this.#dropped += count;
      this.#options.tally.dropped += count;
      this.#lastMiss = this.#options.now();
      this.#firstMiss ??= this.#lastMiss;
      return false;
    }
    this.#tellMissed();
    this.addReply(piece);
    return true;
  }

  /** Since when events have been missed; `null` once none was for a while. */
  slowSince(now: number): number | null {
    if (this.#dropped === 0 && now - this.#lastMiss >= RECOVERY) this.#firstMiss = null;
    return this.#firstMiss;
  }

  flush(): void {
    if (this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    this.#isWaiting = !this.#options.carrier.push(pieces);
  }

  /** Into an empty outbox anything fits. */
  #isTooMuch(piece: P): boolean {
    const { pending } = this;
    return pending > 0 && pending + piece.length > this.#options.limit;
  }

  #tellMissed(): void {
    if (this.#dropped === 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.addReply(this.#options.missed(count));
  }
}
