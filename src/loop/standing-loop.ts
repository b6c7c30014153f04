/**
 * A loop that owns its thread: it blocks in the poller, and Node's own loop stands still until it ends. Promises work,
 * because between two turns the microtasks run until none is left. Node's timers, its file system and its sockets do
 * not; use `after`, and connections of the kernel driver on this loop.
 */
import type { Timer } from '../core/clock.ts';
import { EpollPoller } from './epoll-poller.ts';
import { type Lag, LagMeter, type Loop } from './loop.ts';
import { PollPoller } from './poll-poller.ts';
import type { Poller, PollerName } from './poller.ts';
import { SelectPoller } from './select-poller.ts';
import { TaskQueue } from './task-queue.ts';
import { TimerHeap } from './timer-heap.ts';
import { type IoHandler, Watches } from './watches.ts';

const POLLERS: Readonly<Record<PollerName, new () => Poller>> = {
  select: SelectPoller,
  poll: PollPoller,
  epoll: EpollPoller,
};

export interface StandingLoopOptions {
  /** Default `epoll`. */
  readonly poller?: PollerName;
}

export class StandingLoop implements Loop {
  readonly lag: Lag;
  readonly #lag = new LagMeter();
  /** When the last wait was over. */
  #woken: number | null = null;
  readonly #watches: Watches;
  readonly #tasks = new TaskQueue();
  readonly #timers = new TimerHeap();
  #run: Promise<void> | undefined;
  #stopping = false;

  constructor(options: StandingLoopOptions = {}) {
    this.lag = this.#lag;
    this.#watches = new Watches(new POLLERS[options.poller ?? 'epoll']());
  }

  /**
   * Runs until nothing is left to wait for (no descriptor watched, no timer but background ones, no task), or until
   * `stop`. The loop cannot run again after that: called again it returns the same promise.
   */
  run(): Promise<void> {
    this.#run ??= this.#start();
    return this.#run;
  }

  /** Ends `run` after this turn; what is still watched is left to its owners. */
  stop(): void {
    this.#stopping = true;
  }

  now(): number {
    return performance.now();
  }

  after(delay: number, callback: () => void, options?: { background?: boolean }): Timer {
    return this.#timers.add(this.now() + delay, callback, options?.background);
  }

  watch(fd: number, interest: number, handler: IoHandler): void {
    this.#watches.watch(fd, interest, handler);
  }

  modify(fd: number, interest: number): void {
    this.#watches.modify(fd, interest);
  }

  replace(fd: number, handler: IoHandler): void {
    this.#watches.replace(fd, handler);
  }

  unwatch(fd: number): void {
    this.#watches.unwatch(fd);
  }

  forget(fd: number): void {
    this.#watches.forget(fd);
  }

  defer(task: () => void): void {
    this.#tasks.push(task);
  }

  #start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => {
        try {
          if (!this.#turn()) {
            this.#watches.close();
            resolve();
            return;
          }
        } catch (thrown) {
          this.#watches.close();
          reject(thrown);
          return;
        }
        // Node runs a tick only when the microtasks are drained, but one tick after the other without them: hence
        // a microtask that asks for the tick.
        queueMicrotask(() => process.nextTick(next));
      };
      process.nextTick(next);
    });
  }

  /** One turn; `false` when it was the last. */
  #turn(): boolean {
    // Now, because promises that the last turn settled have run since.
    if (this.#woken !== null) this.#lag.record(this.now() - this.#woken);
    const alive = this.#watches.size > 0 || this.#timers.foreground > 0 || this.#tasks.length > 0;
    if (!alive || this.#stopping) return false;
    const count = this.#watches.wait(this.#timeout());
    this.#woken = this.now();
    this.#watches.dispatch(count);
    this.#timers.run(this.now());
    this.#tasks.run();
    return true;
  }

  /** How long the poller may wait, in ms, rounded up so that it does not wake before a timer is due. */
  #timeout(): number {
    if (this.#tasks.length > 0) return 0;
    const due = this.#timers.due;
    if (due === null) return -1;
    return Math.min(Math.max(0, Math.ceil(due - this.now())), 0x7fffffff);
  }
}
