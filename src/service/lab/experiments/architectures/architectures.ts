/** `modnet lab architectures`: the same handlers under all seven architectures. */
import { NetError } from '../../../../core/index.ts';
import { kernelAvailable } from '../../../../kernel/index.ts';
import type { Experiment, ExperimentOptions, Finding } from '../../finding.ts';
import { measureAll } from './measure.ts';
import { FULL, type Plan, QUICK } from './plan.ts';
import { present } from './present.ts';

export const architectures: Experiment = {
  name: 'architectures',
  about: 'the same handlers under serial, process, thread, prefork, pool, reactor and hybrid',
  seconds: { full: 600, quick: 150 },
  run: (options) => runArchitectures(options.quick ? QUICK : FULL, options),
};

/** @param plan of fewer points, for tests */
export async function runArchitectures(plan: Plan, options: ExperimentOptions): Promise<Finding> {
  if (!kernelAvailable()) {
    throw new NetError(
      'unsupported',
      'The experiment architectures hands descriptors on; it needs Linux and koffi',
    );
  }
  return present(await measureAll(plan, options), plan);
}
