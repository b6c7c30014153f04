/** What is done with each client's bytes, where it is not standard input and output. */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import {
  type Bytes,
  type HalfCloseable,
  type Receiver,
  systemError,
  toNetError,
  type Wire,
} from '../../core/index.ts';
import { Bridge, type Bridgeable } from '../../service/relay/index.ts';
import { connect, type TransportOptions } from '../../transport/index.ts';
import { lineLink } from './framed-link.ts';
import type { Link } from './link.ts';
import type { Report } from './report.ts';

/** What a command does with its connections. */
export interface Mode {
  /**
   * Takes a connection over until it is closed.
   * @param end where to attach: the link, or the link seen through a framing
   * @returns why it ended, `undefined` for a clean end
   */
  serve(link: Link, end: Bridgeable): Promise<Error | undefined>;
  /** After the last connection. */
  close(): Promise<void>;
}

/** Sends back what arrives (RFC 862), or drops it (RFC 863). */
export class Reflector implements Mode {
  readonly #echoes: boolean;
  readonly #shows: Report | undefined;

  /** @param shows where messages are to be seen as well */
  constructor(echoes: boolean, shows: Report | undefined) {
    this.#echoes = echoes;
    this.#shows = shows;
  }

  async serve(link: Link, end: Bridgeable): Promise<Error | undefined> {
    const show = this.#shows;
    const echoes = this.#echoes;
    const wire: Wire = end.attach({
      onData(chunk) {
        if (show !== undefined && !show.show(link, chunk, () => wire.resume())) wire.pause();
        if (echoes && !wire.push(chunk)) wire.pause();
      },
      onEnd: () => wire.end(),
      onDrain: () => wire.resume(),
      onClose() {},
    });
    return link.closed;
  }

  async close(): Promise<void> {}
}

/** Writes what arrives into a file, from all connections in the order of arrival. */
export class ToFile implements Mode {
  readonly #file: WriteStream;
  readonly #separator: string;
  readonly #paused = new Set<Wire>();

  private constructor(file: WriteStream, separator: string) {
    this.#file = file;
    this.#separator = separator;
    file.on('drain', () => {
      for (const wire of this.#paused) wire.resume();
      this.#paused.clear();
    });
  }

  /**
   * Opens the file, emptying one that exists.
   * @param separator written behind each message
   */
  static async open(path: string, separator: string, onFailed: (error: Error) => void): Promise<ToFile> {
    const what = `Cannot write to ${path}`;
    const file = createWriteStream(path);
    try {
      await once(file, 'open');
    } catch (thrown) {
      throw isMissing(thrown)
        ? systemError('ENOENT', what, { hint: 'make its directory first', cause: thrown })
        : toNetError(thrown, what);
    }
    file.on('error', (error) => onFailed(toNetError(error, what)));
    return new ToFile(file, separator);
  }

  async serve(link: Link, end: Bridgeable): Promise<Error | undefined> {
    const wire: Wire = end.attach({
      onData: (chunk) => this.#write(chunk, wire),
      onEnd: () => wire.end(),
      onDrain() {},
      onClose: () => this.#paused.delete(wire),
    });
    return link.closed;
  }

  async close(): Promise<void> {
    if (this.#file.destroyed) return;
    this.#file.end();
    // After an error as well, which has been told then.
    await new Promise<void>((resolve) => this.#file.once('close', resolve));
  }

  #write(chunk: Bytes, wire: Wire): void {
    const room = this.#file.write(chunk);
    const stillRoom = this.#separator === '' ? room : this.#file.write(this.#separator);
    if (stillRoom) return;
    this.#paused.add(wire);
    wire.pause();
  }
}

/** Runs a command for each connection, with the connection as its standard input and output. */
export class Exec implements Mode {
  readonly #command: string;
  readonly #framed: boolean;
  readonly #report: Report;
  readonly #options: TransportOptions;

  /** @param framed the command sees one message a line */
  constructor(command: string, framed: boolean, report: Report, options: TransportOptions) {
    this.#command = command;
    this.#framed = framed;
    this.#report = report;
    this.#options = options;
  }

  async serve(link: Link, end: Bridgeable): Promise<Error | undefined> {
    let child: HalfCloseable;
    try {
      child = await connect(`exec:${this.#command}`, this.#options);
    } catch (thrown) {
      const error = toNetError(thrown, `Cannot run ${this.#command}`);
      end.attach(NOBODY);
      link.abort(error);
      return link.closed;
    }
    const bridge = new Bridge(end, this.#framed ? lineLink(child) : child);
    const reason = await bridge.closed;
    if ((await link.closed) === undefined && reason !== undefined) this.#report.trouble(reason, link.id);
    return reason;
  }

  async close(): Promise<void> {}
}

const NOBODY: Receiver = { onData() {}, onEnd() {}, onDrain() {}, onClose() {} };

function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}
