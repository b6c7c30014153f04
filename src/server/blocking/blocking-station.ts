/**
 * Serves connections in a thread that blocks, one at a time: runs the handler and counts how each ended. It does not
 * know where they come from.
 */
import { channel } from 'node:diagnostics_channel';
import { NetError } from '../../core/error.ts';
import type { Context, Handler } from '../handler.ts';
import type { Reports } from '../workers/reports.ts';
import type { Outcome, Scoreboard } from '../workers/scoreboard.ts';
import type { BlockingBrief } from './blocking-brief.ts';
import { BlockingConnection, STOPPED } from './blocking-connection.ts';
import type { Interrupt } from './blocking-control.ts';
import type { Accepted } from './blocking-record.ts';

/** Looks at a connection in the time that it may be silent, while the thread waits for something else. */
const IDLE_LOOKS = 4;

/** Ms in which a handler must return when its connection was aborted; then its thread ends. */
const HANDLER_GRACE = 1_000;

/** Published in the thread right before the handler is called: the `Accepted`, which says when it was accepted. */
const takenConnection = channel('modnet:server:taken');

export interface BlockingStationOptions {
  readonly brief: BlockingBrief;
  readonly handler: Handler;
  readonly scoreboard: Scoreboard;
  readonly interrupt: Interrupt;
  readonly reports: Reports;
}

interface Serving {
  readonly connection: BlockingConnection;
  readonly worker: number;
  readonly slot: number;
  moved: number;
  silentLooks: number;
  /** Made when the handler asks for its signal. Of this connection alone, so that what listens to it goes with it. */
  draining?: AbortController;
  lastGrace?: NodeJS.Timeout;
}

export class BlockingStation {
  readonly #options: BlockingStationOptions;
  #serving: Serving | undefined;

  constructor(options: BlockingStationOptions) {
    this.#options = options;
    options.interrupt.onDrain = () => this.#serving?.draining?.abort(closing());
  }

  /** Settles when it has ended; never rejects. */
  async serve(worker: number, accepted: Accepted): Promise<void> {
    const { fd, slot, peer } = accepted;
    const { brief, handler, interrupt, reports } = this.#options;
    const { address, idle, closeGrace } = brief;
    const canReset = !address.startsWith('unix:');
    const connection = new BlockingConnection(fd, address, peer, { interrupt, idle, closeGrace, canReset });
    const serving: Serving = { connection, worker, slot, moved: 0, silentLooks: 0 };
    this.#serving = serving;
    const looks =
      idle === 0 ? undefined : setInterval(() => this.#lookAt(serving), idle / IDLE_LOOKS).unref();
    if (takenConnection.hasSubscribers) takenConnection.publish(accepted);
    try {
      await handler(connection, this.#contextOf(serving));
      await connection.close();
      this.#end(serving, 'finished');
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      connection.abort(error);
      if (this.#end(serving, 'failed')) reports.add('failure', error);
    } finally {
      clearInterval(looks);
      clearTimeout(serving.lastGrace);
    }
  }

  /** The thread is in its event loop, and was told that the server drains or stops. */
  look(): void {
    const { interrupt } = this.#options;
    if (interrupt.isStopping && this.#serving !== undefined) this.#cut(this.#serving, STOPPED);
    interrupt.look();
  }

  #contextOf(serving: Serving): Context {
    const { interrupt, brief } = this.#options;
    return {
      architecture: brief.architecture,
      worker: serving.worker,
      shared: brief.shared,
      get signal() {
        if (serving.draining === undefined) {
          serving.draining = new AbortController();
          if (interrupt.hasSeen) serving.draining.abort(closing());
        }
        return serving.draining.signal;
      },
    };
  }

  #lookAt(serving: Serving): void {
    const { moved } = serving.connection;
    serving.silentLooks = moved === serving.moved ? serving.silentLooks + 1 : 1;
    serving.moved = moved;
    // The first look that sees no change may come right after the last byte, or after the connection itself.
    if (serving.silentLooks <= IDLE_LOOKS) return;
    this.#cut(serving, new NetError('timeout', `Silent for more than ${this.#options.brief.idle} ms`));
  }

  #cut(serving: Serving, reason: Error): void {
    serving.connection.cut(reason);
    if (!this.#end(serving, 'aborted')) return;
    serving.lastGrace = setTimeout(() => this.#giveUp(), HANDLER_GRACE);
  }

  /** A handler that never returns would occupy the thread for ever. */
  #giveUp(): void {
    const { reports } = this.#options;
    reports.add(
      'trouble',
      new Error('A handler did not return when its connection was aborted: its thread ends'),
    );
    reports.flush();
    process.exit(1);
  }

  /** Whether it ended like this, and not before and otherwise. */
  #end(serving: Serving, outcome: Outcome): boolean {
    if (this.#serving !== serving) return false;
    this.#serving = undefined;
    const how = serving.connection.isCut ? 'aborted' : outcome;
    this.#options.scoreboard.release(serving.worker, serving.slot, how);
    return how === outcome;
  }
}

function closing(): NetError {
  return new NetError('closed', 'The server is closing');
}
