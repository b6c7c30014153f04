/** The events of one wait, for the pollers that must look for them themselves. */
export class ReadyList {
  readonly #fds: number[] = [];
  readonly #events: number[] = [];
  readonly #generations: number[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  push(fd: number, events: number, generation: number): void {
    this.#fds[this.#length] = fd;
    this.#events[this.#length] = events;
    this.#generations[this.#length++] = generation;
  }

  fd(index: number): number {
    return this.#fds[index]!;
  }

  events(index: number): number {
    return this.#events[index]!;
  }

  generation(index: number): number {
    return this.#generations[index]!;
  }
}
