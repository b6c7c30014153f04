/** Runs exported functions of a module in worker threads, for tests. It knows no primitive. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

interface Task {
  readonly module: string;
  readonly name: string;
  readonly args: unknown;
}

/** What such a function is: called with the arguments and the number of its thread; what it returns is handed back. */
export type ThreadFunction<Args, Result> = (args: Args, index: number) => Result | Promise<Result>;

/**
 * Runs `module[name](args, index)` in `count` threads.
 * @returns the results, in the order of the threads; rejects when one throws
 */
export async function inThreads<Result>(
  count: number,
  module: string | URL,
  name: string,
  args: unknown,
): Promise<Result[]> {
  const threads = Array.from({ length: count }, (_, index) => startThread(module, name, args, index));
  try {
    return await Promise.all(threads.map((worker) => resultOf<Result>(worker)));
  } finally {
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
}

/** One such thread, for tests that end it themselves. */
export function startThread(module: string | URL, name: string, args: unknown, index = 0): Worker {
  const task: Task & { index: number } = { module: String(module), name, args, index };
  return new Worker(new URL(import.meta.url), { workerData: task });
}

/** What its function returned. */
export function resultOf<Result>(worker: Worker): Promise<Result> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The thread ended with ${code} and without a result`)));
  });
}

if (!isMainThread && workerData?.module !== undefined) {
  const { module, name, args, index } = workerData as Task & { index: number };
  const functions: Record<string, ThreadFunction<unknown, unknown>> = await import(module);
  parentPort!.postMessage(await functions[name]!(args, index));
}
