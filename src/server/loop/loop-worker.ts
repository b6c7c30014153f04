/**
 * A worker with a loop that accepts: a thread or process of `hybrid`, a process of `prefork`. It does not know which it
 * is, nor how what it tells reaches the server.
 */
import { toAddress } from '../../core/index.ts';
import { loadHandler } from '../handler.ts';
import type { Brief, ToServer } from '../workers/brief.ts';
import { packError } from '../workers/packed-error.ts';
import { Reports } from '../workers/reports.ts';
import { DescriptorIntake } from './intake.ts';
import type { Station } from './station.ts';
import { openStation, scoreboardOf } from './worker-station.ts';

/** Ms after the end of the listening socket in which the server says that it drains. */
const WORD_LATE = 1_000;

export interface LoopWorkerOptions {
  readonly brief: Brief;
  readonly buffer: ArrayBufferLike;
  /** The listening socket; borrowed. */
  readonly fd: number;
  /** As `DescriptorIntake`. */
  readonly cookies: boolean;
  tell(message: ToServer): void;
  /** Nothing is left to do. */
  end(code: number): void;
  /** It accepts no more: its copy of the listening socket may go. */
  onAccepted?(): void;
}

export class LoopWorker {
  readonly #options: LoopWorkerOptions;
  readonly #reports: Reports;
  #station: Station | undefined;
  #isDraining = false;

  constructor(options: LoopWorkerOptions) {
    this.#options = options;
    this.#reports = new Reports(options.tell);
  }

  /** Loads the handler and accepts. */
  async open(): Promise<void> {
    const { brief, buffer, tell } = this.#options;
    try {
      const handler = await loadHandler(new URL(brief.handler), brief.startTimeout);
      if (this.#isDraining) return;
      const { task } = brief;
      const concurrency = task.kind === 'accept' ? task.concurrency : 1;
      const scoreboard = scoreboardOf(brief, buffer);
      const reports = this.#reports;
      const onLost = (error: Error): void => this.#lose(error);
      this.#station = openStation({ brief, handler, scoreboard, concurrency, reports, onLost });
      this.#station.open(this.#intake());
      scoreboard.setState(brief.worker, 'ready');
      tell({ modnet: 'ready' });
    } catch (thrown) {
      tell({ modnet: 'unable', error: packError(thrown as Error) });
      this.#options.end(1);
    }
  }

  /**
   * Stops accepting, finishes in `timeout` ms, and ends. Again, it can only shorten the deadline.
   * @param last nobody else accepts on the socket: what waits there is taken first
   */
  drain(timeout: number, last: boolean): void {
    const station = this.#station;
    const isFirst = !this.#isDraining;
    this.#isDraining = true;
    if (isFirst && last) station?.sweep();
    const drained = station?.drain(timeout);
    if (!isFirst) return;
    this.#options.onAccepted?.();
    this.#options.tell({ modnet: 'stopped' });
    void this.#finish(drained);
  }

  async #finish(drained: Promise<unknown> | undefined): Promise<void> {
    const { brief, buffer, end } = this.#options;
    scoreboardOf(brief, buffer).setState(brief.worker, 'draining');
    await drained;
    this.#reports.flush();
    end(0);
  }

  /** A server that drains shuts the listening socket down before it says so. */
  #lose(error: Error): void {
    setTimeout(() => {
      if (this.#isDraining) return;
      this.#reports.add('trouble', error);
      this.drain(this.#options.brief.drainTimeout, false);
    }, WORD_LATE);
  }

  #intake(): DescriptorIntake {
    const { brief, fd, cookies } = this.#options;
    const together = brief.task.kind === 'accept' && brief.task.together;
    return new DescriptorIntake(fd, toAddress(brief.address), brief.transport, { shared: together, cookies });
  }
}
