/** Which handler belongs to which descriptor of a poller, and the dispatch of a batch of events to them. */
import type { Poller } from './poller.ts';

/** Called when its descriptor is ready. */
export interface IoHandler {
  /** @param events bits of `poller.ts` */
  onReady(events: number): void;
}

export class Watches {
  readonly #poller: Poller;
  readonly #handlers: (IoHandler | undefined)[] = [];
  /** By descriptor; it grows with every watch, so that an event for an earlier owner of the number is recognised. */
  readonly #generations: number[] = [];
  #size = 0;
  #closed = false;

  constructor(poller: Poller) {
    this.#poller = poller;
  }

  get size(): number {
    return this.#size;
  }

  get descriptors(): number[] {
    return this.#handlers.flatMap((handler, fd) => (handler === undefined ? [] : fd));
  }

  watch(fd: number, interest: number, handler: IoHandler): void {
    const generation = ((this.#generations[fd] ?? 0) + 1) >>> 0;
    this.#poller.add(fd, interest, generation);
    this.#generations[fd] = generation;
    this.#handlers[fd] = handler;
    this.#size++;
  }

  modify(fd: number, interest: number): void {
    if (this.#closed) return;
    this.#poller.modify(fd, interest, this.#generations[fd] ?? 0);
  }

  /** Another handler for a descriptor that is watched. */
  replace(fd: number, handler: IoHandler): void {
    if (this.#handlers[fd] !== undefined) this.#handlers[fd] = handler;
  }

  unwatch(fd: number): void {
    if (this.#clear(fd) && !this.#closed) this.#poller.remove(fd);
  }

  forget(fd: number): void {
    if (this.#clear(fd) && !this.#closed) this.#poller.forget(fd);
  }

  /** Waits for a batch, up to `timeout` ms, and returns how many events it has. */
  wait(timeout: number): number {
    return this.#poller.wait(timeout);
  }

  /** Serves the `count` events of the last wait. */
  dispatch(count: number): void {
    const poller = this.#poller;
    for (let index = 0; index < count; index++) {
      const fd = poller.readyFd(index);
      const handler = this.#handlers[fd];
      // Closed earlier in this batch, and perhaps already another connection.
      if (handler === undefined || this.#generations[fd] !== poller.readyGeneration(index)) continue;
      try {
        handler.onReady(poller.readyEvents(index));
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  /** Nothing is ready any more; owners may still give back what they watch. */
  close(): void {
    this.#closed = true;
    this.#poller.close();
  }

  #clear(fd: number): boolean {
    if (this.#handlers[fd] === undefined) return false;
    this.#handlers[fd] = undefined;
    this.#size--;
    return true;
  }
}

/** A fault of a handler is the process's to hear of (`uncaughtException`), and must not stop the rest of the batch. */
export function report(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown;
  });
}
