/**
 * A loop of ours on Node's: one epoll descriptor among Node's own, so that promises, timers and the rest of Node keep
 * working. One callback of Node serves a whole batch of our sockets.
 */
import { isMainThread } from 'node:worker_threads';
import type { Timer } from '../core/clock.ts';
import { type NodePoll, watchOnNode } from '../kernel/index.ts';
import { EpollPoller } from './epoll-poller.ts';
import { HostedTimers } from './hosted-timers.ts';
import { type Lag, LagMeter, type Loop } from './loop.ts';
import { TaskQueue } from './task-queue.ts';
import { type IoHandler, Watches } from './watches.ts';

/** Batches served in one callback while events keep coming, before Node has its turn. */
const MAX_BATCHES = 4;

export class HostedLoop implements Loop {
  readonly lag: Lag;
  readonly #lag = new LagMeter();
  readonly #poller = new EpollPoller();
  readonly #watches = new Watches(this.#poller);
  readonly #tasks = new TaskQueue();
  readonly #timers = new HostedTimers();
  readonly #host: NodePoll;
  #turning = false;
  #isDetached = false;
  #immediate = false;

  constructor() {
    this.lag = this.#lag;
    // A callback from native code runs no microtasks after it; one of Node's immediates, in the same turn of its loop, does.
    const turn = (): void => this.#turn();
    const guardedTurn = (): void => this.#guardedTurn();
    this.#host = isMainThread
      ? watchOnNode(this.#poller.fd, () => setImmediate(turn))
      : watchOnNode(this.#poller.fd, () => {
          this.#host.stop();
          setImmediate(guardedTurn);
        });
    this.#host.unref();
  }

  /** Of its epoll instance. Whoever outlives this thread closes it: a thread that ends leaves it open. */
  get fd(): number {
    return this.#poller.fd;
  }

  /** What is watched, for a thread that ends and must close it. */
  get watched(): number[] {
    return this.#watches.descriptors;
  }

  /** Node calls no more; for the end of its thread. */
  detach(): void {
    this.#isDetached = true;
    this.#host.stop();
  }

  now(): number {
    return performance.now();
  }

  after(delay: number, callback: () => void, options?: { background?: boolean }): Timer {
    return this.#timers.add(delay, callback, options?.background);
  }

  watch(fd: number, interest: number, handler: IoHandler): void {
    this.#watches.watch(fd, interest, handler);
    // An open descriptor keeps the process alive, as Node's own sockets do.
    if (this.#watches.size === 1) this.#host.ref();
  }

  modify(fd: number, interest: number): void {
    this.#watches.modify(fd, interest);
  }

  replace(fd: number, handler: IoHandler): void {
    this.#watches.replace(fd, handler);
  }

  unwatch(fd: number): void {
    this.#watches.unwatch(fd);
    if (this.#watches.size === 0) this.#host.unref();
  }

  forget(fd: number): void {
    this.#watches.forget(fd);
    if (this.#watches.size === 0) this.#host.unref();
  }

  defer(task: () => void): void {
    this.#tasks.push(task);
    if (!this.#turning) this.#runSoon();
  }

  /**
   * In a thread that is terminated, or out of memory, Node's loop turns once more though nothing can be called, and koffi
   * takes a callback that cannot be called for fatal, to the whole process. So it has none while our handlers run, with
   * the promises after them.
   */
  #guardedTurn(): void {
    setImmediate(this.#restart);
    this.#turn();
  }

  readonly #restart = (): void => {
    if (!this.#isDetached) this.#host.start();
  };

  #turn(): void {
    const start = performance.now();
    this.#turning = true;
    for (let batch = 0; batch < MAX_BATCHES; batch++) {
      const count = this.#watches.wait(0);
      if (count === 0) break;
      this.#watches.dispatch(count);
      this.#tasks.run();
    }
    this.#turning = false;
    this.#runSoon();
    this.#lag.record(performance.now() - start);
  }

  /** Tasks that came outside of a turn run before Node waits again. */
  #runSoon(): void {
    if (this.#immediate || this.#tasks.length === 0) return;
    this.#immediate = true;
    setImmediate(() => {
      this.#immediate = false;
      this.#tasks.run();
      this.#runSoon();
    });
  }
}

let hosted: HostedLoop | undefined;

/** The loop that is hosted on Node's in this thread. */
export function hostedLoop(): HostedLoop {
  hosted ??= hostedHere();
  return hosted;
}

/** As `#guardedTurn`, for a thread that ends by process.exit() or an exception that nobody caught. */
function hostedHere(): HostedLoop {
  const loop = new HostedLoop();
  if (!isMainThread) process.once('exit', () => loop.detach());
  return loop;
}
