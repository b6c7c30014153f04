/** What `thread` and `pool` have in common in the thread: how it begins, hears of the server, and ends. */
import { parentPort } from 'node:worker_threads';
import { hostedLoop } from '../../loop/hosted-loop.ts';
import { loadHandler } from '../handler.ts';
import { keepCompiled } from '../workers/compile-cache.ts';
import { packError } from '../workers/packed-error.ts';
import { Reports } from '../workers/reports.ts';
import { Scoreboard } from '../workers/scoreboard.ts';
import type { BlockingBrief, FromBlocking } from './blocking-brief.ts';
import { Interrupt } from './blocking-control.ts';
import { reset } from './blocking-reset.ts';
import { BlockingStation } from './blocking-station.ts';

/** Ms in which what a handler left behind may end by itself; then the thread ends all the same. */
const END_GRACE = 1_000;

/** Those of the process are not this thread's to close. */
const STANDARD_ERROR = 2;

export interface BlockingWorker {
  readonly station: BlockingStation;
  readonly scoreboard: Scoreboard;
  readonly interrupt: Interrupt;
  readonly reports: Reports;
}

/** Loads the handler; `undefined` when it cannot be loaded, which the server is told. */
export async function openBlocking(brief: BlockingBrief): Promise<BlockingWorker | undefined> {
  try {
    // Made now, and not when the first connection waits for it.
    const loop = hostedLoop();
    tell({ modnet: 'loop', poller: loop.fd });
    process.on('exit', () => resetAll(loop.watched));
    const handler = await loadHandler(new URL(brief.handler), brief.startTimeout);
    const scoreboard = new Scoreboard(brief.scoreboard, brief);
    const interrupt = new Interrupt(brief.control);
    const reports = new Reports(tell);
    const station = new BlockingStation({ brief, handler, scoreboard, interrupt, reports });
    // It also keeps the thread alive while a handler waits for nothing that does.
    parentPort!.on('message', () => {
      station.look();
      // A handler that waits for something else than its connection may never return.
      if (interrupt.isStopping) setImmediate(() => process.exit());
    });
    tell({ modnet: 'ready' });
    keepCompiled();
    return { station, scoreboard, interrupt, reports };
  } catch (thrown) {
    tell({ modnet: 'unable', error: packError(thrown as Error) });
    endSoon();
    return undefined;
  }
}

/** The thread ends when nothing is left that keeps it alive. */
export function endBlocking({ reports }: BlockingWorker): void {
  reports.flush();
  parentPort!.unref();
  endSoon();
}

/** A thread that ends leaves its descriptors open: what its handlers had opened, and did not close. */
function resetAll(watched: readonly number[]): void {
  for (const fd of watched) if (fd > STANDARD_ERROR) reset(fd);
}

function endSoon(): void {
  setTimeout(() => process.exit(), END_GRACE).unref();
}

function tell(message: FromBlocking): void {
  parentPort!.postMessage(message);
}
