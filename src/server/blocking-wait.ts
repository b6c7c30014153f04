/** One descriptor that a thread waits for inside poll(2), and another that may wake it. It knows no connection. */
import { EINTR, POLLIN, PollSet, poll } from '../kernel/index.ts';

export type Woken = 'ready' | 'interrupted' | 'late';

/** The longest wait that poll(2) takes, in ms; a longer one is cut into these. */
const MAX_WAIT = 2 ** 31 - 1;

export class BlockingWait {
  readonly #set = new PollSet(2);
  #waker = -1;

  constructor(fd: number) {
    this.#set.add(fd, 0);
  }

  /**
   * Blocks the thread until the descriptor has one of `events`, an error or a hang-up.
   * @param waker a descriptor that interrupts the wait when it is readable
   * @param deadline in ms of `performance.now()`; Infinity for none
   */
  until(events: number, waker: number, deadline = Number.POSITIVE_INFINITY): Woken {
    this.#wakeBy(waker);
    for (;;) {
      this.#set.setEvents(0, events);
      const count = poll(this.#set, timeoutOf(deadline));
      if (count === 0 && performance.now() >= deadline) return 'late';
      if (count === 0 || count === -EINTR) continue;
      // What it is woken for comes first: a peer that never stops sending would hide it.
      return this.#set.revents(1) === 0 ? 'ready' : 'interrupted';
    }
  }

  #wakeBy(waker: number): void {
    if (waker === this.#waker) return;
    if (this.#waker >= 0) this.#set.remove(1);
    this.#set.add(waker, POLLIN);
    this.#waker = waker;
  }
}

/** Rounded up: a wait that ends a little early would spin. */
function timeoutOf(deadline: number): number {
  if (deadline === Number.POSITIVE_INFINITY) return -1;
  return Math.min(MAX_WAIT, Math.max(0, Math.ceil(deadline - performance.now())));
}
