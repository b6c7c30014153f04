/** Reads server-sent events (WHATWG HTML, "Parsing an event stream"), as `EventSource` does in pages. */
import { NetError } from '../../../core/index.ts';

export interface ReceivedEvent {
  /** Which listeners hear it: `message` unless it says otherwise. */
  readonly event: string;
  readonly data: string;
  /** The last `id` of the stream so far, also of an event before: what belongs into `Last-Event-ID`. */
  readonly id: string;
  /** Ms until to connect again, when the stream has said so. */
  readonly retry: number | undefined;
}

/** Characters of one event, and of one line. Precedent: none in browsers; WebSocket libraries take 1 MiB to 100 MiB. */
export const MAX_EVENT = 1024 * 1024;

const DIGITS = /^\d+$/;

/** The events of bytes that come in pieces. */
export class EventDecoder {
  readonly #decoder = new TextDecoder();
  readonly #max: number;
  readonly #events: ReceivedEvent[] = [];
  /** A line that has not ended yet. */
  #line = '';
  /** The last line ended with CR: a LF that comes now belongs to it. */
  #afterCr = false;
  #data: string[] = [];
  #size = 0;
  #event = '';
  #id = '';
  #retry: number | undefined;

  constructor(max: number = MAX_EVENT) {
    this.#max = max;
  }

  /** @throws NetError `limit` for an event or a line of more than the limit; the decoder is unusable afterwards */
  receive(chunk: Uint8Array): void {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return;
    if (this.#afterCr && text.startsWith('\n')) text = text.slice(1);
    this.#afterCr = text === '' ? false : text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    for (const [at, part] of lines.entries()) {
      const line = at === 0 ? this.#line + part : part;
      if (line.length > this.#max) throw tooLong(this.#max);
      if (at < lines.length - 1) this.#take(line);
      else this.#line = line;
    }
  }

  /** The next event that is complete. */
  next(): ReceivedEvent | null {
    return this.#events.shift() ?? null;
  }

  #take(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#addData(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && DIGITS.test(value)) this.#retry = Number(value);
  }

  #addData(value: string): void {
    this.#size += value.length + 1;
    if (this.#size > this.#max) throw tooLong(this.#max);
    this.#data.push(value);
  }

  /** Without data nothing is said, and the name is forgotten. */
  #dispatch(): void {
    const event = this.#event === '' ? 'message' : this.#event;
    const hasData = this.#data.length > 0;
    if (hasData) this.#events.push({ event, data: this.#data.join('\n'), id: this.#id, retry: this.#retry });
    this.#event = '';
    this.#data = [];
    this.#size = 0;
  }
}

/**
 * The events of a stream, such as the body of a response. One that has not ended when the stream does is dropped.
 * @param max characters of one event; default `MAX_EVENT`
 * @throws NetError `limit`, and whatever the stream throws
 */
export async function* decodeEvents(
  stream: AsyncIterable<Uint8Array>,
  max: number = MAX_EVENT,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const decoder = new EventDecoder(max);
  for await (const chunk of stream) {
    decoder.receive(chunk);
    for (let event = decoder.next(); event !== null; event = decoder.next()) yield event;
  }
}

function tooLong(max: number): NetError {
  return new NetError('limit', `A server-sent event has more than ${max} characters`);
}
