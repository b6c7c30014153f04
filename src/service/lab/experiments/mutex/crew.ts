/** The threads of the experiment: started once, told what to count, ended together. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { moduleBeside, NetError } from '../../../../core/index.ts';
import { Barrier, CACHE_LINE, Mutex, Semaphore } from '../../../../sync/index.ts';
import type { Run, Span, Task, Way } from './ways.ts';

export class Crew implements AsyncDisposable {
  readonly #workers: readonly Worker[];

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  /** Resolves when all threads run. */
  static async start(threads: number): Promise<Crew> {
    const module = moduleBeside(import.meta.url, 'thread');
    const crew = new Crew(Array.from({ length: threads }, () => new Worker(module)));
    await Promise.all(crew.#workers.map((worker) => once(worker, 'online')));
    return crew;
  }

  /**
   * Counts to `counts`, all together; `alone`, one thread does it.
   * @throws NetError `broken` when a thread fails or ends
   */
  async run(way: Way, counts: number): Promise<Run> {
    const workers = way === 'alone' ? this.#workers.slice(0, 1) : this.#workers;
    const task = newTask(way, counts / workers.length, workers.length);
    const spans = await Promise.all(workers.map((worker) => answerOf(worker, task)));
    const first = Math.min(...spans.map(({ began }) => began));
    const last = Math.max(...spans.map(({ ended }) => ended));
    return { way, time: (last - first) / 1e9, counted: task.counter[0]! };
  }

  /** Also threads that wait for a lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Everything anew for each run, and each on a cache line of its own. */
function newTask(way: Way, counts: number, parties: number): Task {
  const memory = new SharedArrayBuffer(2 * CACHE_LINE);
  return {
    way,
    counts,
    parties,
    counter: new Int32Array(memory, 0, 1),
    started: new Int32Array(memory, CACHE_LINE, 1),
    mutex: new Mutex().handle,
    semaphore: new Semaphore({ initial: 1, max: 1 }).handle,
    barrier: new Barrier({ parties }).handle,
  };
}

function answerOf(worker: Worker, task: Task): Promise<Span> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController();
    const { signal } = stop;
    const settle = (act: () => void): void => {
      stop.abort();
      act();
    };
    const fail = (cause?: unknown): void =>
      settle(() => reject(new NetError('broken', 'A thread that counted has ended', { cause })));
    once(worker, 'message', { signal }).then(
      ([span]) => settle(() => resolve(span)),
      (cause) => fail(cause),
    );
    once(worker, 'exit', { signal }).then(
      () => fail(),
      () => {},
    );
    worker.postMessage(task);
  });
}
