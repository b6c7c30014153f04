/**
 * Keeps N workers at work: replaces those that die, not too fast, takes over from one generation to the next, adds and
 * removes. It does not know whether a worker is a thread or a process.
 */
import { NetError } from '../core/index.ts';
import type { Crew, Site } from './crew.ts';
import { MAX_WORKERS } from './options.ts';
import type { Drained } from './server.ts';

/** One that lived shorter, in ms, died at once: the next waits. Precedent: runit and systemd restart about once a second. */
const MIN_LIFE = 1_000;
const FIRST_BACKOFF = 100;
const MAX_BACKOFF = 10_000;

/** Ms in which a worker must be ready, with the loading of its handler. */
export const START_TIMEOUT = 15_000;

/** Ms after a drain's deadline in which a worker aborts what it holds and ends; then it is killed. */
const KILL_GRACE = 1_000;

export interface Worker {
  /** Accepts. Rejects when it ended before that, with the reason if it told one. */
  readonly ready: Promise<void>;
  /** Settles when it is gone, and never rejects: how it ended, in words (`exit code 1`, `SIGKILL`). */
  readonly exited: Promise<string>;
  /** Asks it to stop accepting, to finish in `timeout` ms, and to end. */
  drain(timeout: number): void;
  kill(): void;
}

/**
 * @param id its row of the scoreboard
 * @param post the place that it fills, from 0: its successor fills the same
 */
export type Launch = (id: number, post: number) => Worker;

interface Member {
  readonly id: number;
  readonly worker: Worker;
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
  readonly #posts: Post[] = [];
  readonly #members = new Set<Member>();
  readonly #gone = new Set<() => void>();
  #restarts = 0;
  #draining: Promise<Drained> | undefined;
  #changing = false;

  constructor(site: Site, launch: Launch) {
    this.#site = site;
    this.#launch = launch;
  }

  get queued(): number {
    return 0;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Starts them all. When one does not get ready, all are killed and its reason is thrown. */
  async start(workers: number): Promise<void> {
    const posts = this.#addPosts(workers);
    try {
      const members = posts.map((post) => this.#enlist(post));
      await Promise.all(members.map((member) => member.worker.ready));
    } catch (error) {
      for (const member of this.#members) this.#dismiss(member, 0);
      await this.#allGone();
      throw error;
    }
  }

  async drain(timeout: number): Promise<Drained> {
    for (const post of this.#posts) clearTimeout(post.backoff);
    for (const member of this.#members) this.#dismiss(member, timeout);
    this.#draining ??= this.#countDrained();
    return this.#draining;
  }

  /** The new ones fill the posts when all of them are ready; until then the old ones accept. */
  async reload(): Promise<void> {
    await this.#change(async () => {
      const successors = this.#posts.map((post) => this.#hire(post.index));
      await this.#readyOrNone(successors);
      for (const [at, successor] of successors.entries()) this.#succeed(this.#posts[at]!, successor);
    });
  }

  async resize(workers: number): Promise<void> {
    if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS)
      throw new NetError('limit', `A server has 1 to ${MAX_WORKERS} workers, not ${workers}`);
    await this.#change(async () => {
      const missing = Math.max(0, workers - this.#posts.length);
      const hired = Array.from({ length: missing }, (_, at) => this.#hire(this.#posts.length + at));
      await this.#readyOrNone(hired);
      for (const [at, added] of this.#addPosts(missing).entries()) this.#fill(added, hired[at]!);
      for (const surplus of this.#posts.splice(workers)) this.#abolish(surplus);
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
    if (surplus.member !== undefined) this.#dismiss(surplus.member, this.#site.settings.drainTimeout);
  }

  async #readyOrNone(members: readonly Member[]): Promise<void> {
    try {
      await Promise.all(members.map((member) => member.worker.ready));
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
    const member = { id, worker: this.#launch(id, index), startedAt: performance.now(), leaving: false };
    this.#members.add(member);
    const slow = setTimeout(() => member.worker.kill(), START_TIMEOUT);
    const settled = (): void => clearTimeout(slow);
    member.worker.ready.then(settled, settled);
    void member.worker.exited.then((how) => this.#onExit(member, how));
    this.#site.publish({ event: 'worker-start', worker: id, message: `worker ${id} starts` });
    return member;
  }

  #onExit(member: Member, how: string): void {
    this.#members.delete(member);
    // Of one that was asked to go, what is left was cut short by us; of another, by its death.
    this.#site.roster.leave(member.id, member.leaving ? 'aborted' : 'failed');
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
    place.backoff = setTimeout(() => {
      this.#restarts++;
      this.#enlist(place).worker.ready.catch(() => {});
    }, delay);
  }

  #dismiss(member: Member, timeout: number): void {
    member.leaving = true;
    member.worker.drain(timeout);
    const kill = setTimeout(() => member.worker.kill(), timeout + KILL_GRACE);
    void member.worker.exited.then(() => clearTimeout(kill));
  }

  async #countDrained(): Promise<Drained> {
    const before = this.#site.roster.totals;
    await this.#allGone();
    const after = this.#site.roster.totals;
    return {
      finished: after.finished + after.failed - before.finished - before.failed,
      aborted: after.aborted - before.aborted,
    };
  }

  #allGone(): Promise<void> {
    if (this.#members.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#gone.add(resolve));
  }
}

function post(index: number): Post {
  return { index, member: undefined, quickDeaths: 0, backoff: undefined };
}
