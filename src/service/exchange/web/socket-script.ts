/** The JSON of the exchange as messages of WebSocket: one object a message, encoded once for all who get the same. */
import { type Outgoing, prepareMessage } from '../../../protocol/websocket/index.ts';
import type { Script } from '../conversation.ts';
import type { Batch, Private } from '../event.ts';
import { type JsonFormat, toJson } from '../json-format.ts';
import type { Reply } from '../protocol.ts';

/** Messages that are sent or dropped together. */
export interface SocketPiece {
  /** In bytes, about. */
  readonly length: number;
  readonly messages: readonly Outgoing[];
}

/** Shared by all sockets. */
export class SocketScript implements Script<SocketPiece> {
  readonly #json: JsonFormat;
  #lastBatch: Batch | undefined;
  #lastPiece: SocketPiece = { length: 0, messages: [] };

  constructor(json: JsonFormat) {
    this.#json = json;
  }

  reply(reply: Reply): SocketPiece {
    return single(toJson(reply));
  }

  private(event: Private): SocketPiece {
    return single(toJson(event));
  }

  batch(batch: Batch): SocketPiece {
    if (batch !== this.#lastBatch) {
      const messages = this.#json.texts(batch).map(prepareMessage);
      const length = messages.reduce((sum, message) => sum + message.length, 0);
      this.#lastBatch = batch;
      this.#lastPiece = { length, messages };
    }
    return this.#lastPiece;
  }
}

function single(text: string): SocketPiece {
  return { length: text.length, messages: [text] };
}
