/**
 * Lets the kernel move the bytes between two sockets. It borrows both wires for as long as that works, and hands them
 * back where they stand when it does not, or when both directions have ended. It keeps no statistics and no time.
 */
import type { NetError } from '../../core/index.ts';
import { EINVAL, kernelError, socketError } from '../../kernel/index.ts';
import {
  FAILED,
  HUNG_UP,
  type IoHandler,
  type Loop,
  READABLE,
  type StreamWire,
  WRITABLE,
} from '../../loop/index.ts';
import type { PipePool } from './pipe-pool.ts';
import { type FlowError, type FlowState, SpliceFlow } from './splice-flow.ts';

/** One socket and what is known of it. */
export interface SpliceEnd {
  readonly wire: StreamWire;
  /** Its peer has already ended its half. */
  readonly receiveEnded: boolean;
}

export interface SpliceHandler {
  /** Bytes were moved, from end 0 to end 1 or back. */
  onMoved(from: 0 | 1, count: number): void;
  /**
   * The wires are back with their receivers. `rests` were read from each end and have not been sent to the other.
   * @param possible whether splicing may be tried again later
   */
  onStopped(rests: readonly [Uint8Array | null, Uint8Array | null], possible: boolean): void;
}

export class SplicePump {
  readonly #handler: SpliceHandler;
  readonly #ends: readonly [End, End];
  #running = true;

  /** Begins at once. The wires have nothing pending. */
  constructor(loop: Loop, pool: PipePool, ends: readonly [SpliceEnd, SpliceEnd], handler: SpliceHandler) {
    this.#handler = handler;
    this.#ends = [new End(this, loop, pool, ends[0]), new End(this, loop, pool, ends[1])];
    for (const end of this.#ends) end.begin();
  }

  /** Hands the wires back; what is between them is the handler's to send. */
  stop(possible = true): void {
    if (!this.#running) return;
    this.#running = false;
    const rests = [this.#ends[0].flow.takeRest(), this.#ends[1].flow.takeRest()] as const;
    for (const end of this.#ends) end.giveBack();
    this.#handler.onStopped(rests, possible);
  }

  /** One of the wires is gone: drops what was under way and hands the other back. */
  cancel(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const end of this.#ends) {
      end.flow.drop();
      end.giveBack();
    }
  }

  /** Called by an end that has something to read, or whose other end takes bytes again. */
  move(from: End): void {
    const to = this.#otherOf(from);
    const source = from.wire.fd;
    const sink = to.wire.fd;
    if (!this.#running || source === undefined || sink === undefined) return;
    const before = from.flow.moved;
    const state = from.flow.run(source, sink);
    const count = from.flow.moved - before;
    if (count > 0) this.#handler.onMoved(from === this.#ends[0] ? 0 : 1, count);
    this.#apply(state, from, to);
  }

  /** Called by an end that can be written. */
  moveInto(to: End): void {
    this.move(this.#otherOf(to));
  }

  /** An error of the socket, found while it was not read. */
  fail(end: End, result: number): void {
    // Whoever receives from the wire hears of it, and cancels this pump.
    end.wire.abort(broken(result));
  }

  #apply(state: FlowState, from: End, to: End): void {
    if (typeof state === 'object') {
      this.#onError(state, from, to);
      return;
    }
    if (state === 'no-pipe') {
      this.stop();
      return;
    }
    from.want(READABLE, state === 'source' || state === 'again');
    to.want(WRITABLE, state === 'sink');
    if (state !== 'end') return;
    to.wire.end();
    if (this.#ends.every((end) => end.flow.isDone)) this.stop();
  }

  #onError({ failed, result }: FlowError, from: End, to: End): void {
    // splice(2): EINVAL, the file system or the socket does not support it.
    if (result === -EINVAL) this.stop(false);
    else this.fail(failed === 'source' ? from : to, result);
  }

  #otherOf(end: End): End {
    return end === this.#ends[0] ? this.#ends[1] : this.#ends[0];
  }
}

/** A borrowed wire: what its descriptor is watched for, and the flow that comes out of it. */
class End implements IoHandler {
  readonly wire: StreamWire;
  readonly flow: SpliceFlow;
  readonly #pump: SplicePump;
  readonly #loop: Loop;
  #interest: number;
  /** A hang-up is reported whatever the interest: only leaving the poller silences it. */
  #isWatched = true;

  constructor(pump: SplicePump, loop: Loop, pool: PipePool, end: SpliceEnd) {
    this.#pump = pump;
    this.#loop = loop;
    this.wire = end.wire;
    this.flow = new SpliceFlow(pool, end.receiveEnded);
    this.#interest = end.receiveEnded ? 0 : READABLE;
  }

  begin(): void {
    this.wire.lend(this);
    this.#loop.modify(this.wire.fd!, this.#interest);
  }

  giveBack(): void {
    if (this.wire.fd === undefined) return;
    if (!this.#isWatched) this.#loop.watch(this.wire.fd, 0, this);
    this.wire.giveBack();
  }

  want(bit: number, on: boolean): void {
    const interest = on ? this.#interest | bit : this.#interest & ~bit;
    if (interest === this.#interest) return;
    this.#interest = interest;
    const fd = this.wire.fd;
    if (fd === undefined) return;
    if (this.#isWatched) this.#loop.modify(fd, interest);
    else if (on) {
      this.#isWatched = true;
      this.#loop.watch(fd, interest, this);
    }
  }

  onReady(events: number): void {
    const reads = (this.#interest & READABLE) !== 0;
    // Whoever reads gets what arrived first, and then the error from the read itself.
    if ((events & FAILED) !== 0 && !reads) {
      const error = socketError(this.wire.fd!);
      if (error !== 0) {
        this.#pump.fail(this, error);
        return;
      }
    }
    if ((events & (WRITABLE | HUNG_UP)) !== 0 && (this.#interest & WRITABLE) !== 0) this.#pump.moveInto(this);
    if ((events & (READABLE | HUNG_UP | FAILED)) === 0) return;
    if ((this.#interest & READABLE) !== 0) this.#pump.move(this);
    else if ((events & HUNG_UP) !== 0) this.#silence();
  }

  #silence(): void {
    const fd = this.wire.fd;
    if (!this.#isWatched || fd === undefined || this.#interest !== 0) return;
    this.#isWatched = false;
    this.#loop.unwatch(fd);
  }
}

function broken(result: number): NetError {
  return kernelError(result, 'The connection was lost while it was relayed');
}
