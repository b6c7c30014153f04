/** What every worker that is told by a brief works with: its scoreboard, and a station that reports to the server. */
import type { HalfCloseable } from '../../core/index.ts';
import { toAddress } from '../../core/index.ts';
import { descriptorsOf } from '../../transport/index.ts';
import type { Handler } from '../handler.ts';
import type { Brief } from '../workers/brief.ts';
import type { Reports } from '../workers/reports.ts';
import { Scoreboard } from '../workers/scoreboard.ts';
import { Station } from './station.ts';

export interface WorkerStation {
  readonly brief: Brief;
  readonly handler: Handler;
  readonly scoreboard: Scoreboard;
  readonly concurrency: number;
  readonly reports: Reports;
  onLost(error: Error): void;
}

/** @param buffer the memory that the server made */
export function scoreboardOf(brief: Brief, buffer: ArrayBufferLike): Scoreboard {
  return new Scoreboard(buffer, brief);
}

export function openStation({
  brief,
  handler,
  scoreboard,
  concurrency,
  reports,
  onLost,
}: WorkerStation): Station {
  const { architecture, worker, shared, idle, maxPerAddress } = brief;
  return new Station({
    handler,
    context: { architecture, worker, shared },
    scoreboard,
    concurrency,
    limitsAddresses: maxPerAddress > 0,
    idle,
    onFailure: (error) => reports.add('failure', error),
    onTrouble: (error) => reports.add('trouble', error),
    onLost,
  });
}

/** The connection whose socket the server accepted. */
export function adoptSocket(fd: number, peer: Uint8Array, { address, transport }: Brief): HalfCloseable {
  const listening = toAddress(address);
  return descriptorsOf(listening, transport).adopt(fd, peer, listening, transport);
}
