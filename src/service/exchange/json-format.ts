/** JSON lines: one object a line, as docs/exchange.schema.json describes. */
import type { Batch, Private, RoomEvent } from './event.ts';
import type { Format } from './format.ts';
import { type Reply, type Request, type RequestId, requestId, toRequest } from './protocol.ts';
import { Refusal } from './refusal.ts';

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true });

export class JsonFormat implements Format {
  #lastBatch: Batch | undefined;
  #lastTexts: readonly string[] = [];
  #lastBytes: Uint8Array | undefined;

  reply(reply: Reply): string {
    return `${toJson(reply)}\n`;
  }

  private(event: Private): string {
    return `${toJson(event)}\n`;
  }

  /** The JSON of each event, the same for all doors. */
  texts(batch: Batch): readonly string[] {
    if (batch !== this.#lastBatch) {
      this.#lastBatch = batch;
      this.#lastTexts = batch.events.map(toJson);
      this.#lastBytes = undefined;
    }
    return this.#lastTexts;
  }

  batch(batch: Batch): Uint8Array {
    const texts = this.texts(batch);
    this.#lastBytes ??= encoder.encode(texts.map((text) => `${text}\n`).join(''));
    return this.#lastBytes;
  }

  parse(line: Uint8Array | string): Request | null {
    const value = parseJson(line);
    return value === undefined ? null : toRequest(value);
  }

  idOf(line: Uint8Array | string): RequestId | undefined {
    try {
      return requestId(parseJson(line));
    } catch {
      return undefined;
    }
  }
}

/** JSON of an event or reply, with its times as ISO 8601. */
export function toJson(value: RoomEvent | Private | Reply): string {
  return JSON.stringify(value, isoTimes);
}

/** For JSON.stringify: times in milliseconds become ISO 8601. */
export function isoTimes(key: string, field: unknown): unknown {
  return key === 'time' && typeof field === 'number' ? new Date(field).toISOString() : field;
}

/** `undefined` for a blank line. */
function parseJson(line: Uint8Array | string): unknown {
  try {
    const text = typeof line === 'string' ? line : strictDecoder.decode(line);
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'JSON' : 'UTF-8';
    throw new Refusal('bad-json', `The line is not valid ${why}; send one JSON object a line`, { cause });
  }
}
