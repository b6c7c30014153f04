/** Tasks that are ready to run. A task that throws is reported and the others run. */
import { report } from './watches.ts';

export class TaskQueue {
  #tasks: (() => void)[] = [];

  get length(): number {
    return this.#tasks.length;
  }

  push(task: () => void): void {
    this.#tasks.push(task);
  }

  /** Runs what is there now; tasks that these add wait for the next run, so that none can keep the loop from I/O. */
  run(): void {
    if (this.#tasks.length === 0) return;
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) {
      try {
        task();
      } catch (thrown) {
        report(thrown);
      }
    }
  }
}
