/**
 * What waits to be sent to one reader of a stream. Events are bounded: what does not fit is dropped, counted, and told
 * to the reader when there is room. Replies are not dropped; whoever asks must stop asking while `isFull`.
 */
import { PENDING_HIGH, type Wire } from '../../core/index.ts';
import type { Flushable, Flusher } from './flusher.ts';

/** A reader who missed something within this time, in ms, still misses. */
const RECOVERY = 5_000;

export interface OutboxOptions {
  readonly wire: Wire;
  readonly flusher: Flusher;
  /** Bytes. */
  readonly limit: number;
  readonly now: () => number;
  /** What tells the reader of so many missed events. */
  readonly missed: (count: number) => Uint8Array;
}

export class Outbox implements Flushable {
  readonly #options: OutboxOptions;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** The wire asked to wait. */
  #isWaiting = false;
  #dropped = 0;
  #firstMiss: number | null = null;
  #lastMiss = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Bytes that the system has not taken yet. */
  get pending(): number {
    return this.#options.wire.pending + this.#bytes;
  }

  /** Whether the one who asks must wait for `drained`. */
  get isFull(): boolean {
    if (this.#bytes >= PENDING_HIGH) this.flush();
    return this.#isWaiting;
  }

  /** The wire has room again. */
  drained(): void {
    this.#isWaiting = false;
    this.#tellMissed();
  }

  /** Says what was missed, if the reader has taken everything else. */
  check(): void {
    if (this.pending === 0) this.#tellMissed();
  }

  addReply(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    if (this.#chunks.length === 1) this.#options.flusher.add(this);
  }

  /** `false` when the events were dropped. */
  addEvents(bytes: Uint8Array, count: number): boolean {
    // What one turn brings may be more than the limit, and the system may take it all.
    if (this.#isTooMuch(bytes)) this.flush();
    if (this.#isTooMuch(bytes)) {
      this.#dropped += count;
      this.#lastMiss = this.#options.now();
      this.#firstMiss ??= this.#lastMiss;
      return false;
    }
    this.#tellMissed();
    this.addReply(bytes);
    return true;
  }

  /** Since when events have been missed; `null` once none was for a while. */
  slowSince(now: number): number | null {
    if (this.#dropped === 0 && now - this.#lastMiss >= RECOVERY) this.#firstMiss = null;
    return this.#firstMiss;
  }

  flush(): void {
    if (this.#chunks.length === 0) return;
    const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
    this.#isWaiting = !this.#options.wire.push(bytes);
  }

  /** Into an empty outbox anything fits. */
  #isTooMuch(bytes: Uint8Array): boolean {
    const { pending } = this;
    return pending > 0 && pending + bytes.length > this.#options.limit;
  }

  #tellMissed(): void {
    if (this.#dropped === 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.addReply(this.#options.missed(count));
  }
}
