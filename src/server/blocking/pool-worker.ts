/** A thread of `pool`: takes accepted sockets out of the queue, one after the other, and blocks in between. */
import { workerData } from 'node:worker_threads';
import { type SharedHandle, SharedQueue } from '../../sync/index.ts';
import type { BlockingBrief } from './blocking-brief.ts';
import { ACCEPTOR, RECORD_INTS, unpackAccepted } from './blocking-record.ts';
import { type BlockingWorker, endBlocking, openBlocking } from './blocking-worker.ts';

export interface PoolBrief extends BlockingBrief {
  /** Its row of the scoreboard. */
  readonly worker: number;
  readonly queue: SharedHandle<'queue'>;
}

export async function runPool(): Promise<void> {
  const brief = workerData as PoolBrief;
  const self = await openBlocking(brief);
  if (self === undefined) return;
  self.scoreboard.setState(brief.worker, 'ready');
  const queue = SharedQueue.from(brief.queue);
  const record = new Int32Array(RECORD_INTS);
  while (takeNext(queue, record, self)) {
    const accepted = unpackAccepted(record);
    self.scoreboard.handOver(accepted.slot, ACCEPTOR, brief.worker);
    await self.station.serve(brief.worker, accepted);
    await turn();
  }
  self.scoreboard.setState(brief.worker, 'draining');
  endBlocking(self);
}

/** Blocks until there is one; false when this thread is to end. */
function takeNext(queue: SharedQueue, record: Int32Array, { interrupt }: BlockingWorker): boolean {
  // Where the queue is closed, all of it is served before the threads end; where it is not, others serve it.
  const isLeaving = (): boolean => interrupt.isStopping || (interrupt.isDraining && !queue.isClosed);
  if (isLeaving() || !queue.pop(record, Number.POSITIVE_INFINITY, isLeaving)) return false;
  return !isLeaving() || !giveBack(queue, record);
}

/** It came at the moment at which this thread was told to leave. */
function giveBack(queue: SharedQueue, record: Int32Array): boolean {
  try {
    return queue.tryPush(record);
  } catch {
    // Closed meanwhile: all of it is to be served.
    return false;
  }
}

/** What handlers left behind in the thread's event loop has its turn: timers, rejections, messages. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
