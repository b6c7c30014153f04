/** A thread of `hybrid`, as its server sees it. */
import { Worker as NodeWorker } from 'node:worker_threads';
import { moduleBeside } from '../../core/module-beside.ts';
import type { Site } from '../crew.ts';
import { briefOf, type Task, type ToWorker } from '../workers/brief.ts';
import { Inbox } from '../workers/inbox.ts';
import { ThreadPoller } from '../workers/thread-poller.ts';
import type { Worker } from '../workers/worker.ts';
import type { LoopThreadData } from './loop-thread-worker.ts';

/** Ms in which a thread that is not stuck detaches its loop from Node's. */
const PARK = 100;

const alive = new Set<LoopThread>();
// This process terminates its threads when it ends.
process.once('exit', () => {
  for (const thread of alive) thread.mute();
  for (const thread of alive) thread.waitParked();
});

export class LoopThread implements Worker {
  readonly ready: Promise<void>;
  readonly stopped: Promise<void>;
  readonly exited: Promise<string>;
  readonly #inbox: Inbox;
  readonly #thread: NodeWorker;
  readonly #parked = new Int32Array(new SharedArrayBuffer(4));
  /** `undefined` until it has loaded. */
  #poller: ThreadPoller | undefined;
  #killed = false;

  /** @param fd the listening socket, which stays the server's */
  constructor(site: Site, worker: number, task: Task, fd: number) {
    const data = {
      brief: briefOf(site, worker, task),
      buffer: site.buffer as SharedArrayBuffer,
      fd,
      parked: this.#parked.buffer,
    } satisfies LoopThreadData;
    this.#inbox = new Inbox(site, worker);
    this.ready = this.#inbox.ready;
    this.stopped = this.#inbox.stopped;
    this.#thread = new NodeWorker(moduleBeside(import.meta.url, 'loop-thread-entry'), { workerData: data });
    this.#thread.on('message', (message) => this.#onMessage(message));
    this.exited = this.#watch();
    alive.add(this);
  }

  get killed(): boolean {
    return this.#killed;
  }

  drain(timeout: number, last: boolean): void {
    const message: ToWorker = { modnet: 'drain', timeout, last };
    this.#thread.postMessage(message);
  }

  kill(): void {
    if (this.#killed) return;
    this.#killed = true;
    // While koffi is being loaded that would be fatal to the whole process: it is then terminated right afterwards.
    if (this.#poller !== undefined) void this.#terminate();
  }

  /**
   * Before it is terminated. What is terminated is not the thread but its JavaScript, and a callback of koffi's that cannot
   * be called any more is fatal to the whole process: so the thread is asked to have none from now on, and, because one
   * that is stuck does not hear that, an empty epoll instance takes the place of its own.
   */
  mute(): void {
    if (this.#poller === undefined) return;
    this.#poller.mute();
    this.#thread.postMessage({ modnet: 'park' } satisfies ToWorker);
  }

  waitParked(): void {
    Atomics.wait(this.#parked, 0, 0, PARK);
  }

  #onMessage(message: unknown): void {
    this.#inbox.receive(message);
    if (this.#poller !== undefined || this.#inbox.poller < 0) return;
    this.#poller = new ThreadPoller(this.#inbox.poller);
    if (this.#killed) void this.#terminate();
  }

  async #terminate(): Promise<void> {
    this.mute();
    await Atomics.waitAsync(this.#parked, 0, 0, PARK).value;
    await this.#thread.terminate();
  }

  async #watch(): Promise<string> {
    let why: string | undefined;
    this.#thread.on('error', (error: unknown) => {
      why = `uncaught ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    });
    const code = await new Promise<number>((resolve) => this.#thread.once('exit', resolve));
    alive.delete(this);
    // It would go on to be woken for the connections of the listening socket.
    this.#poller?.close();
    const how = this.#killed ? 'terminated' : (why ?? `exit code ${code}`);
    this.#inbox.close(how);
    return how;
  }
}
