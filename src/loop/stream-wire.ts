/**
 * The wire of a stream socket (TCP, Unix, a socket pair) on a loop of ours. It knows a descriptor and its readiness,
 * and not how the descriptor came to be connected.
 */

import type { Endpoints } from '../core/connection.ts';
import type { Bytes, FileRange, Receiver, Wire } from '../core/contract.ts';
import { wireClosing } from '../core/diagnostics.ts';
import { NetError, toNetError } from '../core/error.ts';
import { PENDING_LIMIT, pendingLimitError } from '../core/pending.ts';
import {
  close,
  EAGAIN,
  EINTR,
  kernelError,
  recvAt,
  SHUT_WR,
  SO_LINGER,
  SOL_SOCKET,
  send,
  sendAt,
  setsockopt,
  shutdown,
  socketError,
} from '../kernel/index.ts';
import type { Loop } from './loop.ts';
import { FAILED, HUNG_UP, ON_CHANGE, PEER_ENDED, READABLE, URGENT, WRITABLE } from './poller.ts';
import { READ_SIZE, type ReadBuffer } from './read-buffer.ts';
import { FILE_ENDED, fileEndedError, MAX_FILES, tooManyFilesError } from './send-file.ts';
import type { IoHandler } from './watches.ts';
import { WriteQueue } from './write-queue.ts';

/** Full reads of one wire before the others have their turn. */
const MAX_READS = 4;

/** In place of the interest: not in the poller. */
const LEFT = -1;

/** What a wire that reads is interested in; in urgent data because a read stops short of it (tcp(7)). */
const READING = READABLE | PEER_ENDED | URGENT;

const NOTHING: Bytes = new Uint8Array(0);

/** `struct linger { 1, 0 }` (socket(7), SO_LINGER): close(2) then drops what is unsent and sends a reset. */
const RESET_ON_CLOSE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

export class StreamWire implements Wire, IoHandler {
  readonly #loop: Loop;
  readonly #buffer: ReadBuffer;
  readonly #endpoints: Endpoints;
  readonly #canReset: boolean;
  /**
   * `ON_CHANGE` for TCP only: a short read of a Unix socket need not have emptied it, because a read stops behind a
   * message that carried descriptors (unix(7), Ancillary messages). States are reported again, and cost no call.
   */
  readonly #trigger: number;
  #fd: number;
  #received = 0;
  #pushed = 0;
  #receiver: Receiver | undefined;
  #queue: WriteQueue | undefined;
  #interest: number;
  #lent = false;
  #paused = false;
  #receiveEnded = false;
  #endAsked = false;
  #sendEnded = false;
  /** A failure that was found while the owner was calling, and is told when the call has returned. */
  #failing = false;
  #aborted = false;
  /** Closed, and the receiver of that time has heard of it. */
  #told = false;
  #reason: Error | undefined;

  /**
   * @param fd connected and non-blocking; the wire's from now on
   * @param endpoints named in errors
   * @param canReset whether `abort` can send a reset: TCP can, Unix sockets cannot
   */
  constructor(fd: number, loop: Loop, buffer: ReadBuffer, endpoints: Endpoints, canReset: boolean) {
    this.#fd = fd;
    this.#loop = loop;
    this.#buffer = buffer;
    this.#endpoints = endpoints;
    this.#canReset = canReset;
    this.#trigger = canReset ? ON_CHANGE : 0;
    this.#interest = this.#trigger | READING;
  }

  get fd(): number | undefined {
    return this.#fd < 0 ? undefined : this.#fd;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get moved(): number {
    return this.#received + this.#pushed - this.pending;
  }

  get pending(): number {
    return this.#queue?.length ?? 0;
  }

  start(receiver: Receiver): void {
    const first = this.#receiver === undefined;
    this.#receiver = receiver;
    if (this.#told) queueMicrotask(() => receiver.onClose(this.#reason));
    else if (this.#fd < 0) this.#tellLater();
    else if (first) this.#watch();
  }

  push(data: Bytes): boolean {
    if (this.#fd < 0 || this.#endAsked || this.#failing) return false;
    this.#pushed += data.length;
    if (this.#queue !== undefined && this.#queue.length > 0) return this.#enqueue(data);
    const address = this.#buffer.addressOf(data);
    const sent = address === 0 ? send(this.#fd, data) : sendAt(this.#fd, address, data.length);
    if (sent === data.length) return true;
    if (sent >= 0) return this.#enqueue(data.subarray(sent));
    if (sent === -EAGAIN || sent === -EINTR) return this.#enqueue(data);
    this.#failLater(this.#error(sent, 'send to'));
    return false;
  }

  pushFile(file: FileRange, head: Bytes = NOTHING): boolean {
    if (file.length === 0 || this.#fd < 0 || this.#endAsked || this.#failing) {
      const hasRoom = this.push(head);
      file.onDone();
      return hasRoom;
    }
    this.#queue ??= new WriteQueue();
    const queue = this.#queue;
    const waits = queue.length > 0;
    this.#pushed += head.length + file.length;
    queue.pushFile(file, head);
    if (queue.files > MAX_FILES) this.#failLater(tooManyFilesError(this.#endpoints.remote));
    const result = waits ? 0 : queue.flush(this.#fd);
    if (result < 0) this.#failLater(this.#sendError(result));
    if (this.#fd >= 0 && queue.length > 0) this.#want(WRITABLE, true);
    return this.#fd >= 0 && queue.length === 0;
  }

  recycle(chunk: Bytes): void {
    this.#buffer.giveBack(chunk);
  }

  pause(): void {
    // The poller is told only when something arrives all the same: most pauses are over before that.
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#want(READING, !this.#receiveEnded);
  }

  end(): void {
    if (this.#endAsked || this.#fd < 0) return;
    this.#endAsked = true;
    if (this.pending === 0) this.#endNow();
  }

  abort(reason?: Error): void {
    this.#aborted = true;
    if (this.#fd < 0) return;
    // When all has left and was ended there is nothing to reset any more.
    if (this.#canReset && !(this.#sendEnded && this.pending === 0))
      setsockopt(this.#fd, SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE);
    this.#closeDescriptor(reason);
    this.#tellLater();
  }

  /**
   * Hands the events of the descriptor to `handler`, which moves the bytes itself (splice); `end`, `abort` and `fd`
   * stay. Only when nothing is pending. The interest is then the handler's to set, at once, with
   * `loop.modify`.
   */
  lend(handler: IoHandler): void {
    if (this.pending > 0) throw new NetError('busy', 'The wire cannot be lent while bytes are pending');
    if (this.#fd < 0) return;
    this.#lent = true;
    if (this.#interest !== LEFT) {
      this.#loop.replace(this.#fd, handler);
      return;
    }
    this.#loop.watch(this.#fd, READABLE, handler);
  }

  /** Takes the descriptor back: it is read again from where it stands. */
  giveBack(): void {
    if (this.#fd < 0) return;
    this.#lent = false;
    this.#loop.replace(this.#fd, this);
    this.#interest = this.#receiveEnded || this.#paused ? this.#trigger : this.#trigger | READING;
    this.#loop.modify(this.#fd, this.#interest);
  }

  onReady(events: number): void {
    try {
      this.#serve(events);
    } catch (thrown) {
      // What a receiver throws ends its own connection; of a connection that has ended the process hears.
      if (this.#fd < 0) throw thrown;
      this.abort(toNetError(thrown, `The receiver of ${this.#endpoints.remote} failed`));
    }
  }

  #serve(events: number): void {
    const reading = !this.#paused && !this.#receiveEnded && (events & (READING | HUNG_UP)) !== 0;
    // Whoever reads gets what arrived first, and then the error from the read itself.
    if ((events & FAILED) !== 0 && !reading && this.#reportError()) return;
    if ((events & (READING | HUNG_UP)) !== 0) this.#onReadable(events);
    if ((events & WRITABLE) !== 0 && this.#fd >= 0) this.#onWritable();
  }

  #onReadable(events: number): void {
    if (!this.#paused && !this.#receiveEnded) {
      // A change is reported once: an end, an error, or bytes behind urgent data, are found now or never.
      this.#read((events & (PEER_ENDED | HUNG_UP | FAILED | URGENT)) !== 0);
      return;
    }
    if ((events & HUNG_UP) === 0) this.#want(READING, false);
    // Both halves have ended and nobody reads yet: the event would come for ever. What is pending fails by itself.
    else if (this.pending === 0) this.#leave();
  }

  /** @param toEnd whether to read on although the socket is empty for now */
  #read(toEnd: boolean): void {
    for (let reads = 0; reads < MAX_READS; reads++) {
      const count = recvAt(this.#fd, this.#buffer.reserve(), READ_SIZE);
      if (count === -EINTR) continue;
      if (count <= 0) {
        if (count === 0) this.#onReceiveEnd();
        else if (count !== -EAGAIN) this.#fail(this.#error(count, 'receive from'));
        return;
      }
      this.#received += count;
      this.#receiver!.onData(this.#buffer.take(count));
      // A short read has emptied the socket (epoll(7), questions and answers 9), or the rest is reported again.
      const emptied = count < READ_SIZE && !toEnd;
      if (emptied || this.#fd < 0 || this.#lent) return;
      if (this.#paused) {
        this.#want(READING, false);
        return;
      }
    }
    // What is left is reported anew, after the others had their turn.
    this.#loop.modify(this.#fd, this.#interest);
  }

  #onReceiveEnd(): void {
    this.#receiveEnded = true;
    this.#receiver!.onEnd();
    if (this.#fd < 0) return;
    if (this.#sendEnded) this.#finish();
    else this.#want(READING, false);
  }

  #onWritable(): void {
    const queue = this.#queue;
    const result = queue?.flush(this.#fd) ?? 0;
    if (this.#fd < 0) return;
    if (result < 0) {
      this.#fail(this.#sendError(result));
      return;
    }
    // A change is reported once: there is room that nothing else would tell of.
    if (result > 0) this.#loop.modify(this.#fd, this.#interest);
    if (queue !== undefined && queue.length > 0) return;
    this.#queue = undefined;
    this.#want(WRITABLE, false);
    if (this.#endAsked && !this.#sendEnded) this.#endNow();
    this.#receiver!.onDrain();
  }

  #enqueue(data: Bytes): boolean {
    this.#queue ??= new WriteQueue();
    if (this.#queue.held > PENDING_LIMIT) {
      this.#failLater(pendingLimitError(`Cannot send to ${this.#endpoints.remote}`));
      return false;
    }
    this.#queue.push(data);
    this.#want(WRITABLE, true);
    return false;
  }

  /** Ends the sending half, and the whole when the peer has ended its own. */
  #endNow(): void {
    this.#sendEnded = true;
    if (this.#receiveEnded) {
      this.#finishLater();
      return;
    }
    const result = shutdown(this.#fd, SHUT_WR);
    if (result < 0) this.#failLater(this.#error(result, 'end the connection to'));
  }

  /** An error that the system holds for the socket ends it, also while nobody reads. `false` when there is none. */
  #reportError(): boolean {
    const error = socketError(this.#fd);
    if (error === 0) return false;
    this.#fail(this.#error(error, 'go on with'));
    return true;
  }

  #watch(): void {
    try {
      this.#loop.watch(this.#fd, this.#interest, this);
    } catch (thrown) {
      this.#failLater(toNetError(thrown, `Cannot go on with ${this.#endpoints.remote}`));
    }
  }

  #want(bits: number, on: boolean): void {
    const left = this.#interest === LEFT;
    const before = left ? this.#trigger : this.#interest;
    const interest = on ? before | bits : before & ~bits;
    if (interest === before) return;
    this.#interest = interest;
    if (this.#fd < 0 || this.#receiver === undefined) return;
    if (left) this.#watch();
    else this.#loop.modify(this.#fd, interest);
  }

  /**
   * A hang-up is reported whatever the interest: only leaving the poller silences it. A reset that comes now goes unseen, and
   * may: both halves have ended, what is unread stays readable, and a wire that was not paused would be closed already.
   */
  #leave(): void {
    if (this.#interest === LEFT) return;
    this.#interest = LEFT;
    this.#loop.unwatch(this.#fd);
  }

  #finish(): void {
    this.#closeDescriptor(undefined);
    this.#tell();
  }

  #finishLater(): void {
    this.#closeDescriptor(undefined);
    this.#tellLater();
  }

  #fail(reason: Error): void {
    this.#closeDescriptor(reason);
    this.#tell();
  }

  /** Before `start` there is nobody to tell. */
  #tell(): void {
    if (this.#told || this.#receiver === undefined) return;
    this.#told = true;
    this.#receiver.onClose(this.#reason);
  }

  #tellLater(): void {
    queueMicrotask(() => this.#tell());
  }

  #failLater(reason: Error): void {
    if (this.#failing) return;
    this.#failing = true;
    queueMicrotask(() => {
      if (this.#fd >= 0) this.#fail(reason);
    });
  }

  #error(result: number, verb: string): NetError {
    return kernelError(result, `Cannot ${verb} ${this.#endpoints.remote}`);
  }

  #sendError(result: number): NetError {
    if (result !== FILE_ENDED) return this.#error(result, 'send to');
    // The peer was promised the rest: it shall see a reset, not an end.
    if (this.#canReset) setsockopt(this.#fd, SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE);
    return fileEndedError(this.#endpoints.remote);
  }

  #closeDescriptor(reason: Error | undefined): void {
    this.#reason = reason;
    const fd = this.#fd;
    const queue = this.#queue;
    if (wireClosing.hasSubscribers) wireClosing.publish({ wire: this, fd });
    this.#fd = -1;
    this.#queue = undefined;
    this.#loop.forget(fd);
    close(fd);
    queue?.release();
  }
}
