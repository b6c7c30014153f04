/** A process that is measured or that measures: pinned to a core, spoken to in lines, and never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** proc(5): the unit of utime and stime; 100 on every Linux that Node runs on. */
const CLOCK_TICKS_PER_SECOND = 100;
const ERROR_LIMIT = 64 * 1024;
const ERROR_LINES = 6;
/** What socat and others end with when they are told to: 128 + SIGTERM. */
const TERMINATED = 143;

interface LineWaiter {
  readonly prefix: string;
  resolve(rest: string): void;
  reject(reason: Error): void;
}

export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #gone: Promise<unknown>;
  #lines: string[] = [];
  #waiter: LineWaiter | undefined;
  #errors = '';
  #exited = false;

  constructor(argv: readonly string[], core: number | undefined) {
    const command = core === undefined ? [...argv] : ['taskset', '-c', String(core), ...argv];
    this.#name = argv.slice(0, 6).join(' ');
    this.#process = spawn(command[0]!, command.slice(1), { stdio: 'pipe' });
    alive.add(this.#process);
    this.#gone = once(this.#process, 'close').then(
      () => this.#onGone(),
      (reason: unknown) => {
        this.#errors += String(reason);
        this.#onGone();
      },
    );
    this.#process.stderr?.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(0, ERROR_LIMIT);
    });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#onLine(line));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** What follows `prefix` in the first line that begins with it. Lines before it are dropped. */
  line(prefix: string, deadline: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          this.#waiter?.reject(
            new Error(`${this.#name}: no "${prefix}" within ${deadline} ms${this.#said()}`),
          ),
        deadline,
      );
      const settle = <T>(action: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          this.#waiter = undefined;
          action(value);
        };
      };
      this.#waiter = { prefix, resolve: settle(resolve), reject: settle(reject) };
      for (const line of this.#lines.splice(0)) this.#onLine(line);
      if (this.#exited) this.#waiter?.reject(this.#ended());
    });
  }

  write(text: string): void {
    this.#process.stdin?.write(text);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** How it failed, when it ended by itself and not well. */
  get failure(): string | undefined {
    const code = this.#process.exitCode;
    return code === null || code === 0 || code === TERMINATED ? undefined : this.#ended().message;
  }

  async stop(): Promise<void> {
    if (this.#exited) return;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 3000);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Seconds of processor time that the process and its children used so far. */
  cpuSeconds(): number {
    return [this.pid, ...descendants(this.pid)].reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  }

  /** Bytes of memory in RAM. smaps_rollup counts exactly, where `VmRSS` may lag (proc(5)). */
  residentBytes(): number {
    const text = readFileSync(`/proc/${this.pid}/smaps_rollup`, 'utf8');
    return Number(/^Rss:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
  }

  #onLine(line: string): void {
    const waiter = this.#waiter;
    if (waiter === undefined) this.#lines.push(line);
    else if (line.startsWith(waiter.prefix)) waiter.resolve(line.slice(waiter.prefix.length));
  }

  #onGone(): void {
    this.#exited = true;
    alive.delete(this.#process);
    this.#waiter?.reject(this.#ended());
  }

  #ended(): Error {
    return new Error(
      `${this.#name} ended with ${this.#process.exitCode ?? this.#process.signalCode}${this.#said()}`,
    );
  }

  /** The lines that name the trouble; stack frames are left out. */
  #said(): string {
    const lines = this.#errors.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
    return lines.length === 0 ? '' : `: ${lines.slice(0, ERROR_LINES).join('\n')}`;
  }
}

function descendants(pid: number): number[] {
  const children = globSync(`/proc/${pid}/task/*/children`)
    .flatMap((file) => readOr(file, '').split(' '))
    .filter((text) => text !== '')
    .map(Number);
  return [...children, ...children.flatMap(descendants)];
}

/**
 * proc(5): fields 14 to 17 of stat, the process and its children that ended. The name in field 2 may hold anything, so
 * count from its parenthesis.
 */
function cpuSecondsOf(pid: number): number {
  const fields = readOr(`/proc/${pid}/stat`, ') ').split(') ').at(-1)!.split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / CLOCK_TICKS_PER_SECOND;
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
