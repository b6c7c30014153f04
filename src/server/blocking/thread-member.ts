/** A thread of `thread` as the server sees it: spare, until it is given the one connection that it serves. */

import { moduleBeside } from '../../core/module-beside.ts';
import type { Site } from '../crew.ts';
import type { Control } from './blocking-control.ts';
import { type Accepted, packAccepted, RECORD_INTS } from './blocking-record.ts';
import { BlockingThread, blockingBriefOf } from './blocking-thread.ts';
import { ThreadMailbox } from './thread-mailbox.ts';
import type { ThreadBrief } from './thread-worker.ts';

const ENTRY = moduleBeside(import.meta.url, 'thread-entry');

export class ThreadMember {
  readonly thread: BlockingThread;
  readonly startedAt = performance.now();
  readonly #mailbox = new ThreadMailbox(RECORD_INTS);
  #worker: number | undefined;

  constructor(site: Site, control: Control) {
    const brief: ThreadBrief = { ...blockingBriefOf(site, control), mailbox: this.#mailbox.words };
    this.thread = new BlockingThread(ENTRY, brief, {
      onReport: (event, error) =>
        site.publish({ event, worker: this.#worker, message: error.message, error }),
    });
  }

  /** Its row of the scoreboard; `undefined` while it is spare. */
  get worker(): number | undefined {
    return this.#worker;
  }

  /** It may still be loading: the connection waits for it. */
  assign(worker: number, accepted: Accepted): void {
    this.#worker = worker;
    this.#mailbox.fill(worker, packAccepted(accepted));
  }

  /** A spare one ends. */
  dismiss(): void {
    this.#mailbox.cancel();
  }
}
