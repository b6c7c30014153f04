/**
 * JSON lines as the exchange speaks them, without I/O: bytes in, checked messages out. What comes before the first JSON
 * line is a greeting in plain text for people, or the refusal of a full house: it is skipped and the last of it is kept.
 */
import type { Bytes, Protocol } from '../../core/index.ts';
import { lines } from '../../framing/lines.ts';
import { parseMessage, type ServerMessage } from './message.ts';

/** Longest line taken from the server, in bytes: a page of 200 messages of 4,096 bytes, all escaped in six, is 5 MB. */
export const LINE_MAX = 8 * 1024 * 1024;

export class JsonLines implements Protocol<ServerMessage, object> {
  readonly #lines = lines({ max: LINE_MAX, invalid: 'replace' });
  #started = false;
  #text = '';

  /** The last line of plain text when no JSON came at all, else `''`. */
  get text(): string {
    return this.#started ? '' : this.#text;
  }

  receive(data: Bytes | null, now: number): void {
    this.#lines.receive(data, now);
  }

  next(): ServerMessage | null {
    for (let line = this.#lines.next(); line !== null; line = this.#lines.next()) {
      const message = this.#read(line.trim());
      if (message !== null) return message;
    }
    return null;
  }

  send(value: object, now: number): void {
    this.#lines.send(JSON.stringify(value), now);
  }

  take(): Bytes | null {
    return this.#lines.take();
  }

  deadline(): null {
    return null;
  }

  timeout(): void {}

  #read(line: string): ServerMessage | null {
    if (line === '') return null;
    if (this.#started || line.startsWith('{')) {
      this.#started = true;
      return parseMessage(line);
    }
    this.#text = line;
    return null;
  }
}
