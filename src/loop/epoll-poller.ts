/** epoll(7): the kernel keeps the set, a wait costs what is ready and not what is watched. Level-triggered. */
import {
  close,
  EINTR,
  EpollEvents,
  epollAdd,
  epollCreate1,
  epollDelete,
  epollModify,
  epollWait,
  kernelError,
} from '../kernel/index.ts';
import type { Poller } from './poller.ts';

export class EpollPoller implements Poller {
  readonly name = 'epoll';
  #fd: number;
  readonly #events = new EpollEvents();

  constructor() {
    const fd = epollCreate1();
    if (fd < 0) throw kernelError(fd, 'Cannot make an epoll instance');
    this.#fd = fd;
  }

  get fd(): number {
    return this.#fd;
  }

  add(fd: number, interest: number, generation: number): void {
    const result = epollAdd(this.fd, fd, interest, generation);
    if (result < 0) throw kernelError(result, `Cannot watch descriptor ${fd}`);
  }

  modify(fd: number, interest: number, generation: number): void {
    const result = epollModify(this.fd, fd, interest, generation);
    if (result < 0) throw kernelError(result, `Cannot watch descriptor ${fd}`);
  }

  remove(fd: number): void {
    epollDelete(this.fd, fd);
  }

  /** Closing the last duplicate removes it from the set (epoll(7), questions and answers 6): a call saved. */
  forget(): void {}

  wait(timeout: number): number {
    const count = epollWait(this.fd, this.#events, timeout);
    if (count >= 0) return count;
    if (count === -EINTR) return 0;
    throw kernelError(count, 'Cannot wait for events');
  }

  readyFd(index: number): number {
    return this.#events.fd(index);
  }

  readyEvents(index: number): number {
    return this.#events.events(index);
  }

  readyGeneration(index: number): number {
    return this.#events.generation(index);
  }

  close(): void {
    close(this.#fd);
    // The number may be given again.
    this.#fd = -1;
  }
}
