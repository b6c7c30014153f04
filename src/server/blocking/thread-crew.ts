/**
 * `thread`: a thread a connection, which ends with it. Some are started ahead, because loading our modules and the
 * handler's takes longer than starting a thread. Precedent: MinSpareThreads of Apache.
 */
import { NetError, toNetError } from '../../core/index.ts';
import type { Crew, Site } from '../crew.ts';
import type { Counts, Drained } from '../server.ts';
import { KILL_GRACE } from '../workers/worker.ts';
import { Control } from './blocking-control.ts';
import { BlockingIntake } from './blocking-intake.ts';
import { ACCEPTOR, type Accepted } from './blocking-record.ts';
import { reset } from './blocking-reset.ts';
import { ThreadMember } from './thread-member.ts';

/** Threads that have loaded everything and wait for a connection. */
export const SPARE_THREADS = 2;

/** Ms until another spare thread is started after one that could not: the first, and the longest. */
const FIRST_BACKOFF = 100;
const MAX_BACKOFF = 10_000;

/** Ms beyond `startTimeout`, for the start itself. */
const START_GRACE = 5_000;

export async function openThreads(site: Site): Promise<Crew> {
  const crew = new ThreadCrew(site);
  await crew.start();
  return crew;
}

class ThreadCrew implements Crew {
  readonly restarts = 0;
  readonly #site: Site;
  readonly #control = new Control();
  readonly #spare = new Set<ThreadMember>();
  readonly #serving = new Set<ThreadMember>();
  #intake: BlockingIntake | undefined;
  #refill: NodeJS.Immediate | undefined;
  #backoff: NodeJS.Timeout | undefined;
  #failures = 0;
  #deadline: { readonly timers: NodeJS.Timeout[]; readonly at: number } | undefined;
  #draining: Promise<Drained> | undefined;
  #onGone = (): void => {};
  #isOver = false;

  constructor(site: Site) {
    this.#site = site;
  }

  get queued(): number {
    return this.#intake?.queued ?? 0;
  }

  async start(): Promise<void> {
    this.#site.roster.enter(process.pid, ACCEPTOR);
    try {
      this.#startSpare();
      await inTime([...this.#spare], this.#site.settings.startTimeout + START_GRACE);
    } catch (error) {
      for (const { thread } of this.#spare) thread.kill();
      await this.drain(0);
      throw error;
    }
    this.#intake = new BlockingIntake(this.#site, (accepted) => this.#assign(accepted));
  }

  /** What is served is finished until the deadline, then aborted, and soon afterwards the threads are killed. */
  drain(timeout: number): Promise<Drained> {
    if (this.#isOver) return this.#draining!;
    const before = this.#site.roster.totals;
    this.#draining ??= this.#finish(before);
    this.#intake?.close();
    this.#site.stopListening();
    clearImmediate(this.#refill);
    clearTimeout(this.#backoff);
    for (const member of this.#spare) member.dismiss();
    this.#control.drain();
    for (const { thread } of this.#serving) thread.look();
    this.#setDeadline(timeout);
    return this.#draining;
  }

  #assign(accepted: Accepted): void {
    const { roster, settings } = this.#site;
    const member = this.#spare.values().next().value ?? this.#start();
    if (member === undefined) {
      reset(accepted.fd);
      roster.scoreboard.release(ACCEPTOR, accepted.slot, 'failed');
      return;
    }
    const worker = roster.enter(process.pid)!;
    roster.scoreboard.handOver(accepted.slot, ACCEPTOR, worker);
    roster.scoreboard.setState(worker, 'ready');
    member.assign(worker, accepted);
    this.#spare.delete(member);
    this.#serving.add(member);
    if (this.#serving.size >= settings.workers) this.#intake!.pause();
    // Starting one takes longer than serving many: those that were accepted with this one come first.
    this.#refill ??= setImmediate(() => this.#startSpare());
  }

  /** Not so many that with those that serve there would be more than could ever be needed. */
  #startSpare(): void {
    this.#refill = undefined;
    if (this.#draining !== undefined || this.#backoff !== undefined) return;
    const most = Math.min(SPARE_THREADS, this.#site.settings.workers);
    while (this.#spare.size < most && this.#start() !== undefined);
  }

  /** `undefined` when the system has no more threads. */
  #start(): ThreadMember | undefined {
    let member: ThreadMember;
    try {
      member = new ThreadMember(this.#site, this.#control);
    } catch (thrown) {
      this.#onSpareLost(toNetError(thrown, 'Cannot start a thread').message);
      return undefined;
    }
    this.#spare.add(member);
    member.thread.ready.then(
      () => {
        this.#failures = 0;
      },
      () => {},
    );
    void member.thread.exited.then((how) => this.#onExit(member, how));
    return member;
  }

  #onExit(member: ThreadMember, how: string): void {
    if (this.#spare.delete(member)) this.#onSpareLost(how);
    if (this.#serving.delete(member)) this.#onServed(member, how);
    if (this.#draining !== undefined && this.#spare.size + this.#serving.size === 0) this.#onGone();
  }

  #onServed({ worker, thread }: ThreadMember, how: string): void {
    const { roster, settings, publish } = this.#site;
    const left = roster.scoreboard.counts(worker!).active;
    roster.leave(worker!, thread.killed ? 'aborted' : 'failed');
    if (left > 0)
      publish({
        event: 'worker-exit',
        worker,
        message: `The thread of a connection ended before it: ${how}`,
      });
    if (this.#draining === undefined && this.#serving.size < settings.workers) this.#intake?.resume();
  }

  /** Connections that come meanwhile have a thread started for them, and fail if that fails as well. */
  #onSpareLost(how: string): void {
    if (this.#draining !== undefined || this.#intake === undefined) return;
    const delay = Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** this.#failures++);
    const message = `A spare thread ended (${how}); the next one starts in ${delay} ms`;
    this.#site.publish({ event: 'trouble', message });
    this.#backoff ??= setTimeout(() => {
      this.#backoff = undefined;
      this.#startSpare();
    }, delay);
  }

  /** Again, it can only come earlier. */
  #setDeadline(timeout: number): void {
    const at = performance.now() + timeout;
    if (this.#deadline !== undefined && this.#deadline.at <= at) return;
    for (const timer of this.#deadline?.timers ?? []) clearTimeout(timer);
    const timers = [
      setTimeout(() => this.#stop(), timeout),
      setTimeout(() => this.#kill(), timeout + KILL_GRACE),
    ];
    this.#deadline = { timers, at };
  }

  #stop(): void {
    this.#control.stop();
    for (const { thread } of this.#serving) thread.look();
  }

  #kill(): void {
    for (const { thread } of [...this.#serving, ...this.#spare]) thread.kill();
  }

  async #finish(before: Counts): Promise<Drained> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onGone = resolve;
    if (this.#spare.size + this.#serving.size > 0) await promise;
    this.#isOver = true;
    for (const timer of this.#deadline?.timers ?? []) clearTimeout(timer);
    this.#control.close();
    const { roster } = this.#site;
    roster.leave(ACCEPTOR, 'aborted');
    return roster.drainedSince(before);
  }
}

/** Waits until all are ready. */
async function inTime(members: readonly ThreadMember[], limit: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const error = new NetError('timeout', `A thread was not ready after ${limit} ms and was ended`);
  const timer = setTimeout(() => reject(error), limit);
  try {
    await Promise.race([promise, Promise.all(members.map(({ thread }) => thread.ready))]);
  } finally {
    clearTimeout(timer);
  }
}
