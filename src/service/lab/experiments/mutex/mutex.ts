/** `modnet lab mutex`: several threads count together, without a lock, with one, and with what may replace it. */
import { availableParallelism, loadavg } from 'node:os';
import type { Experiment, ExperimentOptions, Finding } from '../../finding.ts';
import { Crew } from './crew.ts';
import { present } from './present.ts';
import { type Plan, type Run, WAYS } from './ways.ts';

/**
 * Multiples of all numbers of threads, and enough for the fastest loop, of a cycle or so a count, to outlast what the
 * system lets one thread run before another.
 */
const FULL_COUNTS = 60_000_000;
const QUICK_COUNTS = 18_000_000;

export const mutex: Experiment = {
  name: 'mutex',
  about: 'threads that count together: without a lock, with locks, with Atomics, and what is lost',
  seconds: { full: 30, quick: 6 },
  run: (options) => runMutex(planOf(options.quick), options),
};

function planOf(quick: boolean): Plan {
  const threads = Math.min(4, Math.max(2, availableParallelism()));
  return quick ? { counts: QUICK_COUNTS, rounds: 3, threads } : { counts: FULL_COUNTS, rounds: 5, threads };
}

/** @param plan of fewer counts, for tests */
export async function runMutex(plan: Plan, { signal, progress }: ExperimentOptions): Promise<Finding> {
  signal.throwIfAborted();
  const [load = 0] = loadavg();
  await using crew = await Crew.start(plan.threads);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  const runs: Run[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    for (let turn = 0; turn < WAYS.length; turn++) {
      // Each begins a round in its turn.
      const way = WAYS[(round + turn) % WAYS.length]!;
      progress(runs.length, plan.rounds * WAYS.length, `${way}, round ${round + 1} of ${plan.rounds}`);
      runs.push(await Promise.race([crew.run(way, plan.counts), aborted]));
    }
  }
  return present(runs, plan, load);
}
