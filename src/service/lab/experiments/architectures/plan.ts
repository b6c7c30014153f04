/** What is measured: which architectures, with how many workers and clients, and for how long. */
import { availableParallelism } from 'node:os';
import { ARCHITECTURES, type Architecture, type ServeOptions } from '../../../../server/index.ts';
import { WORKLOADS, type Workload } from './workload.ts';

export interface Plan {
  readonly architectures: readonly Architecture[];
  readonly workloads: readonly Workload[];
  /** Clients at a time of the closed loop; the open loop has as many as the last. */
  readonly clients: readonly number[];
  /** Requests of a client until it connects anew. */
  readonly perConnection: number;
  /** Ms of one measurement, and of the load before it. */
  readonly duration: number;
  readonly warmup: number;
}

export const FULL: Plan = {
  architectures: ARCHITECTURES,
  workloads: WORKLOADS,
  clients: [1, 4, 16, 64],
  perConnection: 20,
  duration: 2_000,
  warmup: 500,
};

export const QUICK: Plan = { ...FULL, clients: [2, 32], duration: 500, warmup: 200 };

/** Ms until a client gives a request up: long enough to wait for its turn where one is served after the other. */
export const PATIENCE = 4_000;

/** Times the warm-up for `process`: as many children as there may be begin at once. */
export const PROCESS_WARMUP = 5;

/** Loops on one port gain from a core each; workers that block gain from being more than the cores. */
export function workersOf(architecture: Architecture): Pick<ServeOptions, 'workers'> {
  const cores = Math.max(2, availableParallelism());
  const workers: Partial<Record<Architecture, number>> = {
    hybrid: cores,
    prefork: cores * 4,
    pool: cores * 4,
    process: 16,
    thread: 16,
  };
  return { workers: workers[architecture] };
}
