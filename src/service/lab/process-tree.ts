/**
 * What a process costs with all its threads and all that descend from it: one snapshot. It does not know what the
 * processes do, nor what happened before; for that there is `TreeMeter`.
 */
import { NetError } from '../../core/index.ts';
import {
  type Proc,
  type ProcessStat,
  readChildren,
  readMemory,
  readParents,
  readStat,
  readSwitches,
  type Switches,
  systemProc,
} from './process-tree-proc.ts';

export interface TreeSample {
  /** Processes that run or wait, and those that have ended and were not waited for yet. */
  readonly processes: number;
  readonly threads: number;
  /** Processor time in ms since each began, in steps of 10 ms, with what children used that were waited for. */
  readonly user: number;
  readonly system: number;
  /** Bytes, summed: memory that two processes share counts twice. */
  readonly resident: number;
  /** Bytes, with shared memory shared out; `null` when it could not be seen of every process. */
  readonly pss: number | null;
  /** Of the threads that are alive, since each began. */
  readonly switches: Switches;
  /** The same for each thread; the key names it for good. */
  readonly switchesByThread: ReadonlyMap<string, Switches>;
}

export interface SampleOptions {
  /** Whether PSS is wanted, which takes the system a moment for large processes. Default true. */
  readonly pss?: boolean | undefined;
  readonly proc?: Proc | undefined;
}

/**
 * Measures the tree below `root`, itself included. Linux only.
 * @throws NetError `refused` when there is no such process, `unsupported` where there is no `/proc`
 */
export function sampleTree(root: number, options: SampleOptions = {}): TreeSample {
  const sample = trySampleTree(root, options);
  if (sample !== null) return sample;
  if ((options.proc ?? systemProc).read('/proc/self/stat') === null)
    throw new NetError('unsupported', 'Cannot measure processes: there is no /proc here; that needs Linux');
  throw new NetError('refused', `Cannot measure process ${root}: there is no such process`);
}

/** As `sampleTree`; `null` when the root has ended. */
export function trySampleTree(root: number, options: SampleOptions = {}): TreeSample | null {
  const proc = options.proc ?? systemProc;
  const stats = readTree(proc, root);
  if (stats.length === 0 || stats[0]!.state === 'Z') return null;
  const memory = stats.map(({ pid }) => readMemory(proc, pid, options.pss ?? true));
  const switchesByThread = new Map(stats.flatMap((stat) => threadsOf(proc, stat)));
  const threads = [...switchesByThread.values()];
  return {
    processes: stats.length,
    threads: sum(stats, (stat) => stat.threads),
    user: sum(stats, (stat) => stat.user + stat.reapedUser),
    system: sum(stats, (stat) => stat.system + stat.reapedSystem),
    resident: sum(memory, ({ resident }) => resident),
    // What has ended holds no memory, and its PSS cannot be read.
    pss: memory.some(({ resident, pss }) => resident > 0 && pss === null)
      ? null
      : sum(memory, ({ pss }) => pss ?? 0),
    switches: {
      voluntary: sum(threads, ({ voluntary }) => voluntary),
      involuntary: sum(threads, ({ involuntary }) => involuntary),
    },
    switchesByThread,
  };
}

/** The root first; empty when it is gone. */
function readTree(proc: Proc, root: number): ProcessStat[] {
  const stats = new Map<number, ProcessStat>();
  const waiting = [root];
  let parents: Map<number, number> | undefined;
  const childrenOf = (pid: number): number[] => {
    const children = parents === undefined ? readChildren(proc, pid) : null;
    if (children !== null) return children;
    parents ??= readParents(proc);
    return [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
  };
  for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
    // A pid may come twice when it was given away anew between two reads.
    const stat = stats.has(pid) ? null : readStat(proc, pid);
    if (stat === null) continue;
    stats.set(pid, stat);
    waiting.push(...childrenOf(pid));
  }
  return [...stats.values()];
}

function threadsOf(proc: Proc, { pid, startedAt }: ProcessStat): [string, Switches][] {
  return [...readSwitches(proc, pid)].map(([thread, switches]) => [
    `${pid}/${thread}@${startedAt}`,
    switches,
  ]);
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
