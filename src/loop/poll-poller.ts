/** poll(2): the whole set goes to the kernel with each wait, and is searched after it. Any number of descriptors. */
import { EINTR, kernelError, PollSet, poll } from '../kernel/index.ts';
import type { Poller } from './poller.ts';
import { ReadyList } from './ready-list.ts';

export class PollPoller implements Poller {
  readonly name = 'poll';
  readonly fd = undefined;
  readonly #set = new PollSet();
  /** Where a descriptor stands in the set. */
  readonly #indexes = new Map<number, number>();
  readonly #generations = new Map<number, number>();
  readonly #ready = new ReadyList();

  add(fd: number, interest: number, generation: number): void {
    this.#indexes.set(fd, this.#set.add(fd, interest));
    this.#generations.set(fd, generation);
  }

  modify(fd: number, interest: number): void {
    const index = this.#indexes.get(fd);
    if (index !== undefined) this.#set.setEvents(index, interest);
  }

  remove(fd: number): void {
    const index = this.#indexes.get(fd);
    if (index === undefined) return;
    this.#indexes.delete(fd);
    this.#generations.delete(fd);
    const moved = this.#set.remove(index);
    if (moved >= 0) this.#indexes.set(moved, index);
  }

  /** A closed descriptor that stays in the set would be reported as invalid with each wait. */
  forget(fd: number): void {
    this.remove(fd);
  }

  wait(timeout: number): number {
    const count = poll(this.#set, timeout);
    this.#ready.clear();
    if (count < 0 && count !== -EINTR) throw kernelError(count, 'Cannot wait for events');
    for (let index = 0; this.#ready.length < count; index++) {
      const events = this.#set.revents(index);
      if (events === 0) continue;
      const fd = this.#set.fd(index);
      this.#ready.push(fd, events, this.#generations.get(fd) ?? 0);
    }
    return this.#ready.length;
  }

  readyFd(index: number): number {
    return this.#ready.fd(index);
  }

  readyEvents(index: number): number {
    return this.#ready.events(index);
  }

  readyGeneration(index: number): number {
    return this.#ready.generation(index);
  }

  close(): void {}
}
