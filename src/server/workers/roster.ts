/** The workers of a server, as rows of its scoreboard, and the sums over those that have gone. */
import { close, setLinger, socketCookie } from '../../kernel/index.ts';
import type { Counts, Drained, WorkerStatistics } from '../server.ts';
import type { Orphan, Outcome, Scoreboard } from './scoreboard.ts';

const COUNTERS = ['accepted', 'active', 'finished', 'failed', 'aborted', 'refused'] as const;

export class Roster {
  readonly scoreboard: Scoreboard;
  readonly #workers = new Set<number>();
  #gone = zero();

  constructor(scoreboard: Scoreboard) {
    this.scoreboard = scoreboard;
  }

  /** The number for a new worker, the lowest from `first` that is free; `undefined` when there are too many. */
  enter(pid: number, first = 1): number | undefined {
    let worker = first;
    while (this.#workers.has(worker)) worker++;
    if (!this.scoreboard.openRow(worker, pid)) return undefined;
    this.#workers.add(worker);
    return worker;
  }

  /** The worker has gone. What it still held is counted as `outcome`; sockets that it left open are reset. */
  leave(worker: number, outcome: Outcome): void {
    if (!this.#workers.delete(worker)) return;
    for (const orphan of this.scoreboard.bury(worker, outcome)) reset(orphan);
    this.#gone = sum(this.#gone, this.scoreboard.counts(worker));
    this.scoreboard.closeRow(worker);
  }

  /** Over all workers, also those that have gone. */
  get totals(): Counts {
    let totals = this.#gone;
    for (const worker of this.#workers) totals = sum(totals, this.scoreboard.counts(worker));
    return totals;
  }

  /** How the connections ended since `before`. */
  drainedSince(before: Counts): Drained {
    const now = this.totals;
    const finished = now.finished + now.failed - before.finished - before.failed;
    return { finished, aborted: now.aborted - before.aborted };
  }

  /** Accepted, by whichever worker, and without a place. */
  get held(): number {
    let held = 0;
    for (const worker of this.#workers) held += this.scoreboard.heldOf(worker);
    return held;
  }

  /** Those that are there, by number; 0, which is no worker but the server itself, is left out. */
  get workers(): WorkerStatistics[] {
    return [...this.#workers]
      .filter((worker) => worker > 0)
      .sort((a, b) => a - b)
      .map((worker) => ({
        worker,
        state: this.scoreboard.stateOf(worker),
        pid: this.scoreboard.pidOf(worker),
        ...this.scoreboard.counts(worker),
      }));
  }
}

/** A process takes its sockets with it; a thread leaves them open. The number may be another socket's by now. */
function reset({ fd, cookie }: Orphan): void {
  if (fd < 0 || socketCookie(fd) !== cookie) return;
  setLinger(fd, 0);
  close(fd);
}

function zero(): Counts {
  return { accepted: 0, active: 0, finished: 0, failed: 0, aborted: 0, refused: 0 };
}

function sum(a: Counts, b: Counts): Counts {
  const result: Record<string, number> = {};
  for (const counter of COUNTERS) result[counter] = a[counter] + b[counter];
  return result as unknown as Counts;
}
