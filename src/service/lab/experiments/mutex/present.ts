/** What the runs of the counting threads show, as a finding. Pure: every explanation depends on what was measured. */
import type { Bar, Finding, Table } from '../../finding.ts';
import { median } from '../../median.ts';
import { formatValue } from '../../report/units.ts';
import { type Plan, type Run, WAYS, type Way } from './ways.ts';

/** What differs by less is called equal: threads on a busy machine differ as much. */
const EQUAL = 1.15;

/** Load average of the last minute from which on others are worth mentioning. */
const BUSY = 0.7;

/** Medians over the rounds. */
interface Result {
  readonly way: Way;
  /** Seconds. */
  readonly time: number;
  readonly lost: number;
  /** The most and the least of all rounds. */
  readonly mostLost: number;
  readonly leastLost: number;
}

type Results = Readonly<Record<Way, Result>>;

/** @param load how many threads of others wanted to run when it began, on average */
export function present(runs: readonly Run[], plan: Plan, load: number): Finding {
  const results = Object.fromEntries(WAYS.map((way) => [way, resultOf(way, runs, plan)])) as Results;
  return {
    name: 'mutex',
    title: 'Counting together: what a lock costs, and what it costs to have none',
    question: `${plan.threads} threads add to one number in shared memory. Is every count there in the end, and how long does it take compared with one thread that does it alone?`,
    method: methodOf(plan, load),
    parts: [
      {
        kind: 'bars',
        title: `Counting to ${formatValue(plan.counts, '')}`,
        label: 'wall time',
        unit: 's',
        bars: WAYS.map((way) => barOf(results[way], results, plan)),
        note: 'The work is the same in each row: so many counts, by one thread or shared out evenly.',
      },
      tableOf(results, plan),
      { kind: 'words', title: 'What it means', paragraphs: words(results, plan) },
    ],
  };
}

function methodOf({ rounds, threads }: Plan, load: number): string[] {
  const busy = `When it began, ${load.toFixed(1)} threads of this machine wanted to run on average (load): what they took is missing here.`;
  return [
    `${threads} threads (workers) run through all rows; they are started once. Before each run every thread warms up the same loop in memory of its own, so that it is compiled, and then they meet at a barrier.`,
    'Wall time, from the first thread that begins to count until the last has ended. Processor time would hide that threads wait for one another.',
    `Each figure is the median of ${rounds} rounds, and each round begins with another row.`,
    'Lock, semaphore and barrier are those of modnet/sync, made of Atomics on shared memory. A thread that must wait sleeps (Atomics.wait, a futex of Linux).',
    ...(load > BUSY ? [busy] : []),
  ];
}

function resultOf(way: Way, runs: readonly Run[], { counts }: Plan): Result {
  const own = runs.filter((run) => run.way === way);
  const lost = own.map(({ counted }) => counts - counted);
  return {
    way,
    time: median(own.map(({ time }) => time)),
    lost: Math.round(median(lost)),
    mostLost: Math.max(...lost),
    leastLost: Math.min(...lost),
  };
}

function nameOf(way: Way, { threads }: Plan): string {
  const names: Readonly<Record<Way, string>> = {
    alone: 'one thread',
    unlocked: `${threads} threads, no lock`,
    'locked-once': `${threads} threads, one lock around the whole loop`,
    'locked-each': `${threads} threads, a lock for each count`,
    semaphore: `${threads} threads, a semaphore for each count`,
    atomic: `${threads} threads, Atomics.add`,
    apart: `${threads} threads, each for itself, sums added at the end`,
  };
  return names[way];
}

function barOf(result: Result, results: Results, plan: Plan): Bar {
  const note = `${countedOf(result, plan)} ${WHY[result.way](results, plan)}`;
  return { name: nameOf(result.way, plan), value: result.time, note };
}

function countedOf({ way, lost, leastLost, mostLost }: Result, { counts }: Plan): string {
  const of = `of ${formatValue(counts, '')} counts`;
  if (mostLost === 0 && leastLost === 0)
    return way === 'unlocked' ? 'No count was lost this time.' : 'Nothing was lost.';
  if (leastLost === mostLost) return `${formatValue(lost, '')} ${of} were lost.`;
  const range = `${formatValue(leastLost, '')} to ${formatValue(mostLost, '')}`;
  return `${range} ${of} were lost, ${formatValue(lost, '')} in the middle round.`;
}

type Why = (results: Results, plan: Plan) => string;

/** Why each took as long as it did. */
const WHY: Readonly<Record<Way, Why>> = {
  alone: ({ alone }, { counts }) =>
    `The measure for the others: ${formatValue(alone.time / counts, 's')} a count, while nobody else wants the number and it stays in the cache of one processor.`,
  unlocked: (results) => {
    const { mostLost } = results.unlocked;
    const how =
      mostLost === 0
        ? 'That is luck: the threads hardly ran at the same time. Nothing keeps one from writing back a number that another has changed meanwhile.'
        : 'A thread reads the number, adds to it and writes it back; what another wrote in between is gone.';
    return `${how} ${comparedWithOne(results, 'unlocked')}`;
  },
  'locked-once': (results) =>
    `The first thread that gets the lock counts its whole share while the others wait, then comes the next. ${comparedWithOne(results, 'locked-once')} There is only one lock and unlock for each thread, but nothing runs at the same time either.`,
  'locked-each': (results, { counts }) =>
    `${comparedWithOne(results, 'locked-each')} Each count is one lock and one unlock, ${formatValue(results['locked-each'].time / counts, 's')}, on memory that the threads take away from one another; a thread that finds the lock taken goes to sleep and has to be woken by a system call.`,
  semaphore: (results) =>
    `A semaphore with one permit does what the lock does, ${against(results, 'semaphore', 'locked-each', 'the lock')}. It can do more, such as let three in, or be released by another thread, and that is what it is for.`,
  atomic: (results) =>
    `Reading, adding and writing are one step of the processor, so nobody waits and nobody sleeps: ${against(results, 'atomic', 'locked-each', 'a lock for each count')}. ${comparedWithOne(results, 'atomic')} The number still travels between the processors with each count.`,
  apart: (results, { threads }) => {
    const gain = results.alone.time / results.apart.time;
    const share = `Nothing is shared until the end. ${comparedWithOne(results, 'apart')}`;
    return gain > EQUAL
      ? `${share} This is the only way here in which ${threads} threads pay.`
      : `${share} Here even that brought nothing: the work is too short, or the processors were busy with something else.`;
  },
};

/** The sentence that compares a way with one thread. */
function comparedWithOne(results: Results, way: Way): string {
  const ratio = results[way].time / results.alone.time;
  if (ratio > EQUAL) return `It took ${times(ratio)} as long as one thread alone.`;
  if (ratio < 1 / EQUAL) return `It took ${Math.round(ratio * 100)} % of the time of one thread alone.`;
  return 'It took as long as one thread alone.';
}

function against(results: Results, way: Way, other: Way, name: string): string {
  const ratio = results[way].time / results[other].time;
  if (ratio > EQUAL) return `in ${times(ratio)} the time of ${name}`;
  if (ratio < 1 / EQUAL) return `${times(1 / ratio)} as fast as ${name}`;
  return `in the same time as ${name}`;
}

function tableOf(results: Results, plan: Plan): Table {
  return {
    kind: 'table',
    title: 'A count, and what is left of it',
    columns: [
      { name: 'who, how' },
      { name: 'time of a count', unit: 's' },
      { name: '÷ one thread' },
      { name: 'counted, worst round' },
      { name: 'lost', unit: '%' },
    ],
    rows: WAYS.map((way) => {
      const { time, mostLost } = results[way];
      const share = Math.round((mostLost / plan.counts) * 1000) / 10;
      return [
        nameOf(way, plan),
        time / plan.counts,
        time / results.alone.time,
        plan.counts - mostLost,
        share,
      ];
    }),
  };
}

function words(results: Results, plan: Plan): string[] {
  const broken = WAYS.filter((way) => way !== 'unlocked' && results[way].mostLost > 0);
  return [
    unprotected(results, plan),
    howOften(results),
    together(results, plan),
    ...(broken.length === 0
      ? []
      : [`Something is broken: counts were lost with ${broken.join(', ')} as well.`]),
  ];
}

function unprotected({ unlocked: { mostLost } }: Results, { counts }: Plan): string {
  if (mostLost === 0)
    return 'Without a lock the result was right this time, which proves nothing: run it again, or with more counts.';
  return `Without a lock the result is wrong: in the worst round ${formatValue(mostLost, '')} of ${formatValue(counts, '')} counts were missing, and no error told of it.`;
}

function howOften(results: Results): string {
  const ratio = results['locked-each'].time / results['locked-once'].time;
  return `With a lock it is right, and then it matters how often one locks: a lock for each count took ${times(ratio)} as long as one around the whole loop. Work out the result outside and lock only to hand it over.`;
}

/** The ways in which all threads write to the same number and get it right. */
const SHARING: readonly Way[] = ['locked-once', 'locked-each', 'semaphore', 'atomic'];

function together(results: Results, { threads }: Plan): string {
  const fastest = Math.min(...SHARING.map((way) => results[way].time)) / results.alone.time;
  const start =
    fastest > 1 / EQUAL
      ? `${threads} threads that share one number are no faster than one, whatever protects it.`
      : `The best way to protect the number took ${Math.round(fastest * 100)} % of the time of one thread.`;
  const apart = results.apart.time / results.alone.time;
  if (apart > 1 / EQUAL) return start;
  return `${start} With nothing shared until the end they took ${Math.round(apart * 100)} % of its time: threads pay where they share little.`;
}

/** `1.3 times`, `165 times`. */
function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : formatValue(Math.round(ratio), '')} times`;
}
