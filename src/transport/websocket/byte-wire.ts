/**
 * Bytes over a WebSocket: what is pushed leaves in binary messages, and what messages carry comes out as one stream. It does not
 * know how the handshake was made.
 *
 * A Close frame ends a half: whoever has sent it goes on to listen, and whoever has received it may go on to send before it
 * answers, which RFC 6455 section 5.5.1 allows and advises against. Two ends of this kind half-close as TCP does. Other programs
 * mostly listen no more once they have sent a Close frame: to them the rest is lost.
 */
import type { Bytes, Receiver, Wire } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { type CloseInfo, GOING_AWAY, NO_STATUS, NORMAL_CLOSURE } from '../../protocol/websocket/index.ts';
import type { WebSocketReceiver, WebSocketWire } from './wire.ts';

/** Payload of a message; more is split. Small enough for whoever limits messages: Python's websockets takes 1 MiB. */
export const BYTES_MESSAGE = 64 * 1024;

/** With these a stream ends as it should; any other code says that something was wrong. */
const ORDERLY: readonly number[] = [NORMAL_CLOSURE, GOING_AWAY, NO_STATUS];

export class WebSocketByteWire implements Wire, WebSocketReceiver {
  readonly #socket: WebSocketWire;
  readonly #name: string;
  #receiver: Receiver | undefined;
  #isEnded = false;

  /** @param name of the peer, for errors */
  constructor(socket: WebSocketWire, name: string) {
    this.#socket = socket;
    this.#name = name;
  }

  get pending(): number {
    return this.#socket.pending;
  }

  get aborted(): boolean {
    return this.#socket.aborted;
  }

  get moved(): number | undefined {
    return this.#socket.moved;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#socket.start(this);
  }

  push(data: Bytes): boolean {
    if (this.#isEnded) return false;
    if (data.length <= BYTES_MESSAGE) return data.length === 0 || this.#socket.push(data);
    let hasRoom = true;
    for (let at = 0; at < data.length; at += BYTES_MESSAGE)
      hasRoom = this.#socket.push(data.subarray(at, at + BYTES_MESSAGE));
    return hasRoom;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#isEnded = true;
    this.#socket.close();
  }

  abort(reason?: Error): void {
    this.#socket.abort(reason);
  }

  onMessage(data: string | Bytes): void {
    // In the mode `bytes` text comes as bytes too.
    this.#receiver!.onData(data as Bytes);
  }

  onDrain(): void {
    this.#receiver!.onDrain();
  }

  onPeerClose(code: number, reason: string): void {
    if (ORDERLY.includes(code)) this.#receiver!.onEnd();
    else
      this.#socket.giveUp(
        new NetError('broken', `${this.#name} closed the WebSocket with ${code} ${reason}`.trimEnd()),
      );
  }

  onClose(_info: CloseInfo, error?: Error): void {
    this.#receiver!.onClose(error);
  }
}
