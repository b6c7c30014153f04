/**
 * A thread for system calls that wait. It takes a task at a time and answers it. A thread that waits in a system call
 * cannot be interrupted: whoever ends it first shuts down the sockets on which it waits.
 */
import { parentPort, Worker } from 'node:worker_threads';
import { NetError, toNetError } from '../../../../core/index.ts';

type Told<Answer> =
  | { readonly kind: 'begins' }
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly why: string };

interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(reason: Error): void;
  onBegin(): void;
}

export class Thread<Task, Answer> {
  readonly #worker: Worker;
  readonly #gone: Promise<void>;
  #waiting: Waiting<Answer> | undefined;
  #failure: Error | undefined;

  /**
   * @param module of the thread, which calls `serveTasks`; see `moduleBeside`
   * @param data that the module finds as `workerData`
   */
  constructor(module: URL, data: unknown = null) {
    this.#worker = new Worker(module, { workerData: data });
    this.#worker.on('message', (told: Told<Answer>) => this.#onTold(told));
    this.#worker.on('error', (cause) => this.#fail(toNetError(cause, 'A thread of the experiment failed')));
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#fail(new NetError('closed', 'The thread of the experiment has ended'));
        resolve();
      });
    });
  }

  /**
   * One task, one answer.
   * @param onBegin called when the thread begins with it
   * @throws NetError `busy` while another task is under way, `broken` when it failed, `closed` when the thread has ended
   */
  run(task: Task, onBegin: () => void = () => {}): Promise<Answer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting !== undefined)
      return Promise.reject(new NetError('busy', 'The thread has a task already'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, onBegin };
      this.#worker.postMessage({ task });
    });
  }

  /** Ends the thread after the task that is under way, and waits until it is gone. */
  async end(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage(null);
    await this.#gone;
  }

  #onTold(told: Told<Answer>): void {
    const waiting = this.#waiting;
    if (told.kind === 'begins') {
      waiting?.onBegin();
      return;
    }
    this.#waiting = undefined;
    if (told.kind === 'done') waiting?.resolve(told.answer);
    else waiting?.reject(new NetError('broken', told.why));
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#failure);
  }
}

/** What the module of a thread calls: `handle` answers each task. */
export function serveTasks<Task, Answer>(handle: (task: Task) => Answer): void {
  const port = parentPort;
  if (port === null) throw new NetError('busy', 'This module is for a thread; start it with Thread');
  const tell = (told: Told<Answer>) => port.postMessage(told);
  port.on('message', (message: { readonly task: Task } | null) => {
    if (message === null) return port.close();
    tell({ kind: 'begins' });
    try {
      tell({ kind: 'done', answer: handle(message.task) });
    } catch (error) {
      tell({ kind: 'failed', why: (error as Error).message });
    }
  });
}
