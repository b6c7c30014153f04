/** The machine that figures come from, and the cores that servers and load are pinned to. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** How the processes were kept apart. */
  readonly pinning: string;
}

export interface Cores {
  readonly server: number;
  readonly load: number;
}

export function describeMachine(cores: Cores | null): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    pinning:
      cores === null
        ? 'none (no taskset, or one core)'
        : `server on core ${cores.server}, load on ${cores.load}`,
  };
}

/** The first two cores that this process may use, or `null` where nothing can be pinned. */
export function chooseCores(): Cores | null {
  if (spawnSync('taskset', ['-V']).error !== undefined) return null;
  const [server, load] = allowedCores();
  return server === undefined || load === undefined ? null : { server, load };
}

/** proc(5): Cpus_allowed_list, such as `0-1,4`. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
