/**
 * A datagram socket on a loop of ours: batches in with recvmmsg(2), batches out with sendmmsg(2), everything that was
 * lost counted. It knows a descriptor, and no address but as the bytes that the kernel made.
 */

import { Slab } from '../bytes/slab.ts';
import type { Bytes } from '../core/contract.ts';
import type { NetError } from '../core/error.ts';
import {
  close,
  EAGAIN,
  ECONNREFUSED,
  EINTR,
  kernelError,
  ReceiveBatch,
  recvmmsg,
  SendBatch,
  sendmmsg,
  socketError,
} from '../kernel/index.ts';
import type { Loop } from './loop.ts';
import { FAILED, READABLE, WRITABLE } from './poller.ts';
import { type IoHandler, report } from './watches.ts';

/** Datagrams per system call. */
const BATCH = 64;
/** Batches received before the other descriptors have their turn. */
const MAX_BATCHES = 4;
/** Datagrams that wait to be sent; more are dropped and counted. Precedent: txqueuelen of an Ethernet device, 1000. */
export const SEND_QUEUE = 1024;
const SLAB_SIZE = 64 * 1024;

export interface DatagramHandler {
  /** @param name the sender's encoded address, valid during the call */
  onDatagram(data: Bytes, name: Uint8Array, truncated: boolean): void;
  /** The system reported a failure; the socket goes on. */
  onError(error: NetError): void;
  /** After a `push` that returned `false`: there is room again. */
  onDrain(): void;
}

/** What was lost, and why. */
export interface DatagramCounts {
  /** Arrived longer than the receive buffer; what fitted was delivered. */
  truncated: number;
  /** The peer's system refused one that we sent (ICMP port unreachable). Connected sockets only. */
  refused: number;
  /** Arrived while the queue, or the system's receive buffer, was full. */
  overflow: number;
  /** Could not be sent: no room in the queue, or the system would not take it. */
  unsent: number;
}

interface Waiting {
  readonly data: Bytes;
  readonly to: Uint8Array | null;
}

/** One batch serves every socket of the thread whose datagrams have the same limit: it is used within a call only. */
const receiveBatches = new Map<number, ReceiveBatch>();

export class DatagramWire implements IoHandler {
  readonly dropped: DatagramCounts = { truncated: 0, refused: 0, overflow: 0, unsent: 0 };
  readonly #loop: Loop;
  readonly #what: string;
  readonly #receive: ReceiveBatch;
  readonly #send = new SendBatch(BATCH);
  #fd: number;
  #handler: DatagramHandler | undefined;
  #slab = new Slab(SLAB_SIZE);
  #bytes = new Uint8Array(this.#slab.buffer);
  /** Did not fit into the batch while the socket was full. */
  #waiting: Waiting[] = [];
  #flushScheduled = false;
  #blocked = false;
  #drainWanted = false;

  /**
   * @param fd bound or connected, non-blocking; the wire's from now on
   * @param size bytes of the longest datagram that is received whole
   * @param what named in errors: `udp://127.0.0.1:7000`
   */
  constructor(fd: number, loop: Loop, size: number, what: string) {
    this.#fd = fd;
    this.#loop = loop;
    this.#what = what;
    this.#receive = receiveBatches.get(size) ?? new ReceiveBatch(BATCH, size);
    receiveBatches.set(size, this.#receive);
  }

  get fd(): number | undefined {
    return this.#fd < 0 ? undefined : this.#fd;
  }

  start(handler: DatagramHandler): void {
    const first = this.#handler === undefined;
    this.#handler = handler;
    if (first && this.#fd >= 0)
      this.#loop.watch(this.#fd, this.#blocked ? READABLE | WRITABLE : READABLE, this);
  }

  /**
   * Takes a datagram; what one turn of the loop pushes leaves in one call. `false` asks to wait for `onDrain`.
   * @param to an encoded address; null on a connected socket
   */
  push(data: Bytes, to: Uint8Array | null): boolean {
    if (this.#fd < 0) return false;
    if (this.#send.isFull) this.#flush();
    if (this.#blocked && this.#send.isFull) return this.#enqueue({ data, to });
    this.#send.add(data, to);
    if (!this.#flushScheduled && !this.#blocked) {
      this.#flushScheduled = true;
      this.#loop.defer(this.#onTurnEnd);
    }
    return !this.#blocked;
  }

  /** Sends what is queued as far as the system takes it, counts the rest, and closes. */
  close(): void {
    if (this.#fd < 0) return;
    this.#flush();
    const fd = this.#fd;
    this.#fd = -1;
    this.dropped.unsent += this.#send.count + this.#waiting.length;
    this.#send.clear();
    this.#waiting = [];
    if (this.#handler !== undefined) this.#loop.forget(fd);
    close(fd);
  }

  onReady(events: number): void {
    if ((events & FAILED) !== 0) this.#report(socketError(this.#fd));
    if ((events & READABLE) !== 0) this.#onReadable();
    if ((events & WRITABLE) !== 0 && this.#fd >= 0) this.#onWritable();
  }

  readonly #onTurnEnd = (): void => {
    this.#flushScheduled = false;
    this.#flush();
  };

  #onReadable(): void {
    for (let batches = 0; batches < MAX_BATCHES && this.#fd >= 0; batches++) {
      const count = recvmmsg(this.#fd, this.#receive);
      if (count === -EAGAIN || count === -EINTR) return;
      if (count < 0) {
        this.#report(count);
        return;
      }
      this.#deliver(count);
      // A batch that is not full has emptied the socket.
      if (count < BATCH) return;
    }
  }

  #deliver(count: number): void {
    const batch = this.#receive;
    for (let index = 0; index < count && this.#fd >= 0; index++) {
      const truncated = batch.isTruncated(index);
      if (truncated) this.dropped.truncated++;
      try {
        this.#handler!.onDatagram(this.#keep(batch.data(index)), batch.name(index), truncated);
      } catch (thrown) {
        // The others of the batch have been received and must not be lost.
        report(thrown);
      }
    }
  }

  /** Out of the batch, which is filled anew: into a slab, so that a small datagram costs no buffer of its own. */
  #keep(data: Uint8Array): Bytes {
    if (data.length > SLAB_SIZE / 4) return data.slice();
    if (this.#slab.free < data.length) {
      this.#slab = new Slab(SLAB_SIZE);
      this.#bytes = new Uint8Array(this.#slab.buffer);
    }
    this.#bytes.set(data, this.#slab.used);
    return this.#slab.take(data.length);
  }

  #enqueue(waiting: Waiting): boolean {
    this.#drainWanted = true;
    if (this.#waiting.length >= SEND_QUEUE) this.dropped.unsent++;
    else this.#waiting.push(waiting);
    return false;
  }

  /** Sends until all has left or the system is full. */
  #flush(): void {
    const batch = this.#send;
    while (batch.count > 0 && this.#fd >= 0) {
      const sent = sendmmsg(this.#fd, batch);
      if (sent > 0) batch.advance(sent);
      else if (sent === -EAGAIN) {
        this.#block();
        return;
      } else if (sent === -ECONNREFUSED) this.#report(sent);
      else if (sent !== -EINTR) this.#skip(sent);
      if (batch.count === 0) this.#refill();
    }
  }

  #refill(): void {
    while (this.#waiting.length > 0 && !this.#send.isFull) {
      const { data, to } = this.#waiting.shift()!;
      this.#send.add(data, to);
    }
  }

  #block(): void {
    this.#drainWanted = true;
    if (this.#blocked) return;
    this.#blocked = true;
    if (this.#handler !== undefined) this.#loop.modify(this.#fd, READABLE | WRITABLE);
  }

  #onWritable(): void {
    this.#flush();
    if (this.#send.count > 0 || this.#fd < 0) return;
    this.#blocked = false;
    this.#loop.modify(this.#fd, READABLE);
    if (!this.#drainWanted) return;
    this.#drainWanted = false;
    this.#handler!.onDrain();
  }

  /**
   * The system will not take the first datagram: it is dropped, and the others have their turn. So with ENOBUFS too: the
   * socket stays writable, so waiting would spin, and without end for one whose fragments exceed twice SO_SNDBUF.
   */
  #skip(result: number): void {
    this.#send.advance(1);
    this.dropped.unsent++;
    this.#handler?.onError(kernelError(result, `Cannot send on ${this.#what}`));
  }

  /**
   * A failure of something sent earlier (udp(7)); told once it has been read, and the datagram at hand is not to blame.
   */
  #report(result: number): void {
    if (result === 0) return;
    if (result === -ECONNREFUSED) this.dropped.refused++;
    this.#handler?.onError(kernelError(result, `Cannot reach ${this.#what}`));
  }
}
