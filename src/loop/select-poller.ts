/** select(2): three sets of 1,024 bits, copied with each wait. Descriptors of 1,024 and more cannot be watched. */
import { EINTR, FdSet, kernelError, select } from '../kernel/index.ts';
import { type Poller, READABLE, URGENT, WRITABLE } from './poller.ts';
import { ReadyList } from './ready-list.ts';

const KINDS = [READABLE, WRITABLE, URGENT] as const;

export class SelectPoller implements Poller {
  readonly name = 'select';
  readonly fd = undefined;
  readonly #wanted = KINDS.map(() => new FdSet());
  /** What select(2) changes: the wanted sets before the wait, the ready ones after it. */
  readonly #working = KINDS.map(() => new FdSet());
  readonly #generations = new Map<number, number>();
  readonly #ready = new ReadyList();

  add(fd: number, interest: number, generation: number): void {
    this.modify(fd, interest);
    this.#generations.set(fd, generation);
  }

  modify(fd: number, interest: number): void {
    for (const [index, kind] of KINDS.entries()) {
      if ((interest & kind) === 0) this.#wanted[index]!.delete(fd);
      else this.#wanted[index]!.add(fd);
    }
  }

  remove(fd: number): void {
    if (this.#generations.delete(fd)) this.modify(fd, 0);
  }

  /** A closed descriptor in a set makes the wait fail (EBADF). */
  forget(fd: number): void {
    this.remove(fd);
  }

  wait(timeout: number): number {
    for (const [index, set] of this.#working.entries()) set.copyFrom(this.#wanted[index]!);
    const [read, write, urgent] = this.#working;
    const count = select(read!, write!, urgent!, timeout);
    this.#ready.clear();
    if (count < 0 && count !== -EINTR) throw kernelError(count, 'Cannot wait for events');
    if (count > 0) this.#collect();
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

  #collect(): void {
    for (const [fd, generation] of this.#generations) {
      let events = 0;
      for (const [index, kind] of KINDS.entries()) if (this.#working[index]!.has(fd)) events |= kind;
      if (events !== 0) this.#ready.push(fd, events, generation);
    }
  }
}
