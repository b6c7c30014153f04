/** The machine that a finding comes from, without which its figures mean nothing. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export interface Machine {
  /** The model as the processor calls itself. */
  readonly cpu: string;
  /** That this process may use. */
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** Name and release of the kernel: `Linux 6.12.0`. */
  readonly kernel: string;
  readonly node: string;
  readonly modnet: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.version,
    modnet: version(),
  };
}

/** package.json lies three folders up from src/service/lab and from dist/service/lab alike. */
function version(): string {
  const manifest = new URL('../../../package.json', import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
