/** A thread of `pool` as the server sees it. */

import { moduleBeside } from '../../core/module-beside.ts';
import type { SharedQueue } from '../../sync/index.ts';
import type { Site } from '../crew.ts';
import type { Worker } from '../workers/worker.ts';
import { Control } from './blocking-control.ts';
import { BlockingThread, blockingBriefOf } from './blocking-thread.ts';
import type { PoolBrief } from './pool-worker.ts';

const ENTRY = moduleBeside(import.meta.url, 'pool-entry');

export class PoolThread implements Worker {
  readonly exited: Promise<string>;
  readonly #control = new Control();
  readonly #thread: BlockingThread;
  readonly #queue: SharedQueue;
  #deadline: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;

  /**
   * @param worker its row of the scoreboard
   * @param queue where it takes connections from
   */
  constructor(site: Site, worker: number, queue: SharedQueue) {
    this.#queue = queue;
    const brief: PoolBrief = { ...blockingBriefOf(site, this.#control), worker, queue: queue.handle };
    try {
      this.#thread = new BlockingThread(ENTRY, brief, {
        onReport: (event, error) => site.publish({ event, worker, message: error.message, error }),
      });
    } catch (error) {
      this.#control.close();
      throw error;
    }
    this.exited = this.#thread.exited.then((how) => {
      clearTimeout(this.#deadline?.timer);
      this.#control.close();
      return how;
    });
  }

  get ready(): Promise<void> {
    return this.#thread.ready;
  }

  get killed(): boolean {
    return this.#thread.killed;
  }

  drain(timeout: number): void {
    const at = performance.now() + timeout;
    if (this.#deadline !== undefined && this.#deadline.at <= at) return;
    clearTimeout(this.#deadline?.timer);
    this.#deadline = { timer: setTimeout(() => this.#stop(), timeout), at };
    this.#control.drain();
    this.#tell();
  }

  kill(): void {
    this.#control.stop();
    this.#thread.kill();
  }

  #stop(): void {
    this.#control.stop();
    this.#tell();
  }

  /** Wherever it is: blocked in a connection the control wakes it, blocked at the queue or in its event loop this does. */
  #tell(): void {
    this.#queue.wake();
    this.#thread.look();
  }
}
