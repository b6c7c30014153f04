/**
 * One member by WebSocket: JSON as on the line doors, one object a text message. It does not know how the socket was opened.
 */
import {
  GOING_AWAY,
  NORMAL_CLOSURE,
  POLICY_VIOLATION,
  UNSUPPORTED_DATA,
} from '../../../protocol/websocket/index.ts';
import type { WebSocketReceiver, WebSocketWire } from '../../../transport/websocket/index.ts';
import { type Client, Conversation, type Farewell, type Line } from '../conversation.ts';
import type { SocketPiece, SocketScript } from './socket-script.ts';
import type { WebClient } from './web-clients.ts';

/** RFC 6455 section 7.4.1. */
const CODES: Readonly<Record<Farewell, number>> = {
  quit: NORMAL_CLOSURE,
  closing: GOING_AWAY,
  policy: POLICY_VIOLATION,
  unsupported: UNSUPPORTED_DATA,
};

export interface SocketClientOptions extends Client {
  readonly script: SocketScript;
  /** Gives the socket's messages to a receiver. */
  readonly attach: (receiver: SocketClient) => WebSocketWire;
  /** The socket is gone. */
  readonly onGone: (client: SocketClient) => void;
}

export class SocketClient implements WebSocketReceiver, WebClient {
  readonly #options: SocketClientOptions;
  readonly #wire: WebSocketWire;
  readonly #conversation: Conversation<SocketPiece>;

  constructor(options: SocketClientOptions) {
    this.#options = options;
    this.#wire = options.attach(this);
    this.#conversation = new Conversation(options, lineOn(this.#wire), options.script);
  }

  check(): void {
    this.#conversation.check();
  }

  onDismissed(reason: string): void {
    this.#conversation.onDismissed(reason);
  }

  onMessage(data: string | Uint8Array): void {
    const conversation = this.#conversation;
    if (conversation.isEnding) return;
    conversation.heard();
    if (typeof data === 'string') this.#handle(data);
    else conversation.dismiss('messages are text here', 'unsupported');
    conversation.blockWhenFull();
  }

  onDrain(): void {
    const wasBlocked = this.#conversation.isBlocked;
    this.#conversation.drained();
    if (wasBlocked && !this.#conversation.blockWhenFull()) this.#wire.resume();
  }

  /** The client sends no more and hears no more: both Close frames are on their way. */
  onPeerClose(): void {
    this.#conversation.finish();
  }

  onClose(): void {
    this.#conversation.lost();
    this.#options.onGone(this);
  }

  #handle(text: string): void {
    const { json } = this.#options.house;
    try {
      const command = json.parse(text);
      if (command !== null) this.#conversation.handle(command);
    } catch (thrown) {
      this.#conversation.refuse(thrown, json.idOf(text));
    }
  }
}

function lineOn(wire: WebSocketWire): Line<SocketPiece> {
  return {
    get pending() {
      return wire.pending;
    },
    push: (pieces) => {
      let hasRoom = true;
      for (const { messages } of pieces) for (const message of messages) hasRoom = wire.push(message);
      return hasRoom;
    },
    pause: () => wire.pause(),
    resume: () => wire.resume(),
    close: (farewell, reason) => wire.close(CODES[farewell], reason),
    abort: () => wire.abort(),
  };
}
