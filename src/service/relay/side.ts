/** One connection of a bridge: what it sends goes to the other one. It does not know which of the two it is. */
import { type Bytes, type Connection, NetError, type Receiver, type Wire } from '../../core/index.ts';

/** What a bridge needs of each connection. */
export type Bridgeable = Pick<Connection, 'attach' | 'close' | 'abort'>;

/** What a side tells its bridge. */
export interface SideOwner {
  /** Bytes came. */
  onMoved(): void;
  /** All that was pushed has left. */
  onDrained(): void;
  onSideClosed(reason: Error | undefined): void;
}

export class Side implements Receiver {
  readonly #owner: SideOwner;
  readonly #connection: Bridgeable;
  readonly wire: Wire;
  readonly #maxChunk: number;
  #other: Side | undefined;
  /** The last push was answered with `false` and `onDrain` has not come. */
  #isFull = false;
  #closesWhenDrained = false;
  /** Bytes that came from it and were given to the other one. */
  bytes = 0;
  isOpen = true;
  /** Its peer has ended its half. */
  receiveEnded = false;

  constructor(owner: SideOwner, connection: Bridgeable, maxChunk: number) {
    this.#owner = owner;
    this.#connection = connection;
    this.#maxChunk = maxChunk;
    this.wire = connection.attach(this);
  }

  /** All that was pushed has left. */
  get isDrained(): boolean {
    return !this.#isFull && this.wire.pending === 0;
  }

  /** Where what this side sends is to go. */
  join(other: Side): void {
    this.#other = other;
  }

  /** Takes bytes of the other side. `false` asks it to wait. */
  push(chunk: Bytes): boolean {
    let at = 0;
    for (; chunk.length - at > this.#maxChunk; at += this.#maxChunk)
      this.wire.push(chunk.subarray(at, at + this.#maxChunk));
    this.#isFull = !this.wire.push(at === 0 ? chunk : chunk.subarray(at));
    return !this.#isFull;
  }

  end(): void {
    this.wire.end();
  }

  resume(): void {
    if (this.isOpen) this.wire.resume();
  }

  /** Ends both halves. What was pushed and has not left is waited for without a deadline but the idle one. */
  closeWhenDrained(): void {
    this.wire.end();
    if (this.receiveEnded) return;
    this.#closesWhenDrained = true;
    if (!this.#isFull) this.close();
  }

  close(): void {
    // How it ended comes with `onClose`.
    this.#connection.close().catch(() => {});
  }

  abort(reason?: Error): void {
    this.#connection.abort(reason);
  }

  onData(chunk: Bytes): void {
    if (!this.#other!.isOpen) return;
    this.carry(chunk);
    this.#owner.onMoved();
  }

  /** Gives the other side what came from this one, and stops reading until there is room for more. */
  carry(chunk: Bytes): void {
    this.bytes += chunk.length;
    if (!this.#other!.push(chunk)) this.wire.pause();
  }

  onEnd(): void {
    this.receiveEnded = true;
    this.#other!.end();
  }

  onDrain(): void {
    this.#isFull = false;
    if (this.#closesWhenDrained) this.close();
    else this.#other!.resume();
    this.#owner.onDrained();
  }

  onClose(reason?: Error): void {
    this.isOpen = false;
    if (this.#other!.isOpen) this.#closeOther(reason);
    this.#owner.onSideClosed(reason);
  }

  /**
   * A break is passed on, so that the other peer sees a reset too. A clean end leaves it nobody to talk to; so does
   * a command that ended its output and then failed, which is no reason to lose any of that output.
   */
  #closeOther(reason: Error | undefined): void {
    const other = this.#other!;
    const saidAll = this.receiveEnded && (reason as Partial<NetError> | undefined)?.errno === undefined;
    if (reason === undefined || saidAll) other.closeWhenDrained();
    else other.abort(new NetError('broken', `The other side broke: ${reason.message}`, { cause: reason }));
  }
}
