/**
 * Reads what the system tells of one process under `/proc` (proc(5)). It knows the formats and nothing of trees. A
 * process may end between any two reads, so everything that is missing is `null` or empty, and never an error.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** proc(5): the unit of the times in `stat`; 100 on every Linux that Node runs on. */
const CLOCK_TICKS_PER_SECOND = 100;
const MS_PER_TICK = 1000 / CLOCK_TICKS_PER_SECOND;
const KIB = 1024;

/** Where `/proc` is read from; tests hand in what was recorded. */
export interface Proc {
  /** `null` when it is gone, or not ours to read. */
  read(path: string): string | null;
  /** Names in a folder; empty when it is gone. */
  list(path: string): readonly string[];
}

export const systemProc: Proc = {
  read: (path) => orElse(() => readFileSync(path, 'utf8'), null),
  list: (path) => orElse(() => readdirSync(path), []),
};

/** Of `/proc/PID/stat`; times in ms. */
export interface ProcessStat {
  readonly pid: number;
  /** At most 15 bytes, as the system keeps it. */
  readonly name: string;
  /** One letter: `R` runs, `S` sleeps, `Z` has ended and was not waited for. */
  readonly state: string;
  readonly parent: number;
  readonly user: number;
  readonly system: number;
  /** Of children that have ended and were waited for, and of theirs. */
  readonly reapedUser: number;
  readonly reapedSystem: number;
  readonly threads: number;
  /** Clock ticks since the machine started; with the pid it names a process for good. */
  readonly startedAt: number;
}

/** In bytes. `pss` shares out what several processes map; `null` where the system does not let us see it. */
export interface Memory {
  readonly resident: number;
  readonly pss: number | null;
}

export interface Switches {
  /** It waited for something. */
  readonly voluntary: number;
  /** The system took the processor away. */
  readonly involuntary: number;
}

/** `null` for text that is no `stat`. The name is in parentheses and may hold blanks and parentheses itself. */
export function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const [state = '', ...numbers] = text
    .slice(close + 2)
    .trimEnd()
    .split(' ');
  // Field 4 of proc(5) is the first number here.
  const field = (number: number): number => Number(numbers[number - 4]);
  const stat = {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    state,
    parent: field(4),
    user: field(14) * MS_PER_TICK,
    system: field(15) * MS_PER_TICK,
    reapedUser: field(16) * MS_PER_TICK,
    reapedSystem: field(17) * MS_PER_TICK,
    threads: field(20),
    startedAt: field(22),
  };
  return Number.isNaN(stat.pid) || Number.isNaN(stat.startedAt) ? null : stat;
}

export function readStat(proc: Proc, pid: number): ProcessStat | null {
  const text = proc.read(`/proc/${pid}/stat`);
  return text === null ? null : parseStat(text);
}

/**
 * From `smaps_rollup`, which counts exactly, else from `status`, whose figures may lag (proc(5)).
 * @param wantsPss counting it walks the page tables of the process, which takes a moment for a large one
 */
export function readMemory(proc: Proc, pid: number, wantsPss: boolean): Memory {
  const rollup = wantsPss ? proc.read(`/proc/${pid}/smaps_rollup`) : null;
  const resident = rollup === null ? null : kibOf(rollup, 'Rss');
  if (rollup !== null && resident !== null) return { resident, pss: kibOf(rollup, 'Pss') };
  const status = proc.read(`/proc/${pid}/status`) ?? '';
  return { resident: kibOf(status, 'VmRSS') ?? 0, pss: null };
}

/** Of each thread by its id; those that end meanwhile are left out. */
export function readSwitches(proc: Proc, pid: number): Map<number, Switches> {
  const threads = new Map<number, Switches>();
  for (const thread of proc.list(`/proc/${pid}/task`)) {
    const status = proc.read(`/proc/${pid}/task/${thread}/status`);
    const switches = status === null ? null : parseSwitches(status);
    if (switches !== null) threads.set(Number(thread), switches);
  }
  return threads;
}

export function parseSwitches(status: string): Switches | null {
  const voluntary = /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status);
  const involuntary = /^nonvoluntary_ctxt_switches:\s*(\d+)$/m.exec(status);
  if (voluntary === null || involuntary === null) return null;
  return { voluntary: Number(voluntary[1]), involuntary: Number(involuntary[1]) };
}

/** The children of each of its threads; `null` where the kernel was built without that (CONFIG_PROC_CHILDREN). */
export function readChildren(proc: Proc, pid: number): number[] | null {
  const children: number[] = [];
  for (const thread of proc.list(`/proc/${pid}/task`)) {
    const text = proc.read(`/proc/${pid}/task/${thread}/children`);
    if (text !== null) children.push(...pidsOf(text));
    else if (proc.read(`/proc/${pid}/task/${thread}/stat`) !== null) return null;
  }
  return children;
}

/** Every process of the system with its parent. */
export function readParents(proc: Proc): Map<number, number> {
  const parents = new Map<number, number>();
  for (const name of proc.list('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(proc, Number(name)) : null;
    if (stat !== null) parents.set(stat.pid, stat.parent);
  }
  return parents;
}

function pidsOf(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((part) => part !== '')
    .map(Number);
}

/** Bytes of a line such as `Rss:   1234 kB`. */
function kibOf(text: string, name: string): number | null {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
  return match === null ? null : Number(match[1]) * KIB;
}

function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
