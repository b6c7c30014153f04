/** A worker as its server sees it, whether it is a thread or a process. */

/** Ms after a drain's deadline in which a worker aborts what it holds and ends; then it is killed. */
export const KILL_GRACE = 1_000;

export interface Worker {
  /** Accepts. Rejects when it ended before that, with the reason if it told one. */
  readonly ready: Promise<void>;
  /** Settles when it is gone, and never rejects: how it ended, in words (`exit code 1`, `SIGKILL`). */
  readonly exited: Promise<string>;
  /** By `kill`. */
  readonly killed: boolean;
  /**
   * Asks it to stop accepting, to finish in `timeout` ms, and to end.
   * @param last nobody will accept on its listening socket after it
   */
  drain(timeout: number, last: boolean): void;
  kill(): void;
}

/**
 * @param id its row of the scoreboard
 * @param post the place that it fills, from 0: its successor fills the same
 */
export type Launch = (id: number, post: number) => Worker;

/** Drains it, and kills it when it is not gone soon after the deadline. */
export function dismiss(worker: Worker, timeout: number, last = false): void {
  worker.drain(timeout, last);
  const kill = setTimeout(() => worker.kill(), timeout + KILL_GRACE);
  void worker.exited.then(() => clearTimeout(kill));
}
