/** The experiments of the lab, in the order of its list. Each is a folder of its own; here stands one line for each. */
import { NetError } from '../../core/index.ts';
import { architectures } from './experiments/architectures/architectures.ts';
import { backlog } from './experiments/backlog/backlog.ts';
import { buffers } from './experiments/buffers/buffers.ts';
import { framing } from './experiments/framing/framing.ts';
import { lifecycle } from './experiments/lifecycle/lifecycle.ts';
import { mutex } from './experiments/mutex/mutex.ts';
import { pollers } from './experiments/pollers/pollers.ts';
import type { Experiment } from './finding.ts';

export const experiments: readonly Experiment[] = [
  architectures,
  pollers,
  mutex,
  framing,
  buffers,
  backlog,
  lifecycle,
];

/** What stands for all of them on the command line. */
export const ALL = 'all';

/**
 * The experiments of these names, each once, in the order of the names; all of them for `all`.
 * @throws NetError `unsupported` for a name that is none, with the list of those that are.
 */
export function findExperiments(
  names: readonly string[],
  from: readonly Experiment[] = experiments,
): readonly Experiment[] {
  if (names.includes(ALL)) {
    checkNames(names, from);
    return from;
  }
  checkNames(names, from);
  return [...new Set(names)].map((name) => from.find((one) => one.name === name)!);
}

function checkNames(names: readonly string[], from: readonly Experiment[]): void {
  const known = [...from.map(({ name }) => name), ALL];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new NetError(
    'unsupported',
    `No experiment is called ${JSON.stringify(unknown)}; there are ${known.join(', ')}`,
  );
}
