/** A process of `process`: serves the one connection whose socket it inherits, and ends. Or only loads the handler. */
import { systemClock } from '../../core/index.ts';
import { type Handler, loadHandler } from '../handler.ts';
import type { Station } from '../loop/station.ts';
import { adoptSocket, openStation, scoreboardOf } from '../loop/worker-station.ts';
import type { Brief, Task, ToServer } from '../workers/brief.ts';
import { packError } from '../workers/packed-error.ts';
import { Reports } from '../workers/reports.ts';

export interface SingleWorkerOptions {
  readonly brief: Brief;
  readonly buffer: ArrayBufferLike;
  /** The accepted socket. */
  readonly fd: number;
  tell(message: ToServer): void;
  /** Nothing is left to do. */
  end(code: number): void;
}

export class SingleWorker {
  readonly #options: SingleWorkerOptions;
  readonly #reports: Reports;
  #station: Station | undefined;
  /** When the drain falls due that was asked for before there was a station. */
  #due: number | undefined;

  constructor(options: SingleWorkerOptions) {
    this.#options = options;
    this.#reports = new Reports(options.tell);
  }

  async open(): Promise<void> {
    const { brief, tell, end } = this.#options;
    try {
      const handler = await loadHandler(new URL(brief.handler), brief.startTimeout);
      tell({ modnet: 'ready' });
      const outcome = brief.task.kind === 'serve' ? await this.#serve(handler, brief.task) : 'finished';
      end(outcome === 'failed' ? 1 : 0);
    } catch (thrown) {
      tell({ modnet: 'unable', error: packError(thrown as Error) });
      end(1);
    }
  }

  drain(timeout: number): void {
    const due = systemClock.now() + timeout;
    this.#due = Math.min(due, this.#due ?? due);
    void this.#station?.drain(timeout);
  }

  async #serve(handler: Handler, { slot, peer }: Extract<Task, { kind: 'serve' }>): Promise<string> {
    const { brief, buffer, fd } = this.#options;
    const scoreboard = scoreboardOf(brief, buffer);
    const onLost = (): void => {};
    const reports = this.#reports;
    this.#station = openStation({ brief, handler, scoreboard, concurrency: 1, reports, onLost });
    const ended = this.#station.adopt(adoptSocket(fd, peer, brief), slot);
    scoreboard.setState(brief.worker, 'ready');
    if (this.#due !== undefined) void this.#station.drain(Math.max(0, this.#due - systemClock.now()));
    return ended;
  }
}
