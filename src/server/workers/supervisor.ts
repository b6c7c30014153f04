/**
 * Keeps N workers at work: replaces those that die, not too fast, takes over from one generation to the next, adds and
 * removes. It does not know whether a worker is a thread or a process.
 */
import { NetError, toNetError } from '../../core/index.ts';
import type { Crew, Site } from '../crew.ts';
import { MAX_WORKERS } from '../options.ts';
import type { Counts, Drained } from '../server.ts';
import { dismiss, type Launch, type Worker } from './worker.ts';

/** One that lived shorter, in ms, died at once: the next waits. Precedent: runit and systemd restart about once a second. */
const MIN_LIFE = 1_000;
const FIRST_BACKOFF = 100;
const MAX_BACKOFF = 10_000;

/** Ms beyond `startTimeout`, for the start itself; a worker that cannot even say that its handler does not load is killed. */
const START_GRACE = 5_000;

/** What the posts need besides workers. */
export interface Outfit {
  /** Connections that wait where only the posts can say. */
  readonly queued: number;
  /** Before workers are launched for the posts below `count`. */
  equip(count: number): Promise<void>;
  /** Posts from `count` on are no more; their workers were told to drain, with `last`. */
  strip(count: number): void;
  /** A drain begins, before the workers hear of it. */
  refuse(): void;
}

interface Member {
  readonly id: number;
  readonly worker: Worker;
  /** As the worker's, with a deadline. */
  readonly ready: Promise<void>;
  readonly startedAt: number;
  leaving: boolean;
}

interface Post {
  readonly index: number;
  member: Member | undefined;
  quickDeaths: number;
  backoff: NodeJS.Timeout | undefined;
}

export class Supervisor implements Crew {
  readonly #site: Site;
  readonly #launch: Launch;
  readonly #outfit: Outfit | undefined;
  readonly #posts: Post[] = [];
  readonly #members = new Set<Member>();
  readonly #gone = new Set<() => void>();
  #restarts = 0;
  #draining: Promise<Drained> | undefined;
  #changing = false;

  constructor(site: Site, launch: Launch, outfit?: Outfit) {
    this.#site = site;
    this.#launch = launch;
    this.#outfit = outfit;
  }

  get queued(): number {
    return this.#outfit?.queued ?? 0;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Starts them all. When one does not get ready, all are dismissed and its reason is thrown. */
  async start(workers: number): Promise<void> {
    try {
      await this.#outfit?.equip(workers);
      const members = this.#addPosts(workers).map((post) => this.#enlist(post));
      await Promise.all(members.map((member) => member.ready));
    } catch (error) {
      // Not killed at once: a thread that is ended in the middle of loading native code takes the process along.
      await this.drain(0);
      throw error;
    }
  }

  async drain(timeout: number): Promise<Drained> {
    // Before any of them hears of it: it may be done before the last one does.
    const before = this.#site.roster.totals;
    if (this.#draining === undefined) this.#outfit?.refuse();
    for (const post of this.#posts) clearTimeout(post.backoff);
    for (const member of this.#members) this.#dismiss(member, timeout);
    this.#draining ??= this.#countDrained(before);
    return this.#draining;
  }

  /** The new ones fill the posts when all of them are ready; until then the old ones accept. */
  async reload(): Promise<void> {
    await this.#change(async () => {
      const successors = await this.#hireReady(this.#posts.map((post) => post.index));
      for (const [at, successor] of successors.entries()) this.#succeed(this.#posts[at]!, successor);
    });
  }

  async resize(workers: number): Promise<void> {
    if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS)
      throw new NetError('limit', `A server has 1 to ${MAX_WORKERS} workers, not ${workers}`);
    await this.#change(async () => {
      try {
        await this.#outfit?.equip(workers);
        const missing = Math.max(0, workers - this.#posts.length);
        const first = this.#posts.length;
        const hired = await this.#hireReady(Array.from({ length: missing }, (_, at) => first + at));
        for (const [at, added] of this.#addPosts(missing).entries()) this.#fill(added, hired[at]!);
        for (const surplus of this.#posts.splice(workers)) this.#abolish(surplus);
      } finally {
        this.#outfit?.strip(this.#posts.length);
      }
    });
  }

  get size(): number {
    return this.#posts.length;
  }

  /** One change at a time, and none while it drains. */
  async #change(change: () => Promise<void>): Promise<void> {
    if (this.#draining !== undefined) throw new NetError('closed', 'The server is closing');
    if (this.#changing)
      throw new NetError('busy', 'The workers are being changed already; try again when that is done');
    this.#changing = true;
    try {
      await change();
    } finally {
      this.#changing = false;
    }
  }

  #addPosts(count: number): Post[] {
    const added = Array.from({ length: count }, (_, at) => post(this.#posts.length + at));
    this.#posts.push(...added);
    return added;
  }

  #abolish(surplus: Post): void {
    clearTimeout(surplus.backoff);
    if (surplus.member !== undefined) this.#dismiss(surplus.member, this.#site.settings.drainTimeout, true);
  }

  /** One for each index, when all are ready; otherwise none. */
  async #hireReady(indices: readonly number[]): Promise<Member[]> {
    const members: Member[] = [];
    try {
      if (this.#draining !== undefined) throw new NetError('closed', 'The server is closing');
      for (const index of indices) members.push(this.#hire(index));
      await Promise.all(members.map((member) => member.ready));
      return members;
    } catch (error) {
      for (const member of members) this.#dismiss(member, 0);
      throw error;
    }
  }

  /** A worker that fills a post, and is replaced when it dies. */
  #enlist(place: Post): Member {
    const member = this.#hire(place.index);
    this.#fill(place, member);
    return member;
  }

  #succeed(place: Post, successor: Member): void {
    const old = place.member;
    clearTimeout(place.backoff);
    this.#fill(place, successor);
    if (old !== undefined) this.#dismiss(old, this.#site.settings.drainTimeout);
  }

  #fill(place: Post, member: Member): void {
    place.member = member;
    void member.worker.exited.then((how) => {
      if (place.member !== member || member.leaving) return;
      place.member = undefined;
      this.#replace(place, member, how);
    });
  }

  #hire(index: number): Member {
    const { roster } = this.#site;
    const id = roster.enter(process.pid);
    if (id === undefined) throw new NetError('limit', 'Too many workers are still draining');
    const worker = this.#tryLaunch(id, index);
    const ready = this.#inTime(worker, id);
    const member = { id, worker, ready, startedAt: performance.now(), leaving: false };
    this.#members.add(member);
    void member.worker.exited.then((how) => this.#onExit(member, how));
    this.#site.publish({ event: 'worker-start', worker: id, message: `worker ${id} starts` });
    return member;
  }

  #tryLaunch(id: number, index: number): Worker {
    try {
      return this.#launch(id, index);
    } catch (error) {
      this.#site.roster.leave(id, 'failed');
      throw error;
    }
  }

  #inTime(worker: Worker, id: number): Promise<void> {
    const limit = this.#site.settings.startTimeout + START_GRACE;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const slow = setTimeout(() => {
      reject(new NetError('timeout', `Worker ${id} was not ready after ${limit} ms and was killed`));
      worker.kill();
    }, limit);
    worker.ready.then(resolve, reject).finally(() => clearTimeout(slow));
    // Whoever waits for it hears of it, and so does whoever listens to the end of the worker.
    promise.catch(() => {});
    return promise;
  }

  #onExit(member: Member, how: string): void {
    this.#members.delete(member);
    // What it left was cut short by us, or by its death.
    this.#site.roster.leave(member.id, member.worker.killed ? 'aborted' : 'failed');
    this.#site.publish({
      event: 'worker-exit',
      worker: member.id,
      message: `worker ${member.id} ended: ${how}`,
    });
    if (this.#members.size > 0) return;
    for (const tell of this.#gone) tell();
    this.#gone.clear();
  }

  #replace(place: Post, dead: Member, how: string): void {
    if (this.#draining !== undefined || !this.#posts.includes(place)) return;
    const lived = performance.now() - dead.startedAt;
    place.quickDeaths = lived < MIN_LIFE ? place.quickDeaths + 1 : 0;
    const delay =
      place.quickDeaths === 0 ? 0 : Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** (place.quickDeaths - 1));
    if (delay > 0)
      this.#site.publish({
        event: 'trouble',
        worker: dead.id,
        message: `worker ${dead.id} lived ${Math.round(lived)} ms (${how}); its successor starts in ${delay} ms`,
      });
    this.#refill(place, delay);
  }

  #refill(place: Post, delay: number): void {
    place.backoff = setTimeout(() => {
      try {
        this.#enlist(place);
        this.#restarts++;
      } catch (thrown) {
        const error = toNetError(thrown, 'Cannot start a worker');
        this.#site.publish({ event: 'trouble', message: error.message, error });
        this.#refill(place, MAX_BACKOFF);
      }
    }, delay);
  }

  /** @param last nobody takes over from it */
  #dismiss(member: Member, timeout: number, last = false): void {
    member.leaving = true;
    dismiss(member.worker, timeout, last);
  }

  async #countDrained(before: Counts): Promise<Drained> {
    await this.#allGone();
    return this.#site.roster.drainedSince(before);
  }

  #allGone(): Promise<void> {
    if (this.#members.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#gone.add(resolve));
  }
}

function post(index: number): Post {
  return { index, member: undefined, quickDeaths: 0, backoff: undefined };
}
