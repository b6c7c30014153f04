/** A blocking thread as the server sees it. It does not know what the thread waits for. */
import { Worker as NodeWorker } from 'node:worker_threads';
import { NetError } from '../../core/error.ts';
import type { Site } from '../crew.ts';
import { unpackError } from '../workers/packed-error.ts';
import { ThreadPoller } from '../workers/thread-poller.ts';
import { type BlockingBrief, type FromBlocking, LOOK } from './blocking-brief.ts';
import type { Control } from './blocking-control.ts';

export interface BlockingThreadEvents {
  /** Told by the thread. */
  onReport(event: 'failure' | 'trouble', error: Error): void;
}

export class BlockingThread {
  /** It has loaded the handler. Rejects when it could not. */
  readonly ready: Promise<void>;
  /** How it ended, in words; never rejects. */
  readonly exited: Promise<string>;
  readonly #worker: NodeWorker;
  readonly #events: BlockingThreadEvents;
  readonly #readiness = Promise.withResolvers<void>();
  #fault: Error | undefined;
  /** Known when the thread has loaded what is native. */
  #poller: ThreadPoller | undefined;
  #killed = false;

  /**
   * @param entry URL of its module
   * @param data its brief, and what else it needs
   */
  constructor(entry: URL, data: BlockingBrief, events: BlockingThreadEvents) {
    this.#events = events;
    this.#worker = new NodeWorker(entry, { workerData: data });
    this.#worker.on('message', (message: FromBlocking) => this.#onMessage(message));
    this.#worker.on('messageerror', (error) => events.onReport('trouble', error));
    this.#worker.on('error', (error) => {
      this.#fault = error instanceof Error ? error : new Error(String(error));
    });
    this.ready = this.#readiness.promise;
    // Whoever waits for it hears of it, and so does whoever listens to the end.
    this.ready.catch(() => {});
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => resolve(this.#onExit(code)));
    });
  }

  get killed(): boolean {
    return this.#killed;
  }

  /** Makes it look at its control, in case that it is in its event loop. */
  look(): void {
    this.#worker.postMessage(LOOK);
  }

  /** Ends it, also in the middle of JavaScript; not in the middle of a system call. */
  kill(): void {
    this.#killed = true;
    // While koffi is being loaded that would be fatal to the whole process: it is then terminated right afterwards.
    if (this.#poller !== undefined) this.#terminate(this.#poller);
  }

  #onUnable(error: Error): void {
    this.#fault = error;
    this.#readiness.reject(error);
  }

  #onLoaded(poller: number): void {
    this.#poller = new ThreadPoller(poller);
    if (this.#killed) this.#terminate(this.#poller);
  }

  #terminate(poller: ThreadPoller): void {
    poller.mute();
    void this.#worker.terminate();
  }

  #onMessage(message: FromBlocking): void {
    if (message.modnet === 'ready') this.#readiness.resolve();
    else if (message.modnet === 'loop') this.#onLoaded(message.poller);
    else if (message.modnet === 'unable') this.#onUnable(unpackError(message.error));
    else this.#events.onReport(message.modnet, unpackError(message.error));
  }

  #onExit(code: number): string {
    this.#poller?.close();
    const how =
      this.#fault === undefined ? `exit code ${code}` : `${this.#fault.name}: ${this.#fault.message}`;
    this.#readiness.reject(
      new NetError('broken', `A thread ended before it was ready: ${how}`, { cause: this.#fault }),
    );
    return how;
  }
}

/** What every thread of the server is told. */
export function blockingBriefOf(
  { settings, address, handler, buffer }: Site,
  control: Control,
): BlockingBrief {
  const { architecture, shared, maxConnections, maxPerAddress, idle, startTimeout, transport } = settings;
  return {
    architecture,
    handler: (handler as URL).href,
    address: String(address),
    shared,
    scoreboard: buffer as SharedArrayBuffer,
    maxConnections,
    maxPerAddress,
    idle,
    startTimeout,
    closeGrace: transport.closeGrace,
    control: control.handle,
  };
}
