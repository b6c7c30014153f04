/** `process`: a child process for each connection, with a cap. Precedent: inetd, and every forking server since. */
import { type Acceptor, NetError } from '../../core/index.ts';
import { close, decodeSockaddr, type Sockaddr, setLinger } from '../../kernel/index.ts';
import { defaultEngine } from '../../loop/index.ts';
import type { Crew, Site } from '../crew.ts';
import type { Counts, Drained } from '../server.ts';
import { dismiss } from '../workers/worker.ts';
import { Child } from './child.ts';

/** The server's own row, for what it refuses. */
const SERVER = 0;

/** It settles when the handler has been loaded once, so that one that does not load is not found out by the first client. */
export async function openProcesses(site: Site): Promise<Crew> {
  site.roster.enter(process.pid, SERVER);
  await rehearse(site);
  return new ProcessCrew(site);
}

async function rehearse(site: Site): Promise<void> {
  const worker = site.roster.enter(process.pid)!;
  const child = new Child(site, worker, { kind: 'rehearse' }, -1);
  try {
    await child.ready;
  } finally {
    await child.exited;
    site.roster.leave(worker, 'failed');
  }
}

class ProcessCrew implements Crew {
  /** A connection without a process never waits here: at the cap nothing is accepted, and the system holds. */
  readonly queued = 0;
  readonly restarts = 0;
  readonly #site: Site;
  readonly #acceptor: Acceptor;
  readonly #children = new Set<Child>();
  #draining: { promise: Promise<Drained>; finish(): void } | undefined;

  constructor(site: Site) {
    this.#site = site;
    const handler = {
      onAccept: (fd: number, peer: Sockaddr) => this.#serve(fd, peer.copy()),
      onTrouble: (error: Error) => site.publish({ event: 'trouble', message: error.message, error }),
      onClose: (error: Error) => site.lost(error),
    };
    this.#acceptor = defaultEngine().accept(site.socket!.fd, handler, { borrowed: true });
  }

  drain(timeout: number): Promise<Drained> {
    // Before any of them hears of it: it may be done before the last one does.
    const before = this.#site.roster.totals;
    this.#acceptor.close();
    this.#site.stopListening();
    for (const child of this.#children) dismiss(child, timeout);
    this.#draining ??= this.#beginDrain(before);
    return this.#draining.promise;
  }

  #beginDrain(before: Counts): { promise: Promise<Drained>; finish(): void } {
    const { promise, resolve } = Promise.withResolvers<Drained>();
    const finish = (): void => resolve(this.#site.roster.drainedSince(before));
    if (this.#children.size === 0) finish();
    return { promise, finish };
  }

  get #isFull(): boolean {
    const { workers, maxConnections } = this.#site.settings;
    return this.#children.size >= Math.min(workers, maxConnections);
  }

  #serve(fd: number, peer: Uint8Array): void {
    const { roster } = this.#site;
    const slot = roster.scoreboard.claim(SERVER, this.#addressOf(peer));
    // Full it is not: at the cap nothing is accepted.
    if (typeof slot === 'string') {
      setLinger(fd, 0);
      close(fd);
      return;
    }
    const worker = roster.enter(process.pid)!;
    roster.scoreboard.handOver(slot, SERVER, worker);
    this.#start(worker, fd, slot, peer);
    if (this.#isFull) this.#acceptor.pause();
  }

  /** The child has its copy of the descriptor when the constructor returns. */
  #start(worker: number, fd: number, slot: number, peer: Uint8Array): void {
    const child = new Child(this.#site, worker, { kind: 'serve', slot, peer }, fd);
    close(fd);
    this.#children.add(child);
    this.#site.publish({ event: 'worker-start', worker, message: `worker ${worker} starts` });
    void this.#watch(child, worker);
  }

  async #watch(child: Child, worker: number): Promise<void> {
    const why = child.ready.then(
      () => undefined,
      (error: Error) => error,
    );
    const how = await child.exited;
    const { scoreboard } = this.#site.roster;
    const heldOn = scoreboard.counts(worker).active > 0;
    this.#site.roster.leave(worker, child.killed ? 'aborted' : 'failed');
    if (heldOn && !child.killed) this.#reportDeath(worker, how, await why);
    this.#site.publish({ event: 'worker-exit', worker, message: `worker ${worker} ended: ${how}` });
    this.#dropChild(child);
  }

  #reportDeath(worker: number, how: string, unable: Error | undefined): void {
    const error = unable ?? new NetError('broken', `Worker ${worker} died with its connection: ${how}`);
    this.#site.publish({ event: 'failure', worker, message: error.message, error });
  }

  #dropChild(child: Child): void {
    this.#children.delete(child);
    if (this.#draining === undefined) this.#acceptor.resume();
    else if (this.#children.size === 0) this.#draining.finish();
  }

  #addressOf(peer: Uint8Array): string {
    if (this.#site.settings.maxPerAddress === 0) return '';
    const address = decodeSockaddr(peer);
    return address.family === 'unix' ? '' : address.host;
  }
}
