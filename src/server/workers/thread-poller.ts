/** The epoll instance of a thread's hosted loop, as the server holds it: the thread leaves it open when it ends. */
import { close, replaceDescriptor } from '../../kernel/index.ts';
import { EpollPoller } from '../../loop/epoll-poller.ts';

const open = new Set<ThreadPoller>();
// This process terminates its threads when it ends.
process.once('exit', () => {
  for (const poller of open) poller.mute();
});

export class ThreadPoller {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
    open.add(this);
  }

  /**
   * Before the thread is terminated: puts an empty instance in its place. A callback of koffi's that cannot be called
   * any more is fatal to the whole process.
   */
  mute(): void {
    const empty = new EpollPoller();
    replaceDescriptor(this.#fd, empty.fd);
    empty.close();
  }

  /**
   * Once the thread has gone. It leaves its epoll instance open, and with it what it watched. (Where the loop is hosted,
   * EPOLLEXCLUSIVE spares nobody: libuv's own epoll instance waits on ours, and to wake a waiter of that kind is not
   * counted as the one wake-up; eventpoll.c, ep_poll_callback.)
   */
  close(): void {
    open.delete(this);
    close(this.#fd);
  }
}
