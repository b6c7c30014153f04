/**
 * What the tools tell: to people on standard error, to machines as JSON lines on standard output, and the hex dump.
 * It does not know what moves the bytes.
 */

import { printable } from '../../bytes/index.ts';
import type { Address } from '../../core/index.ts';
import { paint } from '../style.ts';
import { hexDump } from './hex-dump.ts';
import { endingOf, type Link } from './link.ts';
import { Output } from './output.ts';
import { formatBytes, formatDuration, formatTcp } from './tcp-summary.ts';

export interface ReportOptions {
  readonly verbose?: boolean | undefined;
  readonly hex?: boolean | undefined;
  readonly json?: boolean | undefined;
  /** Messages instead of bytes. */
  readonly framed?: boolean | undefined;
}

export class Report {
  readonly output = new Output();
  readonly #options: ReportOptions;
  readonly #started = performance.now();
  readonly #totals = { connections: 0, refused: 0, failed: 0, in: 0, out: 0 };

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** Whether every chunk is to be told. */
  get wantsBytes(): boolean {
    return this.#options.hex === true;
  }

  get wantsTcp(): boolean {
    return this.#options.verbose === true || this.#options.json === true;
  }

  listening(address: Address): void {
    if (this.#options.json) this.#event({ event: 'listening', address: String(address) });
    else this.#say(`listening on ${address}`);
  }

  opened(link: Link): void {
    this.#totals.connections++;
    const { id, connection } = link;
    if (this.#options.json)
      this.#event({ event: 'open', id, local: String(connection.local), remote: String(connection.remote) });
    if (this.#options.verbose) this.#say(`#${id} open   ${connection.local} <-> ${connection.remote}`);
  }

  /** The peer ended its half. */
  ended({ id, received }: Link): void {
    if (this.#options.json) this.#event({ event: 'end', id, in: received });
    if (this.#options.verbose) this.#say(`#${id} end    of what the peer sends, after ${received} bytes`);
  }

  closed(link: Link, reason: Error | undefined): void {
    const { id, received, sent, duration, tcp } = link;
    const ending = endingOf(link, reason);
    this.#totals.in += received;
    this.#totals.out += sent;
    if (reason !== undefined) this.#totals.failed++;
    if (this.#options.json) {
      const code = reason === undefined ? {} : { error: codeOf(reason) };
      const ms = Math.round(duration);
      this.#event({
        event: 'close',
        id,
        in: received,
        out: sent,
        ms,
        reason: ending,
        ...code,
        ...(tcp && { tcp }),
      });
    }
    if (!this.#options.verbose) return;
    this.#say(
      `#${id} close  in ${received} bytes, out ${sent} bytes, ${formatDuration(duration)}: ${ending}`,
    );
    if (tcp !== undefined) this.#say(`#${id} tcp    ${formatTcp(tcp)}`);
  }

  /** Turned away beyond the limit. */
  refused(remote: Address, max: number): void {
    this.#totals.refused++;
    if (this.#options.json) this.#event({ event: 'refuse', remote: String(remote), max });
    if (this.#options.verbose) this.#say(`refused ${remote}: ${max} are connected (--max)`);
  }

  /** Something failed and the rest goes on. */
  trouble(error: Error, id?: number): void {
    if (this.#options.json)
      this.#event({ event: 'trouble', ...(id && { id }), error: codeOf(error), message: error.message });
    if (this.#options.verbose) this.#say(`${id === undefined ? '' : `#${id} `}trouble: ${error.message}`);
  }

  /** One chunk for the hex dump. `false` asks to wait for `resume`. */
  bytes(link: Link, direction: 'in' | 'out', offset: number, data: Uint8Array, resume: () => void): boolean {
    if (this.#options.json) {
      const hex = Buffer.from(data.buffer, data.byteOffset, data.length).toString('hex');
      return this.#event({ event: 'data', id: link.id, direction, offset, bytes: data.length, hex }, resume);
    }
    const mark = direction === 'in' ? '<' : '>';
    const dump = hexDump(data, `#${link.id} ${mark} `, offset);
    return this.output.write(paint(direction === 'in' ? 'cyan' : 'yellow', dump), resume);
  }

  /** What arrived, as the user wants to see it. `false` asks to wait for `resume`. */
  show(link: Link, data: Uint8Array, resume: () => void): boolean {
    if (this.#options.hex) return true;
    if (this.#options.json) {
      const event = this.#options.framed ? 'message' : 'data';
      return this.#event(
        { event, id: link.id, direction: 'in', bytes: data.length, ...contentOf(data) },
        resume,
      );
    }
    if (!this.#options.framed) return this.output.write(data, resume);
    return this.output.write(`${printable(new TextDecoder().decode(data))}\n`, resume);
  }

  totals(): void {
    const ms = Math.round(performance.now() - this.#started);
    const { connections, refused, failed, in: received, out } = this.#totals;
    if (this.#options.json) this.#event({ event: 'total', ...this.#totals, ms });
    if (!this.#options.verbose) return;
    this.#say(
      `total   ${connections} connections (${failed} failed, ${refused} refused), ` +
        `in ${formatBytes(received)}, out ${formatBytes(out)}, ${formatDuration(ms)}`,
    );
  }

  #event(event: object, resume: () => void = () => {}): boolean {
    return this.output.write(`${JSON.stringify(event)}\n`, resume);
  }

  #say(words: string): void {
    process.stderr.write(`${paint('dim', printable(words), process.stderr)}\n`);
  }
}

/** `errno` where the system has a name for it, else our own code. */
export function codeOf(error: Error): string {
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  if (typeof errno === 'string') return errno;
  return typeof code === 'string' ? code : 'broken';
}

/** As text where it is UTF-8, else in base64. A character that is cut between two chunks makes both base64. */
function contentOf(data: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    return { base64: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64') };
  }
}
