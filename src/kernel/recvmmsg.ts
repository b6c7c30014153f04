/** recvmmsg(2): many datagrams in one call, into memory allocated once. */
import { NetError } from '../core/error.ts';
import { MSG_TRUNC } from './constants.ts';
import { errno, libc } from './ffi.ts';
import { Memory } from './memory.ts';
import { MessageBatch } from './message-batch.ts';
import { decodeSockaddr, SOCKADDR_STORAGE, type SocketAddress, sockaddrPort } from './sockaddr.ts';

/**
 * Fills `batch` from its start.
 * @param flags `MSG_TRUNC` makes `length` the full length of a datagram that was cut off
 * @returns how many datagrams came, or `-errno`. An error after the first datagram is reported by the next
 * call.
 */
export function recvmmsg(fd: number, batch: ReceiveBatch, flags = 0): number {
  const address = batch.prepare();
  const count = libc().recvmmsg(fd, address, batch.capacity, flags, 0);
  if (count < 0) return -errno();
  batch.count = count;
  return count;
}

/** Room for datagrams. What an accessor shows is valid until the next `recvmmsg` into the batch. */
export class ReceiveBatch {
  readonly capacity: number;
  /** Bytes per datagram. */
  readonly size: number;
  /** Datagrams that the last call received. */
  count = 0;
  readonly #batch: MessageBatch;
  readonly #slab: Memory;

  /**
   * @param capacity datagrams per call, 1 to 1024; 64 by default
   * @param size bytes per datagram; 65536 by default, which cuts off none (a UDP payload has at most 65507
   * over IPv4)
   */
  constructor(capacity = 64, size = 65536) {
    if (!Number.isInteger(size) || size < 1)
      throw new NetError('limit', `A datagram has 1 byte or more, not ${size}`);
    this.capacity = capacity;
    this.size = size;
    this.#batch = new MessageBatch(capacity);
    this.#slab = new Memory(capacity * size);
    for (let index = 0; index < capacity; index++) {
      this.#batch.setPart(index, this.#slab.address + index * size, size);
      this.#batch.setNameLength(index, SOCKADDR_STORAGE);
    }
  }

  /** Undoes what the last call left in the headers and returns their address. */
  prepare(): number {
    for (let index = 0; index < this.count; index++) this.#batch.resetNameLength(index);
    this.count = 0;
    return this.#batch.headerAddress(0);
  }

  /** Bytes received; the full length, beyond `size`, when the call had the flag `MSG_TRUNC`. */
  length(index: number): number {
    return this.#batch.length(index);
  }

  /** Whether the datagram was longer than `size` and its rest is lost. */
  isTruncated(index: number): boolean {
    return (this.#batch.flags(index) & MSG_TRUNC) !== 0;
  }

  /** The bytes, in place. */
  data(index: number): Uint8Array<ArrayBuffer> {
    const start = index * this.size;
    return this.#slab.bytes.subarray(start, start + Math.min(this.length(index), this.size));
  }

  /** The sender's port, without building text. */
  port(index: number): number {
    return sockaddrPort(this.#batch.bytes, this.#batch.nameOffset(index));
  }

  /** The sender's encoded address, in place; `slice()` it to keep it, as a key or to answer to. */
  name(index: number): Uint8Array<ArrayBuffer> {
    const start = this.#batch.nameOffset(index);
    return this.#batch.bytes.subarray(start, start + this.#batch.nameLength(index));
  }

  /** The sender's address. */
  decode(index: number): SocketAddress {
    return decodeSockaddr(this.#batch.bytes, this.#batch.nameOffset(index), this.#batch.nameLength(index));
  }
}
