/**
 * epoll(7). Each registration carries a generation beside its descriptor, which may be closed and reused in a
 * batch.
 */
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from './constants.ts';
import { errno, libc } from './ffi.ts';
import { Memory, scratch } from './memory.ts';

/**
 * `struct epoll_event` in 32-bit words: events, then 64 bits of data, of which we make descriptor and
 * generation. Packed on x86-64 only (EPOLL_PACKED in linux/eventpoll.h); elsewhere the data is aligned to
 * eight bytes.
 */
const PACKED = process.arch === 'x64';
const WORDS = PACKED ? 3 : 4;
const FD = PACKED ? 1 : 2;
const GENERATION = FD + 1;

/** The descriptor of a new epoll instance, close-on-exec, or `-errno`. */
export function epollCreate1(): number {
  const fd = libc().epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno() : fd;
}

/**
 * Watches `fd` for `events` (`EPOLLIN` …). The generation, 32 bits, comes back with each event. 0 or
 * `-errno`.
 */
export function epollAdd(epfd: number, fd: number, events: number, generation = 0): number {
  return epollCtl(epfd, EPOLL_CTL_ADD, fd, events, generation);
}

/** Changes what a watched `fd` is watched for. 0 or `-errno`. */
export function epollModify(epfd: number, fd: number, events: number, generation = 0): number {
  return epollCtl(epfd, EPOLL_CTL_MOD, fd, events, generation);
}

/** Stops watching `fd`. Closing its last duplicate does the same. 0 or `-errno`. */
export function epollDelete(epfd: number, fd: number): number {
  return epollCtl(epfd, EPOLL_CTL_DEL, fd, 0, 0);
}

/** epoll_ctl(2). 0 or `-errno`. */
export function epollCtl(epfd: number, op: number, fd: number, events: number, generation: number): number {
  const { view, address } = scratch();
  view.setUint32(0, events, true);
  view.setInt32(FD * 4, fd, true);
  view.setUint32(GENERATION * 4, generation, true);
  return libc().epoll_ctl(epfd, op, fd, address) < 0 ? -errno() : 0;
}

/**
 * Waits for events and fills `events`.
 * @param timeout milliseconds; 0 returns at once, -1 waits without end and blocks the thread
 * @returns how many there are, 0 at the timeout, or `-errno` (`-EINTR` after a signal)
 */
export function epollWait(epfd: number, events: EpollEvents, timeout: number): number {
  const count = libc().epoll_wait(epfd, events.address, events.capacity, timeout);
  return count < 0 ? -errno() : count;
}

/** A reusable array of events, read in place. Indexes run to what `epollWait` returned, exclusive. */
export class EpollEvents {
  readonly capacity: number;
  readonly address: number;
  readonly #words: Int32Array;

  /** @param capacity events taken per wait; 256 by default. The rest wait for the next. */
  constructor(capacity = 256) {
    const memory = new Memory(capacity * WORDS * 4);
    this.capacity = capacity;
    this.address = memory.address;
    this.#words = new Int32Array(memory.buffer);
  }

  fd(index: number): number {
    return this.#words[index * WORDS + FD]!;
  }

  /** Unsigned. */
  generation(index: number): number {
    return this.#words[index * WORDS + GENERATION]! >>> 0;
  }

  /** `EPOLLIN`, `EPOLLOUT`, `EPOLLERR`, `EPOLLHUP` … */
  events(index: number): number {
    return this.#words[index * WORDS]!;
  }
}
