/**
 * What a server tells: to people on standard error, to machines as JSON lines on standard output. It does not know what
 * is served.
 */
import { printable } from '../../bytes/index.ts';
import { NetError } from '../../core/index.ts';
import { type Drained, PROCESS_CAP, type Server, type ServerEvent, THREAD_CAP } from '../../server/index.ts';
import { codeOf } from '../stream/report.ts';
import { formatDuration } from '../stream/tcp-summary.ts';
import { paint } from '../style.ts';
import { TroubleLog } from '../trouble-log.ts';
import type { ListenOptions } from './options.ts';
import { formatCounts, statisticsTable } from './statistics-table.ts';

/** Workers at a time of those that have one for each connection. */
const CAPS = { process: PROCESS_CAP, thread: THREAD_CAP };

/** Ms after a signal in which a server is expected to end without a word. */
const PATIENCE = 500;

export class ServerTeller {
  readonly #options: ListenOptions;
  readonly #troubles = new TroubleLog((line) => process.stderr.write(printableLine(line)));
  readonly #started = performance.now();

  constructor(options: ListenOptions) {
    this.#options = options;
  }

  listening(server: Server): void {
    const { address, architecture } = server;
    const workers = this.#workersOf(server);
    const isolation = architecture === 'hybrid' ? (this.#options.isolation ?? 'threads') : undefined;
    if (this.#options.json) {
      const more = { ...(workers > 0 && { workers }), ...(isolation && { isolation }) };
      this.#json({ event: 'listening', address: String(address), architecture, ...more });
      return;
    }
    const most = architecture in CAPS ? 'at most ' : '';
    const words = [architecture, workers > 0 && most + plural(workers, 'worker'), isolation];
    this.#say(`listening on ${address} (${words.filter(Boolean).join(', ')})`);
  }

  /** As it happens. The end of a drain is told by `closed`. */
  event({ event, worker, message, error }: ServerEvent): void {
    if (event === 'drain') return;
    if (this.#options.json) {
      const code = error === undefined ? {} : { error: codeOf(error) };
      this.#json({ event, ...(worker && { worker }), ...code, message });
    }
    if (event === 'trouble') this.#trouble(message);
    else if (isFault(error)) this.#trouble(about(worker, `the handler threw ${described(error)}`));
    else if (this.#options.verbose) this.#say(event === 'failure' ? about(worker, message) : message);
  }

  /** A signal has come. Most servers are closed before anybody wonders. */
  closing(server: Server, timeout: number): void {
    if (this.#isQuiet) return;
    const wonder = setTimeout(() => {
      const within = `within ${formatDuration(timeout)} of the signal`;
      const { active } = server.statistics();
      this.#say(
        `closing: ${plural(active, 'connection')} to finish ${within}; Ctrl-C again ends them at once`,
      );
    }, PATIENCE);
    void server.closed.then(() => clearTimeout(wonder));
  }

  closed(server: Server, { finished, aborted }: Drained): void {
    const ms = Math.round(performance.now() - this.#started);
    const statistics = server.statistics();
    if (this.#options.json) {
      const { accepted, finished: served, failed, aborted: cut, refused, restarts } = statistics;
      this.#json({ event: 'closed', finished, aborted });
      this.#json({ event: 'total', accepted, finished: served, failed, aborted: cut, refused, restarts, ms });
    }
    if (this.#isQuiet) return;
    this.#say(`closed: ${finished} finished, ${aborted} aborted`);
    if (this.#options.verbose) this.#say(`total   ${formatCounts(statistics)}, ${formatDuration(ms)}`);
  }

  statistics(server: Server): void {
    const statistics = server.statistics();
    if (this.#options.json) this.#json({ event: 'statistics', ...statistics });
    else process.stderr.write(statisticsTable(statistics));
  }

  /** At the start, or at most; 0 where there are none. */
  #workersOf(server: Server): number {
    const cap = CAPS[server.architecture as keyof typeof CAPS];
    return this.#options.workers ?? cap ?? server.statistics().workers.length;
  }

  /** Standard error is for people, who have not asked when machines read. */
  get #isQuiet(): boolean {
    return this.#options.json === true && this.#options.verbose !== true;
  }

  /** What an operator must hear of: also without --verbose, and not a thousand times. */
  #trouble(words: string): void {
    if (!this.#isQuiet) this.#troubles.tell(new Error(words));
  }

  #json(event: object): void {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  #say(words: string): void {
    process.stderr.write(`${paint('dim', printable(words), process.stderr)}\n`);
  }
}

/** A `NetError` is the world's doing, such as a peer that resets; anything else that a handler throws is a fault in it. */
function isFault(error: Error | undefined): error is Error {
  return error !== undefined && !(error instanceof NetError);
}

/** With the place where it was thrown, which is what its author needs. */
function described(error: Error): string {
  const place = /^\s+at .*?((?:file:|\/)[^\s)]+)\)?$/m.exec(error.stack ?? '')?.[1];
  return `${error.name}: ${error.message}${place === undefined ? '' : ` (${place})`}`;
}

function about(worker: number | undefined, message: string): string {
  return worker === undefined || worker === 0 ? message : `worker ${worker}: ${message}`;
}

function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

function printableLine(line: string): string {
  return `${printable(line.slice(0, -1))}\n`;
}
