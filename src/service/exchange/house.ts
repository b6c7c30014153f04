/** What all doors share. */
import type { Clock } from '../../core/index.ts';
import type { AccessGate } from './access/access-gate.ts';
import type { Admission } from './admission.ts';
import type { Door } from './door.ts';
import type { Flusher } from './flusher.ts';
import type { Hub } from './hub.ts';
import type { JsonFormat } from './json-format.ts';
import type { ExchangeLimits } from './limits.ts';
import type { Tally } from './tally.ts';
import type { TextFormat } from './text-format.ts';

export interface House {
  readonly hub: Hub;
  readonly admission: Admission;
  /** Asks for the token; `null` where none is needed. */
  readonly gate: AccessGate | null;
  readonly clock: Clock;
  /** Milliseconds since the epoch. */
  readonly wallTime: () => number;
  readonly limits: ExchangeLimits;
  /** `modnet/0.1.0` */
  readonly server: string;
  readonly json: JsonFormat;
  readonly text: TextFormat;
  readonly flusher: Flusher;
  readonly tally: Tally;
  /** Those that are open, in the order of opening. */
  readonly doors: readonly Door[];
  /** When it was opened, on `clock`. */
  readonly since: number;
}
