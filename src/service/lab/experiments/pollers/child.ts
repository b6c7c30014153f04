/** The process that measures the pollers. It takes its plan as an argument and tells its parent each step and the outcome. */
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { median } from '../../median.ts';
import { canWatch, measure, type Timing } from './contest.ts';
import { Field } from './field.ts';
import {
  type Activity,
  activeOf,
  CONTENDERS,
  type Contender,
  fitPoints,
  type Outcome,
  type Plan,
  type Report,
  type Sample,
} from './plan.ts';

const ACTIVITIES: readonly Activity[] = ['few', 'half'];

/** A Ctrl-C reaches the whole group; the parent ends this process. */
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

async function run(plan: Plan): Promise<Outcome> {
  // Less the one that lists them.
  const [limit, held] = [descriptorLimit(), readdirSync('/proc/self/fd').length - 1];
  const fitted = fitPoints(plan.points, limit);
  using field = new Field();
  const samples: Sample[] = [];
  const steps = fitted.points.flatMap((connections) =>
    ACTIVITIES.map((activity) => ({ connections, activity })),
  );
  for (const [done, { connections, activity }] of steps.entries()) {
    const active = activeOf(activity, connections);
    tell({ kind: 'step', done, of: steps.length, what: `${active} of ${connections} connections active` });
    field.grow(connections);
    samples.push(...(await contest(field, plan, connections, activity)));
  }
  return { samples, fitted, limit, held };
}

async function contest(field: Field, plan: Plan, connections: number, activity: Activity): Promise<Sample[]> {
  const active = activeOf(activity, connections);
  const fds = field.watched.slice(0, connections);
  const able = CONTENDERS.filter((contender) => canWatch(contender, fds));
  const timings = new Map<Contender, Timing[]>(able.map((contender) => [contender, []]));
  for (let block = 0; block < plan.blocks; block++) {
    for (const contender of rotated(able, block)) {
      timings.get(contender)!.push(measure(contender, field, { connections, active, time: plan.blockTime }));
      // Lets what was told leave, and the end of the parent be seen.
      await setImmediate();
    }
  }
  return CONTENDERS.map((contender) => {
    const found = timings.get(contender);
    const of = (key: keyof Timing): number | null =>
      found === undefined ? null : median(found.map((timing) => timing[key]));
    return { contender: contender.name, activity, connections, active, round: of('round'), wait: of('wait') };
  });
}

/** Each is the first in its turn. */
function rotated<T>(values: readonly T[], by: number): readonly T[] {
  const first = by % values.length;
  return [...values.slice(first), ...values.slice(0, first)];
}

/** RLIMIT_NOFILE. Node has raised it to the hard limit by itself; a limit of none is one beyond all points. */
function descriptorLimit(): number {
  const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined || soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}

function tell(report: Report): void {
  process.send?.(report);
}

const outcome = await run(JSON.parse(process.argv[2]!));
process.send?.({ kind: 'outcome', outcome } satisfies Report, () => process.disconnect?.());
