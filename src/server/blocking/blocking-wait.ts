/** Blocks the thread inside poll(2), for one descriptor and for another that may wake it. It knows no connection. */
import { EINTR, POLLIN, PollSet, poll } from '../../kernel/index.ts';

export type Woken = 'ready' | 'interrupted' | 'late';

/** The longest wait that poll(2) takes, in ms; a longer one is cut into these. */
const MAX_WAIT = 2 ** 31 - 1;

/** One for the thread: it blocks in one place at a time. */
let set: PollSet | undefined;

/**
 * Blocks the thread until the descriptor has one of `events`, an error or a hang-up.
 * @param waker a descriptor that interrupts the wait when it is readable
 * @param deadline in ms of `performance.now()`; Infinity for none
 */
export function blockingWait(fd: number, events: number, waker: number, deadline: number): Woken {
  const both = prepare(fd, events, waker);
  for (;;) {
    const count = poll(both, timeoutOf(deadline));
    if (count === 0 && performance.now() >= deadline) return 'late';
    if (count === 0 || count === -EINTR) continue;
    // What it is woken for comes first: a peer that never stops sending would hide it.
    return both.revents(1) === 0 ? 'ready' : 'interrupted';
  }
}

function prepare(fd: number, events: number, waker: number): PollSet {
  set ??= new PollSet(2);
  if (set.count === 2 && set.fd(0) === fd && set.fd(1) === waker) {
    set.setEvents(0, events);
    return set;
  }
  while (set.count > 0) set.remove(set.count - 1);
  set.add(fd, events);
  set.add(waker, POLLIN);
  return set;
}

/** Rounded up: a wait that ends a little early would spin. */
function timeoutOf(deadline: number): number {
  if (deadline === Number.POSITIVE_INFINITY) return -1;
  return Math.min(MAX_WAIT, Math.max(0, Math.ceil(deadline - performance.now())));
}
