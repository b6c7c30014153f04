/** What one run of the lab found, with where and when. It is also the shape of the JSON that `--json` prints. */
import type { Finding } from '../finding.ts';
import type { Machine } from '../machine.ts';

export interface Report {
  readonly machine: Machine;
  /** ISO 8601, in UTC. */
  readonly date: string;
  readonly findings: readonly Finding[];
}
