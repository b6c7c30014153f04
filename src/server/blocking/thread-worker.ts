/** A thread of `thread`: loads all that it needs, waits for a connection, serves it, and ends. */
import { workerData } from 'node:worker_threads';
import type { BlockingBrief } from './blocking-brief.ts';
import { RECORD_INTS, unpackAccepted } from './blocking-record.ts';
import { endBlocking, openBlocking } from './blocking-worker.ts';
import { ThreadMailbox } from './thread-mailbox.ts';

export interface ThreadBrief extends BlockingBrief {
  /** Of its `ThreadMailbox`. */
  readonly mailbox: Int32Array<SharedArrayBuffer>;
}

export async function runThread(): Promise<void> {
  const brief = workerData as ThreadBrief;
  const self = await openBlocking(brief);
  if (self === undefined) return;
  const mail = new ThreadMailbox(RECORD_INTS, brief.mailbox).take();
  if (mail !== undefined) await self.station.serve(mail.worker, unpackAccepted(mail.record));
  endBlocking(self);
}
