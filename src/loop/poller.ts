/**
 * What a loop asks of the kernel: which descriptors are ready. `select`, `poll` and `epoll` answer behind this one
 * shape. A poller knows descriptors and bits, and not what they are for.
 */

/** Interest and readiness, in the bits of poll(2), which epoll(7) shares. */
export const READABLE = 0x001;
/** Urgent data waits (tcp(7), MSG_OOB). */
export const URGENT = 0x002;
export const WRITABLE = 0x004;
/** Always reported, whatever the interest. */
export const FAILED = 0x008;
/** Both halves have ended. Always reported by `poll` and `epoll`. */
export const HUNG_UP = 0x010;

/** The peer has ended its half (EPOLLRDHUP, POLLRDHUP). `select` cannot tell it from being readable. */
export const PEER_ENDED = 0x2000;
/**
 * Asks to report a change once, and not for as long as it lasts (EPOLLET). Saves the kernel a look at every descriptor
 * that was ready the time before. A hint that only `epoll` heeds: whoever gives it must bear both.
 */
export const ON_CHANGE = 1 << 31;

/**
 * Of several pollers that watch one listening descriptor, wakes one and not all (EPOLLEXCLUSIVE, epoll_ctl(2)). A hint
 * that only `epoll` heeds, and only at `add`: it cannot be modified.
 */
export const EXCLUSIVE = 1 << 28;

export interface Poller {
  readonly name: PollerName;
  /** A descriptor that is readable while something is ready, so that another loop can host this one. */
  readonly fd: number | undefined;
  /**
   * Begins to watch `fd`. `generation` comes back with each event, because the descriptor may be closed and reused
   * between the wait and the dispatch.
   * @throws NetError `limit` when there are too many or the number of the descriptor is too high for this poller.
   */
  add(fd: number, interest: number, generation: number): void;
  modify(fd: number, interest: number, generation: number): void;
  /** Before the descriptor is closed, or at latest before its number is reused. */
  remove(fd: number): void;
  /** The descriptor is about to be closed, which may already be enough. */
  forget(fd: number): void;
  /**
   * Waits up to `timeout` ms (-1: without end) and returns how many descriptors are ready. A signal ends the wait
   * with none.
   */
  wait(timeout: number): number;
  /** The three below read the event at `index` of the last wait. */
  readyFd(index: number): number;
  readyEvents(index: number): number;
  readyGeneration(index: number): number;
  close(): void;
}

export type PollerName = 'select' | 'poll' | 'epoll';
