/**
 * Two wires in one process, joined back to back. Deterministic: whatever one side does reaches the other in a
 * microtask, in order, and no clock is involved. Chunks are handed through without a copy.
 */
import type { Bytes, Receiver, Wire } from '../../core/contract.ts';
import { NetError, toNetError } from '../../core/error.ts';
import { PENDING_HIGH, PENDING_LIMIT, pendingLimitError } from '../../core/pending.ts';

/** Two wires; what is pushed into one comes out of the other. */
export function memoryWires(name = 'pair'): [Wire, Wire] {
  const a = new MemoryWire(name);
  const b = new MemoryWire(name);
  a.join(b);
  b.join(a);
  return [a, b];
}

class MemoryWire implements Wire {
  readonly #name: string;
  #peer!: MemoryWire;
  #receiver: Receiver | undefined;
  /** Pushed, and not yet taken by the peer. */
  #queue: Bytes[] = [];
  #pending = 0;
  /** Bytes that the peer has taken. */
  #taken = 0;
  #drainWanted = false;
  #paused = false;
  #scheduled = false;
  #ended = false;
  /** The peer has been told of our end. */
  #endDelivered = false;
  #closed = false;
  #aborted = false;

  constructor(name: string) {
    this.#name = name;
  }

  join(peer: MemoryWire): void {
    this.#peer = peer;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get pending(): number {
    return this.#pending;
  }

  get moved(): number {
    return this.#taken + this.#peer.#taken;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#peer.#schedule();
  }

  push(data: Bytes): boolean {
    if (this.#ended || this.#closed) return false;
    if (this.#pending >= PENDING_LIMIT) {
      this.abort(pendingLimitError(`The connection over memory:${this.#name} was aborted`));
      return false;
    }
    if (data.length > 0) this.#queue.push(data);
    this.#pending += data.length;
    this.#schedule();
    if (this.#pending < PENDING_HIGH) return true;
    this.#drainWanted = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#peer.#schedule();
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    this.#schedule();
  }

  abort(reason?: Error): void {
    this.#aborted = true;
    if (this.#closed) return;
    this.#close(reason);
    this.#peer.#close(
      new NetError('broken', `The connection over memory:${this.#name} was lost: reset by the peer`, {
        errno: 'ECONNRESET',
      }),
    );
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  /** Hands to the peer what it will take now. */
  #deliver(): void {
    const peer = this.#peer;
    if (peer.#receiver === undefined) return;
    let taken = 0;
    while (taken < this.#queue.length && !peer.#paused && !this.#closed) {
      const chunk = this.#queue[taken++]!;
      this.#pending -= chunk.length;
      this.#taken += chunk.length;
      peer.#tell((receiver) => receiver.onData(chunk));
    }
    this.#queue.splice(0, taken);
    if (this.#closed || this.#queue.length > 0) return;
    this.#drained();
    if (!this.#ended || this.#endDelivered || peer.#paused) return;
    this.#endDelivered = true;
    peer.#tell((receiver) => receiver.onEnd());
    if (!peer.#endDelivered || this.#closed) return;
    this.#close(undefined);
    peer.#close(undefined);
  }

  #drained(): void {
    if (!this.#drainWanted) return;
    this.#drainWanted = false;
    this.#tell((receiver) => receiver.onDrain());
  }

  #close(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#pending = 0;
    queueMicrotask(() => this.#receiver?.onClose(reason));
  }

  #tell(call: (receiver: Receiver) => void): void {
    if (this.#closed || this.#receiver === undefined) return;
    try {
      call(this.#receiver);
    } catch (thrown) {
      this.abort(toNetError(thrown, 'The receiver failed'));
    }
  }
}
