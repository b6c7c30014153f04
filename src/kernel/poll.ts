/** poll(2). */
import { NetError } from '../core/error.ts';
import { errno, libc } from './ffi.ts';
import { Memory } from './memory.ts';

/** `struct pollfd` in 16-bit words: the descriptor takes two, then what is asked, then what is so. */
const WORDS = 4;
const EVENTS = 2;
const REVENTS = 3;

/**
 * Waits for what `set` asks.
 * @param timeout milliseconds; 0 returns at once, -1 waits without end and blocks the thread
 * @returns how many entries have events, 0 at the timeout, or `-errno` (`-EINTR` after a signal)
 */
export function poll(set: PollSet, timeout: number): number {
  const count = libc().poll(set.address, set.count, timeout);
  return count < 0 ? -errno() : count;
}

/** A growing array of `struct pollfd`, without gaps. */
export class PollSet {
  #memory: Memory;
  #fds: Int32Array;
  #words: Uint16Array;
  #count = 0;

  /** @param capacity entries to begin with; it doubles as needed */
  constructor(capacity = 64) {
    this.#memory = new Memory(Math.max(1, capacity) * WORDS * 2);
    this.#fds = new Int32Array(this.#memory.buffer);
    this.#words = new Uint16Array(this.#memory.buffer);
  }

  get address(): number {
    return this.#memory.address;
  }

  get count(): number {
    return this.#count;
  }

  /** Appends an entry and returns its index. `POLLERR` and `POLLHUP` are always reported. */
  add(fd: number, events: number): number {
    if ((this.#count + 1) * WORDS > this.#words.length) this.#grow();
    const index = this.#count++;
    this.#fds[index * 2] = fd;
    this.setEvents(index, events);
    return index;
  }

  setEvents(index: number, events: number): void {
    this.#words[index * WORDS + EVENTS] = events;
    this.#words[index * WORDS + REVENTS] = 0;
  }

  /**
   * Removes an entry; the last one takes its index, and its descriptor is returned, -1 when it was the last
   * itself.
   */
  remove(index: number): number {
    if (index < 0 || index >= this.#count) throw new NetError('busy', `A poll set has no entry ${index}`);
    const last = --this.#count;
    if (index === last) return -1;
    this.#words.copyWithin(index * WORDS, last * WORDS, (last + 1) * WORDS);
    return this.fd(index);
  }

  fd(index: number): number {
    return this.#fds[index * 2]!;
  }

  events(index: number): number {
    return this.#words[index * WORDS + EVENTS]!;
  }

  /** After `poll`: `POLLIN`, `POLLOUT`, `POLLERR`, `POLLHUP`, `POLLNVAL` (not open) … */
  revents(index: number): number {
    return this.#words[index * WORDS + REVENTS]!;
  }

  #grow(): void {
    const larger = new Memory(this.#words.byteLength * 2);
    larger.bytes.set(this.#memory.bytes);
    this.#memory = larger;
    this.#fds = new Int32Array(larger.buffer);
    this.#words = new Uint16Array(larger.buffer);
  }
}
