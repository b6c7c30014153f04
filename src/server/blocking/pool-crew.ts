/** `pool`: one acceptor, N blocking threads, a bounded queue in shared memory between them. */
import { SharedQueue } from '../../sync/index.ts';
import type { Crew, Site } from '../crew.ts';
import type { Counts, Drained } from '../server.ts';
import { Supervisor } from '../workers/supervisor.ts';
import { BlockingIntake } from './blocking-intake.ts';
import {
  ACCEPTOR,
  type Accepted,
  packAccepted,
  RECORD_BYTES,
  RECORD_INTS,
  unpackAccepted,
} from './blocking-record.ts';
import { reset } from './blocking-reset.ts';
import { PoolThread } from './pool-thread.ts';

export async function openPool(site: Site): Promise<Crew> {
  const crew = new PoolCrew(site);
  await crew.start();
  return crew;
}

class PoolCrew implements Crew {
  readonly #site: Site;
  readonly #supervisor: Supervisor;
  /** Into which connections go, and out of which new threads take them; the two differ during a reload. */
  #queue: SharedQueue;
  #nextQueue: SharedQueue;
  #intake: BlockingIntake | undefined;
  /** Accepted when the queue was full. */
  #waiting: Accepted | undefined;
  #deadline: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #drained: Promise<Drained> | undefined;
  #isOver = false;

  constructor(site: Site) {
    this.#site = site;
    this.#queue = openQueue(site);
    this.#nextQueue = this.#queue;
    this.#supervisor = new Supervisor(site, (id) => new PoolThread(site, id, this.#nextQueue));
  }

  get queued(): number {
    const waiting = this.#waiting === undefined ? 0 : 1;
    return this.#queue.length + waiting + (this.#intake?.queued ?? 0);
  }

  get restarts(): number {
    return this.#supervisor.restarts;
  }

  get size(): number {
    return this.#supervisor.size;
  }

  async start(): Promise<void> {
    this.#site.roster.enter(process.pid, ACCEPTOR);
    await this.#supervisor.start(this.#site.settings.workers);
    this.#intake = new BlockingIntake(this.#site, (accepted) => this.#enqueue(accepted));
  }

  resize(workers: number): Promise<void> {
    return this.#supervisor.resize(workers);
  }

  /** The new threads have a queue of their own, so that the old ones take no more and end. */
  async reload(): Promise<void> {
    const old = this.#queue;
    const next = openQueue(this.#site);
    this.#nextQueue = next;
    try {
      await this.#supervisor.reload();
      if (this.#drained === undefined) this.#moveTo(next);
    } finally {
      this.#nextQueue = this.#queue;
      // Whoever waits at the other one ends.
      (this.#queue === old ? next : old).close();
    }
  }

  drain(timeout: number): Promise<Drained> {
    if (this.#isOver) return this.#drained!;
    this.#intake?.close();
    this.#site.stopListening();
    const before = this.#site.roster.totals;
    // What is in it is served, and then the threads end.
    this.#queue.close();
    this.#setDeadline(timeout);
    const drained = this.#supervisor.drain(timeout);
    this.#drained ??= this.#finish(drained, before);
    return this.#drained;
  }

  #enqueue(accepted: Accepted): void {
    const record = packAccepted(accepted);
    if (!this.#queue.tryPush(record)) void this.#enqueueLater(accepted, record);
  }

  /** The backlog of the system holds the others until there is room. */
  async #enqueueLater(accepted: Accepted, record: Int32Array): Promise<void> {
    this.#intake!.pause();
    this.#waiting = accepted;
    for (let isPushed = false; !isPushed; ) {
      try {
        await this.#queue.pushAsync(record);
        isPushed = true;
      } catch {
        // The queue was closed, because another took its place or because the server drains.
        if (this.#drained === undefined) continue;
        this.#drop(accepted);
        break;
      }
    }
    this.#waiting = undefined;
    this.#intake!.resume();
  }

  #moveTo(next: SharedQueue): void {
    const old = this.#queue;
    this.#queue = next;
    // First, so that no thread that leaves gives anything back to it, and who waits to push comes over.
    old.close();
    const record = new Int32Array(RECORD_INTS);
    while (old.tryPop(record)) next.tryPush(record);
  }

  /** Again, it can only come earlier. */
  #setDeadline(timeout: number): void {
    const at = performance.now() + timeout;
    if (this.#deadline !== undefined && this.#deadline.at <= at) return;
    clearTimeout(this.#deadline?.timer);
    this.#deadline = { timer: setTimeout(() => this.#dropAll(), timeout), at };
  }

  async #finish(draining: Promise<unknown>, before: Counts): Promise<Drained> {
    await draining;
    this.#isOver = true;
    clearTimeout(this.#deadline?.timer);
    // Nobody is left to serve it, when all threads had died.
    this.#dropAll();
    const { roster } = this.#site;
    roster.leave(ACCEPTOR, 'aborted');
    return roster.drainedSince(before);
  }

  #dropAll(): void {
    const record = new Int32Array(RECORD_INTS);
    while (this.#queue.tryPop(record)) this.#drop(unpackAccepted(record));
  }

  #drop({ fd, slot }: Accepted): void {
    reset(fd);
    this.#site.roster.scoreboard.release(ACCEPTOR, slot, 'aborted');
  }
}

function openQueue({ settings }: Site): SharedQueue {
  return new SharedQueue({ capacity: settings.queue, recordBytes: RECORD_BYTES });
}
