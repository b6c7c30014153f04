/** `modnet lab pollers`: what it costs to ask which connections are ready, by select(2), poll(2) and epoll(7). */
import { NetError } from '../../../../core/index.ts';
import { kernelAvailable } from '../../../../kernel/index.ts';
import type { Experiment, ExperimentOptions, Finding } from '../../finding.ts';
import { FULL, type Plan, QUICK } from './plan.ts';
import { present } from './present.ts';
import { runChild } from './run-child.ts';

export const pollers: Experiment = {
  name: 'pollers',
  about: 'select, poll and epoll over 10 to 10,000 connections, few and many of them active',
  seconds: { full: 30, quick: 5 },
  run: (options) => runPollers(options.quick ? QUICK : FULL, options),
};

/** @param plan of fewer points, for tests */
export async function runPollers(plan: Plan, { signal, progress }: ExperimentOptions): Promise<Finding> {
  if (!kernelAvailable()) {
    throw new NetError('unsupported', 'The experiment pollers makes system calls; it needs Linux and koffi');
  }
  return present(await runChild(plan, signal, progress), plan);
}
