/** Events of a room as server-sent events: the type of each is that of its JSON, and messages have their ids. */
import { formatEvent } from '../../http/sse/index.ts';
import type { Batch, Message, RoomEvent } from '../event.ts';
import { type JsonFormat, toJson } from '../json-format.ts';
import type { Reply } from '../protocol.ts';

/** Ms after which a browser comes back when the connection is lost. Precedent: Chromium's own default, 3 s. */
const RETRY = 2_000;

const encoder = new TextEncoder();

/** The first thing that a listener hears: that it is heard, and when to come back. */
export const OPENING: Uint8Array = encoder.encode(formatEvent({ comment: 'listening', retry: RETRY }));

/** Says nothing: for proxies that end what is silent, and to notice who is gone. */
export const HEARTBEAT: Uint8Array = encoder.encode(formatEvent({ comment: '' }));

/** Shared by all listeners, so that a batch is written once. */
export class EventScript {
  readonly #json: JsonFormat;
  #lastBatch: Batch | undefined;
  #lastBytes: Uint8Array = new Uint8Array(0);

  constructor(json: JsonFormat) {
    this.#json = json;
  }

  batch(batch: Batch): Uint8Array {
    if (batch !== this.#lastBatch) {
      const texts = this.#json.texts(batch);
      this.#lastBatch = batch;
      this.#lastBytes = encoder.encode(
        batch.events.map((event, index) => written(event, texts[index]!)).join(''),
      );
    }
    return this.#lastBytes;
  }

  messages(messages: readonly Message[]): Uint8Array {
    return encoder.encode(messages.map((message) => written(message, toJson(message))).join(''));
  }

  reply(reply: Reply): Uint8Array {
    return encoder.encode(written(reply, toJson(reply)));
  }
}

function written(event: RoomEvent | Reply, data: string): string {
  const id = event.type === 'message' ? String(event.id) : undefined;
  return formatEvent({ event: event.type, id, data });
}
